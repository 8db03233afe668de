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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.backend.layout import channels_last, empty_images
from tinygen.fast.choices import FEW_CHANNELS
from tinygen.fast.windows import Windows, columns_of, windows_of

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["conv2d", "conv_transpose2d", "conv_weight2d"]

Array = Any


def conv2d(x: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
    """Images (N, C, H, W) and kernels (O, C, KH, KW) -> (N, O, OH, OW)."""
    pixels, kernels = channels_last(x), channels_last(w)
    y = empty_images((len(x), len(w), *geometry.out), x.dtype)
    matrix = kernels.reshape(len(w), -1).T
    _convolve(pixels, matrix, bias, windows_of(geometry), channels_last(y))
    return y


def conv_weight2d(x: Array, y: Array, geometry: Geometry) -> Array:
    """Images (N, C, H, W) and a map (N, O, OH, OW) -> kernels (O, C, KH, KW)."""
    pixels, gradient = channels_last(x), channels_last(y)
    kernels = empty_images((y.shape[1], x.shape[1], *geometry.kernel), x.dtype)
    total = channels_last(kernels).reshape(y.shape[1], -1)
    total.fill(0)
    for first, last, columns in columns_of(pixels, windows_of(geometry)):
        total += gradient[first:last].reshape(len(columns), -1).T @ columns
    return kernels


def conv_transpose2d(y: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
    """A map (N, O, OH, OW) and kernels (O, C, KH, KW) -> images (N, C, H, W)."""
    pixels, kernels = channels_last(y), channels_last(w)
    images = empty_images((len(y), w.shape[1], *geometry.size), y.dtype)
    if w.shape[1] <= FEW_CHANNELS or geometry.dilation != (1, 1):
        _scatter(pixels, kernels, bias, geometry, channels_last(images))
    else:
        _convolve_classes(pixels, kernels, bias, geometry, channels_last(images))
    return images


def _convolve(
    pixels: Array, matrix: Array, bias: Array | None, windows: Windows, out: Array
) -> None:
    """Write ``windows @ matrix + bias`` to ``out``, of shape (N, rows, columns, outputs)."""
    for first, last, columns in columns_of(pixels, windows):
        place = out[first:last]
        if place.flags.c_contiguous:
            np.matmul(columns, matrix, out=place.reshape(len(columns), -1))
        else:
            place[...] = (columns @ matrix).reshape(place.shape)
        if bias is not None:
            place += bias


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


def _convolve_classes(
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
