"""How images lie in memory; their shape is (N, C, H, W) always.

NumPy's fast kernels keep images and the kernels of convolutions channels-last, in the memory of an
(N, H, W, C) array, as PyTorch's ``channels_last`` does: all channels of a pixel lie side by side,
and a convolution is a product of matrices whose operands need hardly any copying. NumPy's
elementwise functions keep the order of their inputs, so such arrays pass through activations as
they are, and the engine brings every gradient to the order of its value.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["as_images", "channels_last", "empty", "empty_images"]

Array = Any
CACHE_LINE = 64  # bytes
TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


def channels_last(images: Array) -> Array:
    """An (N, H, W, C) array in C order: a view if the images lie so in memory, else a copy."""
    return np.ascontiguousarray(images.transpose(TO_LAST))


def as_images(pixels: Array) -> Array:
    """An (N, H, W, C) array seen as images (N, C, H, W)."""
    return pixels.transpose(TO_FIRST)


def empty_images(shape: tuple[int, ...], dtype: Any) -> Array:
    """Uninitialized images of shape (N, C, H, W), channels-last in memory."""
    batch, channels, height, width = shape
    return as_images(empty((batch, height, width, channels), dtype))


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array with anything in it, which begins at a line of the cache.

    Where the memory of an array begins elsewhere, each of the processor's widest loads touches two
    lines, and an addition in the cache takes twice as long.
    """
    dtype = np.dtype(dtype)
    needed = math.prod(shape) * dtype.itemsize
    memory = np.empty(needed + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + needed].view(dtype).reshape(shape)
