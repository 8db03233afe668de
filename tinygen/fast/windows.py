"""Windows over channels-last images as the rows of a matrix, a chunk of images at a time.

Only as many windows are copied at once as fit into the cache. They are copied again for the
kernels' gradient: that is quicker than keeping them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinygen.fast.choices import CHUNK_BYTES, SHORT_RUN
from tinygen.fast.scratch import scratch

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["Windows", "columns_of", "windows_of"]

Array = Any
Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Windows over pixels (N, H, W, C); outside of the image there are zeros."""

    start: Pair  # row and column where the first window begins, negative in the border
    count: Pair
    kernel: Pair
    stride: Pair
    dilation: Pair
    pool: Pair = (1, 1)  # so many rows and columns of windows are one window's places in a pooling

    @functools.cached_property
    def reach(self) -> Pair:
        """The height and width that all windows together cover."""
        rows, cols = (
            (n * p - 1) * s + (k - 1) * d + 1
            for n, p, k, s, d in zip(
                self.count, self.pool, self.kernel, self.stride, self.dilation, strict=True
            )
        )
        return rows, cols


@functools.lru_cache(1024)
def windows_of(geometry: Geometry, pool: Pair = (1, 1)) -> Windows:
    """The windows of a convolution over its images, counted by those of a pooling after it."""
    start = -geometry.before[0], -geometry.before[1]
    count = geometry.out[0] // pool[0], geometry.out[1] // pool[1]
    return Windows(start, count, geometry.kernel, geometry.stride, geometry.dilation, pool)


def columns_of(
    pixels: Array, windows: Windows, beside: int = 0
) -> Iterator[tuple[int, int, Array]]:
    """Chunks of images, each with its windows as the rows of a matrix.

    Yields the first image, the one after the last, and the matrix (places * images * positions,
    kernel * channels), whose memory is used again for the next chunk. Places are those of a pooling
    window, or just one. ``beside`` is how many more elements of an image are worked on at a time.
    """
    places = math.prod(windows.pool)
    size = places * math.prod(windows.count) * math.prod(windows.kernel) * pixels.shape[3]
    step = max(CHUNK_BYTES // max((size + beside) * pixels.dtype.itemsize, 1), 1)
    step = max(min(step, len(pixels)), 1)
    memory = scratch("columns", (step * size,), pixels.dtype)
    source, place, everything = _inside(windows, pixels.shape[1:3])
    padded = None
    if not everything:
        padded = scratch("padded", (step, *windows.reach, pixels.shape[3]), pixels.dtype)
        padded.fill(0)
    for first in range(0, len(pixels), step):
        last = min(first + step, len(pixels))
        images, inside = (slice(first, last), *source), (slice(last - first), *place)
        covered = pixels[images]
        if padded is not None:
            padded[inside] = covered
            covered = padded[: last - first]
        yield first, last, _as_matrix(_taps(covered, windows), memory[: (last - first) * size])


@functools.lru_cache(1024)
def _inside(windows: Windows, size: Pair) -> tuple[list[slice], list[slice], bool]:
    """The part of an image that windows cover, where it lies in what they cover, and if it is all.

    If it is not, the rest is a border of zeros.
    """
    source, place = [], []
    for start, reach, length in zip(windows.start, windows.reach, size, strict=True):
        low, high = (min(max(end, 0), length) for end in (start, start + reach))
        source.append(slice(low, high))
        place.append(slice(low - start, high - start))
    return source, place, place == [slice(0, reach) for reach in windows.reach]


def _taps(covered: Array, windows: Windows) -> Array:
    """A view of all windows: (places by row and column, N, rows, columns, kernel, C)."""
    images, row, col, channels = covered.strides
    (down, right), (by_row, by_col) = windows.stride, windows.dilation
    (high, wide) = windows.pool
    shape = (*windows.pool, len(covered), *windows.count, *windows.kernel, covered.shape[3])
    strides = (
        row * down, col * right, images, row * down * high, col * right * wide, row * by_row,
        col * by_col, channels,
    )  # fmt: skip
    return as_strided(covered, shape, strides, writeable=False)


def _as_matrix(taps: Array, memory: Array) -> Array:
    """Windows copied to the rows of a matrix.

    A row is made of runs of memory, one for each row of the window. Where these are short it is
    quicker to write the transposed matrix, which is made of whole rows of the image.
    """
    positions = math.prod(taps.shape[:5])
    if taps.shape[6] * taps.shape[7] < SHORT_RUN:
        by_tap = taps.transpose(5, 6, 7, 0, 1, 2, 3, 4)
        np.copyto(memory.reshape(by_tap.shape), by_tap)
        return memory.reshape(-1, positions).T
    np.copyto(memory.reshape(taps.shape), taps)
    return memory.reshape(positions, -1)
