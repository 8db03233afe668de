"""Elementwise losses on NumPy, with their slopes, in strips of memory that stay in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygen.fast.choices import LOSS_STRIP

__all__ = ["bce_with_logits"]

Array = Any


def bce_with_logits(x: Array, target: Array) -> tuple[Array, Array]:
    """``softplus(x) - x * target`` and its derivative by ``x``, for each element.

    Loss and slope are made of one exponential, which never overflows::

        e = exp(-|x|)
        softplus(x) = max(x, 0) + log(1 + e)
        sigmoid(x) = (1 if x >= 0 else e) / (1 + e)
    """
    loss, slope = np.empty_like(x), np.empty_like(x)
    for strip in _strips(x, target, loss, slope):
        _write_bce(*strip)
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


def _strips(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """The same pieces of arrays of one shape; the whole ones if any does not lie in C order."""
    if not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, arrays[0].size, LOSS_STRIP):
        yield tuple(array[start : start + LOSS_STRIP] for array in flat)
