"""Convolution on NumPy: channels-last images, a chunk of columns at a time.

The three functions compute what the ops of :mod:`tinygen.ops.conv` compute. With channels-last
images a row of a window is one run of memory, a window is a row of a matrix, and the product with
the kernels lies in memory as the next layer wants it:

    y = windows(x) @ kernels.T        gradient of kernels = y.T @ windows(x)

A transposed convolution with stride s is s * s convolutions of stride 1. The pixels that lie at
equal places between the windows see the same part of the kernel, turned by 180 degrees: from one
class of pixels to the next only the part changes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.backend.layout import channels_last, empty_images
from tinygen.fast.choices import CHUNK_BYTES, FEW_CHANNELS
from tinygen.fast.scratch import scratch
from tinygen.fast.threads import in_parts, sum_of_parts
from tinygen.fast.windows import Windows, columns_of, windows_of

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["conv2d", "conv_transpose2d", "conv_weight2d", "convolve_classes", "touched"]

Array = Any


def conv2d(x: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
    """Images (N, C, H, W) and kernels (O, C, KH, KW) -> (N, O, OH, OW)."""
    pixels, kernels = channels_last(x), channels_last(w)
    y = empty_images((len(x), len(w), *geometry.out), x.dtype)
    matrix, windows, out = kernels.reshape(len(w), -1).T, windows_of(geometry), channels_last(y)

    def convolve(some: slice) -> None:
        _convolve(pixels[some], matrix, bias, windows, out[some])

    in_parts(convolve, len(x), touched(pixels, windows) + y.size, leads=True)
    return y


def conv_weight2d(x: Array, y: Array, geometry: Geometry) -> Array:
    """Images (N, C, H, W) and a map (N, O, OH, OW) -> kernels (O, C, KH, KW)."""
    pixels, gradient = channels_last(x), channels_last(y)
    kernels = empty_images((y.shape[1], x.shape[1], *geometry.kernel), x.dtype)
    windows = windows_of(geometry)

    def add_up(some: slice) -> Array:
        total = np.zeros((y.shape[1], kernels.size // max(y.shape[1], 1)), x.dtype)
        mine = gradient[some]
        for first, last, columns in columns_of(pixels[some], windows):
            total += mine[first:last].reshape(len(columns), -1).T @ columns
        return total

    total = sum_of_parts(add_up, len(x), touched(pixels, windows), leads=True)
    channels_last(kernels)[...] = total.reshape(channels_last(kernels).shape)
    return kernels


def conv_transpose2d(y: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
    """A map (N, O, OH, OW) and kernels (O, C, KH, KW) -> images (N, C, H, W)."""
    pixels, kernels = channels_last(y), channels_last(w)
    images = empty_images((len(y), w.shape[1], *geometry.size), y.dtype)
    few = w.shape[1] <= FEW_CHANNELS or geometry.dilation != (1, 1)
    way, out = _scatter if few else convolve_classes, channels_last(images)

    def convolve(some: slice) -> None:
        way(pixels[some], kernels, bias, geometry, out[some])

    in_parts(convolve, len(y), y.size * math.prod(geometry.kernel) + images.size, leads=True)
    return images


def _convolve(
    pixels: Array, matrix: Array, bias: Array | None, windows: Windows, out: Array
) -> None:
    """Write ``windows @ matrix + bias`` to ``out``, of shape (N, rows, columns, outputs)."""
    channels, outputs = pixels.shape[3], out.shape[3]
    if channels > outputs >= FEW_CHANNELS and windows.stride == (1, 1):
        _add_taps(pixels, matrix.reshape(*windows.kernel, channels, outputs), bias, windows, out)
        return
    for first, last, columns in columns_of(pixels, windows):
        place = out[first:last]
        if place.flags.c_contiguous:
            np.matmul(columns, matrix, out=place.reshape(len(columns), -1))
        else:
            place[...] = (columns @ matrix).reshape(place.shape)
        if bias is not None:
            place += bias


def _add_taps(
    pixels: Array, kernels: Array, bias: Array | None, windows: Windows, out: Array
) -> None:
    """The same for stride 1, without copies of windows: a product for each tap, moved and added.

    Quicker where fewer channels come out than go in: what is added is smaller than the windows.
    """
    images, height, width, channels = pixels.shape
    outputs = out.shape[3]
    step = max(1, CHUNK_BYTES // (height * width * (channels + 2 * outputs) * pixels.itemsize))
    for first in range(0, images, step):
        some = pixels[first : first + step]
        total = scratch("total", (len(some), *windows.count, outputs), pixels.dtype)
        share = scratch("share", (*some.shape[:3], outputs), pixels.dtype)
        total[...] = 0 if bias is None else bias
        for tap in itertools.product(*map(range, windows.kernel)):
            np.matmul(some.reshape(-1, channels), kernels[tap], out=share.reshape(-1, outputs))
            (to_rows, from_rows), (to_cols, from_cols) = (
                _overlap(start + k * gap, length, count)
                for start, k, gap, length, count in zip(
                    windows.start, tap, windows.dilation, (height, width), windows.count,
                    strict=True,
                )
            )  # fmt: skip
            total[:, to_rows, to_cols] += share[:, from_rows, from_cols]
        out[first : first + step] = total


def _overlap(offset: int, length: int, count: int) -> tuple[slice, slice]:
    """Where p and p + offset are both inside, of ``count`` positions and ``length`` pixels."""
    low, high = max(0, -offset), max(0, -offset, min(count, length - offset))
    return slice(low, high), slice(low + offset, high + offset)


def touched(pixels: Array, windows: Windows) -> int:
    """How many elements the windows have."""
    places = math.prod(windows.count) * math.prod(windows.pool)
    return len(pixels) * places * math.prod(windows.kernel) * pixels.shape[3]


# ---- the transposed convolution ----------------------------------------------------------------


def _scatter(
    pixels: Array, kernels: Array, bias: Array | None, geometry: Geometry, images: Array
) -> None:
    """One product with the kernels, whose result is added where the windows are: tap by tap.

    Quick for few channels: then it is not much that is added.
    """
    rows, cols = geometry.kernel
    (height, width), (down, right) = geometry.out, geometry.stride
    (top, left), (bottom, end) = geometry.before, geometry.after
    padded_size = geometry.size[0] + top + bottom, geometry.size[1] + left + end
    by_tap = kernels.transpose(1, 2, 3, 0).reshape(-1, len(kernels))
    rows_of_map = pixels.reshape(-1, len(kernels))
    taps = (by_tap @ rows_of_map.T).reshape(rows, cols, images.shape[3], len(images), height, width)
    padded = np.zeros((images.shape[3], len(images), *padded_size), images.dtype)
    for i, j in itertools.product(range(rows), range(cols)):
        y, x = i * geometry.dilation[0], j * geometry.dilation[1]
        padded[:, :, y : y + down * height : down, x : x + right * width : right] += taps[i, j]
    inside = padded[:, :, top : top + geometry.size[0], left : left + geometry.size[1]]
    images[...] = inside.transpose(1, 2, 3, 0)
    if bias is not None:
        images += bias


def convolve_classes(
    pixels: Array, kernels: Array, bias: Array | None, geometry: Geometry, images: Array
) -> None:
    """A convolution of stride 1 for every class of pixels."""
    by_row, by_col = (
        list(_classes(*axis))
        for axis in zip(
            geometry.size, geometry.kernel, geometry.stride, geometry.before, strict=True
        )
    )
    for row, col in itertools.product(by_row, by_col):
        place = images[:, row.pixels, col.pixels]
        part = kernels[:, row.taps, col.taps][:, ::-1, ::-1]
        windows = Windows((row.start, col.start), place.shape[1:3], part.shape[1:3], (1, 1), (1, 1))
        matrix = part.transpose(1, 2, 0, 3).reshape(-1, images.shape[3])
        _convolve(pixels, matrix, bias, windows, place)


@dataclass(frozen=True)
class Class:
    """Along one axis: every s-th pixel, and the taps of the kernel that these pixels see."""

    pixels: slice
    taps: slice
    start: int  # where the first of their windows over the map begins


def _classes(size: int, kernel: int, stride: int, before: int) -> Iterator[Class]:
    """The pixels of an axis by their place between the windows.

    Window p reaches pixel i with tap k if ``p * stride + k - before == i``. With
    ``i + before == q * stride + r`` the taps are ``k = r + t * stride``, for which ``p == q - t``.
    """
    for first in range(min(stride, size)):
        q, r = divmod(first + before, stride)
        taps = slice(r, kernel, stride)
        yield Class(slice(first, size, stride), taps, q + 1 - len(range(kernel)[taps]))
