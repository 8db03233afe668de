"""Sharing one op's work among Python threads: NumPy lets go of the interpreter while it computes.

There are as many parts as the user's BLAS has threads, and BLAS itself works with one thread
meanwhile; where it cannot be told to (see :mod:`tinygen.fast.blas`), the work is not shared.

OpenBLAS's threads and ours do not go together. After a product of matrices its threads wait wide
awake for the next one, for a tenth of a second, and keep a core from everybody else. So a network
is computed by the ones or by the others. Convolutions and LSTMs do more than products of matrices:
they are always shared among ours, and as long as they come, so is everything else, dense layers,
activations, losses and optimizers included. A network without them leaves its products to BLAS,
which starts its threads more quickly, and does everything else on one thread.
"""

from __future__ import annotations

import contextvars
import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tinygen.fast import blas
from tinygen.fast.choices import PARALLEL_ELEMENTS, PRODUCTS_APART

__all__ = ["in_parts", "parts", "product_is_ours", "sum_of_parts"]

Work = Callable[[slice], object]


class _Here(threading.local):
    """What is known in each thread."""

    inside = False  # at work on a part already: parts are not divided again
    products = PRODUCTS_APART  # of matrices since the last convolution or LSTM


_here = _Here()


def product_is_ours() -> bool:
    """Whether our threads, and not those of BLAS, shall compute a product of matrices."""
    _here.products += 1
    return _are_ours()


def _are_ours() -> bool:
    return _here.products < PRODUCTS_APART


def parts(elements: int, most: int) -> int:
    """Into how many parts to divide work on so many array elements, ``most`` at the most."""
    if elements < PARALLEL_ELEMENTS or most < 2 or _here.inside:
        return 1
    return min(blas.threads() or 1, os.cpu_count() or 1, most)


def in_parts(work: Work, length: int, elements: int, leads: bool = False) -> None:
    """Call ``work(some)`` for slices that make up ``range(length)``, at the same time.

    Parameters
    ----------
    work : callable
        Must not depend on the order of the pieces; writes its results where they belong.
    length : int
        What is divided: the number of samples, for instance.
    elements : int
        How many array elements are touched: little work is done in one piece, by the caller.
    leads : bool
        A convolution or an LSTM, after which everything is shared among our threads.
    """
    if leads and not _here.inside:
        _here.products = 0
    if not (_are_ours() or _here.inside):
        work(slice(0, length))
        return
    count = parts(elements, length)
    if count == 1:
        with blas.single_threaded():
            work(slice(0, length))
        return
    bounds = [length * part // count for part in range(count + 1)]
    with blas.single_threaded():
        others = [
            _pool().submit(contextvars.copy_context().run, _part, work, slice(start, stop))
            for start, stop in zip(bounds[1:-1], bounds[2:], strict=True)
        ]
        try:
            _part(work, slice(0, bounds[1]))
        finally:
            _wait_for(others)


def sum_of_parts(
    work: Callable[[slice], Any], length: int, elements: int, leads: bool = False
) -> Any:
    """As :func:`in_parts`, for work that returns an array or a tuple of arrays: their sums.

    They are added in the order of the pieces, so that the bits do not depend on which was first.
    """
    results: dict[int, Any] = {}

    def keep(some: slice) -> None:
        results[some.start] = work(some)

    in_parts(keep, length, elements, leads)
    first, *others = (results[start] for start in sorted(results))
    for other in others:
        pairs = zip(first, other, strict=True) if type(first) is tuple else [(first, other)]
        for total, share in pairs:
            total += share
    return first


def _part(work: Work, some: slice) -> None:
    _here.inside = True
    try:
        work(some)
    finally:
        _here.inside = False


def _wait_for(others: list[Future[None]]) -> None:
    """Let every part end before anyone uses the arrays again; raise what one of them raised."""
    errors = [other.exception() for other in others]
    for error in errors:
        if error is not None:
            raise error


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="tinygen")


if hasattr(os, "register_at_fork"):  # a forked process has the pool, but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
