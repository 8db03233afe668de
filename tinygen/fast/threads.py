"""Sharing one op's work among Python threads: NumPy lets go of the interpreter while it computes.

There are as many parts as the user's BLAS has threads, and BLAS itself works with one thread
meanwhile; where it cannot be told to (see :mod:`tinygen.fast.blas`), the work is not shared.

It pays for long chains of small operations, such as an LSTM's steps. Convolutions, pooling and
optimizers lose by it: the BLAS threads of the op before still spin for work on the other core.
"""

from __future__ import annotations

import contextvars
import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tinygen.fast import blas
from tinygen.fast.choices import PARALLEL_ELEMENTS

__all__ = ["in_parts", "parts"]

Work = Callable[[int, int], object]


class _Here(threading.local):
    """Whether this thread is at work on a part already: parts are not divided again."""

    inside = False


_here = _Here()


def parts(elements: int, most: int) -> int:
    """Into how many parts to divide work on so many array elements, ``most`` at the most."""
    if elements < PARALLEL_ELEMENTS or most < 2 or _here.inside:
        return 1
    return min(blas.threads() or 1, os.cpu_count() or 1, most)


def in_parts(work: Work, length: int, elements: int) -> None:
    """Call ``work(start, stop)`` for pieces that make up ``range(length)``, at the same time.

    Parameters
    ----------
    work : callable
        Must not depend on the order of the pieces; writes its results where they belong.
    length : int
        What is divided: the number of samples, for instance.
    elements : int
        How many array elements are touched: little work is done in one piece, by the caller.
    """
    count = parts(elements, length)
    if count == 1:
        work(0, length)
        return
    bounds = [length * part // count for part in range(count + 1)]
    with blas.single_threaded():
        others = [
            _pool().submit(contextvars.copy_context().run, _part, work, start, stop)
            for start, stop in zip(bounds[1:-1], bounds[2:], strict=True)
        ]
        try:
            _part(work, bounds[0], bounds[1])
        finally:
            _wait_for(others)


def _part(work: Work, start: int, stop: int) -> None:
    _here.inside = True
    try:
        work(start, stop)
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
