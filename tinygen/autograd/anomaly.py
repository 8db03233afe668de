"""Anomaly mode: find the op and the line that first made a NaN or an infinity."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tinygen import backend
from tinygen.autograd.modes import thread

if TYPE_CHECKING:
    from tinygen.autograd.engine import Function

__all__ = ["AnomalyError", "anomaly_mode"]

PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


class AnomalyError(RuntimeError):
    """A value became NaN or infinite, or an array was written to behind autograd's back."""


@contextlib.contextmanager
def anomaly_mode(enabled: bool = True) -> Iterator[None]:
    """Check every value and gradient while the block runs; slow, and precise.

    The first op that makes a NaN or an infinity out of finite inputs raises, forward or backward,
    and names itself and the line of the caller that ran it. Raw arrays that were written to
    between forward and backward are found as well.

    Raises
    ------
    RuntimeError
        At the op that went wrong.
    """
    modes = thread.modes
    before, modes.anomaly = modes.anomaly, enabled
    try:
        yield
    finally:
        modes.anomaly = before


def check_forward(ctx: Function, args: Sequence[Any], results: Sequence[Any]) -> None:
    """Remember the caller's line; raise if finite inputs gave a value that is not."""
    ctx.where = f" (run at {caller()})"
    ctx.checksums = [checksum(value) for value, *_ in ctx._saved] if ctx.edges else []
    values = [_bare(result) for result in results]
    if _finite([_bare(arg) for arg in args]) and not _finite(values):
        raise AnomalyError(
            f"{ctx!r} made {_kind(values)} out of finite inputs{ctx.where}: a division by zero, "
            "a logarithm of zero, an overflow of exp, or a learning rate too high?"
        )


def check_backward(node: Function, results: Sequence[Any]) -> None:
    """Raise if the gradient that an op returned is not finite."""
    results = [_bare(result) for result in results]
    if not _finite(results):
        raise AnomalyError(
            f"the gradient of {node!r} is {_kind(results)}{node.where}: its input may be at a "
            "point without a derivative, such as 0 for sqrt or log"
        )


def check_saved(node: Function) -> None:
    """Raise if an array that an op kept for backward was written to since."""
    for (value, *_), before in zip(node._saved, node.checksums, strict=True):
        if checksum(value) != before:
            raise AnomalyError(
                f"the raw array (shape {value.shape}) that {node!r} needs for its gradient was "
                f"written to after the forward pass{node.where}: writes to .data or .numpy() are "
                "not tracked outside anomaly mode"
            )


def checksum(array: Any) -> int | None:
    """A checksum of an array's bytes, to notice a write."""
    if type(array) not in backend.MODULES:
        return None
    return zlib.crc32(backend.of(array).to_numpy(array).tobytes())


def caller() -> str:
    """File and line of the innermost caller outside this package."""
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def _bare(value: Any) -> Any:
    """The array of a Tensor; anything else as it is."""
    return value.data if hasattr(value, "grad_fn") else value


def _finite(values: Sequence[Any]) -> bool:
    """Whether all numbers are finite, in arrays and alone (-inf may be given on purpose)."""
    alone = all(math.isfinite(value) for value in values if isinstance(value, float))
    return alone and all(
        bool(backend.xp_of(array).isfinite(array).all()) for array in _floating(values)
    )


def _floating(values: Sequence[Any]) -> list[Any]:
    """The arrays of floating numbers among the values."""
    return [v for v in values if type(v) in backend.MODULES and v.dtype.kind == "f"]


def _kind(values: Sequence[Any]) -> str:
    """What is not finite, in words."""
    has_nan = any(bool(backend.xp_of(array).isnan(array).any()) for array in _floating(values))
    return "NaN" if has_nan else "an infinity"
