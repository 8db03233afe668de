"""ReLU and its kin on NumPy: results are written where they belong, in long strips of memory.

The plain code pays for two things: new memory for every intermediate result, and ``maximum`` with
a number, which takes three times as long as with an array filled with that number.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygen.backend.layout import TO_FIRST, TO_LAST, empty
from tinygen.fast.choices import ACTIVATION_STRIP, SMALL_ACTIVATION
from tinygen.fast.threads import in_parts

__all__ = ["leaky_relu", "leaky_relu_backward", "relu", "relu_backward"]

Array = Any


def relu(x: Array) -> Array:
    """``max(x, 0)``."""
    if not _is_worth_strips(x):
        return np.maximum(x, 0)

    def rectify(x: Array, y: Array) -> None:
        np.maximum(x, _filled(0.0, x), out=y)

    return _in_strips(rectify, x)


def relu_backward(grad: Array, y: Array) -> Array:
    """The gradient where ``y``, the result of :func:`relu`, is positive, else 0."""
    if not _is_worth_strips(y):
        return grad * (y > 0)

    def gate(grad: Array, y: Array, to_x: Array) -> None:
        np.copyto(to_x, y > 0)
        np.multiply(grad, to_x, out=to_x)

    return _in_strips(gate, grad, y)


def leaky_relu(x: Array, slope: float) -> Array:
    """``x`` where it is positive, ``slope * x`` elsewhere."""
    larger = np.maximum if slope <= 1 else np.minimum
    if not _is_worth_strips(x):
        return larger(x, x * slope)

    def bend(x: Array, y: Array) -> None:
        np.multiply(x, slope, out=y)
        larger(x, y, out=y)

    return _in_strips(bend, x)


def leaky_relu_backward(grad: Array, x: Array, slope: float) -> Array:
    """The gradient where ``x`` is positive, ``slope`` times the gradient elsewhere."""
    if not (_is_worth_strips(x) and 0 <= slope <= 1):
        return np.where(x > 0, grad, grad * slope)

    def gate(grad: Array, x: Array, to_x: Array) -> None:
        np.copyto(to_x, x > 0)
        np.maximum(to_x, _filled(slope, x), out=to_x)  # 1 or the slope
        np.multiply(grad, to_x, out=to_x)

    return _in_strips(gate, grad, x)


# ---- strips of memory ------------------------------------------------------------------------


def _is_worth_strips(x: Array) -> bool:
    return x.size >= SMALL_ACTIVATION and x.dtype.kind == "f"


def _in_strips(work: Callable[..., None], *operands: Array) -> Array:
    """A new array, filled by ``work(*operands, result)`` strip by strip."""
    lines, result = _as_lines(operands)

    def work_on(some: slice) -> None:
        for begin in range(some.start, some.stop, ACTIVATION_STRIP):
            end = min(begin + ACTIVATION_STRIP, some.stop)
            work(*(line[begin:end] for line in lines))

    in_parts(work_on, result.size, 2 * result.size)
    return result


def _as_lines(operands: tuple[Array, ...]) -> tuple[list[Array], Array]:
    """The operands, and a new array like them, as lines of elements in the order of memory.

    Returns
    -------
    lines : list of 1-d arrays
        The last one is the new array's.
    result : array
        The new array, in the common shape.
    """
    to_last = len(operands[0].shape) == 4 and all(
        operand.transpose(TO_LAST).flags.c_contiguous for operand in operands
    )
    if to_last:
        operands = tuple(operand.transpose(TO_LAST) for operand in operands)
    result = empty(operands[0].shape, operands[0].dtype)
    lines = [np.ascontiguousarray(array).reshape(-1) for array in (*operands, result)]
    return lines, result.transpose(TO_FIRST) if to_last else result


@functools.lru_cache(maxsize=8)
def _strip_of(value: float, dtype: np.dtype[Any]) -> Array:
    return np.full(ACTIVATION_STRIP, value, dtype)


def _filled(value: float, like: Array) -> Array:
    """As many copies of a number as a strip has elements."""
    return _strip_of(value, like.dtype)[: like.size]
