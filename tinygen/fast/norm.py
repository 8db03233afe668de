"""Batch normalization on NumPy: channels-last images, few passes over long lines of memory.

A number for each channel meets every pixel. An operation with such a vector would go through the
channels of one pixel at a time; here it is repeated for a whole line of pixels, which is then one
long vector. Sums over the pixels are products with a vector of ones: BLAS adds up a matrix five
times as fast as ``sum`` does along its first axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.backend.layout import as_images, channels_last, empty
from tinygen.fast.choices import CHANNEL_LINE
from tinygen.fast.threads import in_parts, sum_of_parts

__all__ = ["standardize", "standardize_backward", "sum_per_channel"]

Array = Any


def standardize(
    x: Array, eps: float, weight: Array | None, bias: Array | None
) -> tuple[Array, Array, Array]:
    """Give each channel mean 0 and variance 1, then scale and shift it.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
    eps : float
        Added to the variance.
    weight, bias : array of C elements, optional

    Returns
    -------
    y : array of shape (N, C, H, W)
    mean, one_over_std : array of shape (1, C, 1, 1)
    """
    images = channels_last(x)
    lines = _lines(images)
    channels, count = images.shape[-1], images.size // images.shape[-1]
    mean = _per_channel(_sum(lines), channels) / count
    y, line_of_means = empty(lines.shape, lines.dtype), _repeated(mean, lines)

    def centre(some: slice) -> Array:
        np.subtract(lines[some], line_of_means, out=y[some])
        return _sum_of_products(y[some], y[some])

    squares = sum_of_parts(centre, len(lines), 2 * lines.size)
    variance = _per_channel(squares, channels) / count
    one_over_std = 1 / np.sqrt(variance + eps)
    scale = _repeated(_times_weight(one_over_std, weight), lines)
    shift = None if bias is None else _repeated(bias.reshape(-1), lines)

    def stretch(some: slice) -> None:
        y[some] *= scale
        if shift is not None:
            y[some] += shift

    in_parts(stretch, len(lines), 2 * lines.size)
    return as_images(y.reshape(images.shape)), _by_channel(mean), _by_channel(one_over_std)


def standardize_backward(
    grad: Array, x: Array, mean: Array, one_over_std: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """The gradients of :func:`standardize`.

    With the deviations d = x - mean, s = 1 / std and means over all pixels of a channel,

        to_x = s * weight * (grad - mean(grad) - d * s**2 * mean(grad * d))

    Parameters
    ----------
    grad, x : array of shape (N, C, H, W)
    mean, one_over_std : array of shape (1, C, 1, 1)
    weight : array of C elements, optional

    Returns
    -------
    to_x : array of shape (N, C, H, W)
    to_weight, to_bias : array of shape (1, C, 1, 1)
    """
    images = channels_last(x)
    lines, slopes = _lines(images), _lines(channels_last(grad))
    channels, count = images.shape[-1], images.size // images.shape[-1]
    one_over_std = one_over_std.reshape(-1)
    to_x, line_of_means = empty(lines.shape, lines.dtype), _repeated(mean.reshape(-1), lines)

    def compare(some: slice) -> tuple[Array, Array]:
        np.subtract(lines[some], line_of_means, out=to_x[some])
        return _sum_of_products(slopes[some], to_x[some]), _sum_of_part(slopes[some])

    products, sums = sum_of_parts(compare, len(lines), 3 * lines.size)
    to_weight = _per_channel(products, channels) * one_over_std
    to_bias = _per_channel(sums, channels)
    of_deviation = _repeated(to_weight * one_over_std / count, lines)
    of_mean = _repeated(to_bias / count, lines)
    scale = _repeated(_times_weight(one_over_std, weight), lines)

    def combine(some: slice) -> None:
        mine = to_x[some]
        mine *= of_deviation
        mine += of_mean
        np.subtract(slopes[some], mine, out=mine)
        mine *= scale

    in_parts(combine, len(lines), 4 * lines.size)
    return as_images(to_x.reshape(images.shape)), _by_channel(to_weight), _by_channel(to_bias)


def sum_per_channel(x: Array) -> Array:
    """The sum over all pixels: (N, C, H, W) to (C,)."""
    images = x.transpose(0, 2, 3, 1)
    if x.dtype.kind != "f" or not (x.size and images.flags.c_contiguous):
        return x.sum(axis=(0, 2, 3))
    return _per_channel(_sum(_lines(images)), images.shape[-1])


# ---- lines of pixels -------------------------------------------------------------------------


def _lines(images: Array) -> Array:
    """The pixels as a matrix: as many rows of an image in a line as ``CHANNEL_LINE`` allows."""
    batch, height, width, channels = images.shape
    row = width * channels
    together = next(
        n for n in range(height, 0, -1) if n == 1 or (height % n == 0 and n * row <= CHANNEL_LINE)
    )
    return images.reshape(batch * height // together, together * row)


def _repeated(per_channel: Array, lines: Array) -> Array:
    """A vector of channels for every pixel of a line."""
    return np.tile(per_channel, lines.shape[1] // len(per_channel))


def _sum(lines: Array) -> Array:
    return sum_of_parts(lambda some: _sum_of_part(lines[some]), len(lines), lines.size)


def _sum_of_part(lines: Array) -> Array:
    return np.ones(len(lines), lines.dtype) @ lines


def _sum_of_products(a: Array, b: Array) -> Array:
    return np.einsum("il,il->l", a, b)


def _per_channel(line: Array, channels: int) -> Array:
    """The sum over the pixels of a line."""
    return line.reshape(-1, channels).sum(axis=0)


def _times_weight(one_over_std: Array, weight: Array | None) -> Array:
    return one_over_std if weight is None else one_over_std * weight.reshape(-1)


def _by_channel(vector: Array) -> Array:
    return vector.reshape(1, -1, 1, 1)
