"""Elementwise losses on NumPy, with their slopes, in strips of memory that stay in the cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.fast.choices import LOSS_STRIP
from tinygen.fast.threads import in_parts

__all__ = ["bce_with_logits"]

Array = Any

PASSES = 20  # how many additions take as long as loss and slope of an element


def bce_with_logits(x: Array, target: Array) -> tuple[Array, Array]:
    """``softplus(x) - x * target`` and its derivative by ``x``, for each element.

    Loss and slope are made of one exponential, which never overflows::

        e = exp(-|x|)
        softplus(x) = max(x, 0) + log(1 + e)
        sigmoid(x) = (1 if x >= 0 else e) / (1 + e)
    """
    loss, slope = np.empty_like(x), np.empty_like(x)
    if not all(array.flags.c_contiguous for array in (x, target, loss, slope)):
        _write_bce(x, target, loss, slope)
        return loss, slope
    lines = [array.reshape(-1) for array in (x, target, loss, slope)]

    def write(some: slice) -> None:
        for start in range(some.start, some.stop, LOSS_STRIP):
            end = min(start + LOSS_STRIP, some.stop)
            _write_bce(*(line[start:end] for line in lines))

    in_parts(write, x.size, PASSES * x.size)
    return loss, slope


def _write_bce(x: Array, target: Array, loss: Array, slope: Array) -> None:
    small, other = np.empty_like(x), np.zeros_like(x)

    np.abs(x, out=small)
    np.negative(small, out=small)
    np.exp(small, out=small)

    np.log1p(small, out=loss)
    loss += np.maximum(x, other, out=other)  # with an array of zeros: with a 0 it is slow
    loss -= np.multiply(x, target, out=other)

    np.add(small, 1, out=slope)
    np.copyto(other, x >= 0)
    np.maximum(small, other, out=small)
    np.divide(small, slope, out=slope)
    slope -= target
