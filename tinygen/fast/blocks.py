"""Convolution, ReLU and the maximum of each window as one kernel on NumPy, and its gradient.

The result of the convolution is several times as large as what is left of it in the end. Here it
never exists as a whole: a chunk of images is convolved, rectified and pooled while it is in the
cache. The columns are ordered by the place of a position in its pooling window, so that the product
with the kernels gives one map for each place, and the maximum goes through long lines of memory:

    best = max(maps[0], maps[1], ...)        then plus bias, then ReLU

Backward needs to know of each window which place won; ``NONE`` where ReLU let nothing through.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.backend.layout import channels_last, empty_images
from tinygen.fast.conv import convolve_classes, touched
from tinygen.fast.pool import pixels_of
from tinygen.fast.scratch import scratch
from tinygen.fast.threads import in_parts, sum_of_parts
from tinygen.fast.windows import columns_of, windows_of

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["conv_relu_pool", "conv_relu_pool_backward"]

Array = Any
NONE = 255  # the largest number of a byte: taking the larger of two lets it win


def conv_relu_pool(
    x: Array,
    w: Array,
    bias: Array | None,
    geometry: Geometry,
    pool: tuple[int, int],
    keep: bool,
) -> tuple[Array, Array | None]:
    """Convolve, keep the largest of each window of ``pool`` rows and columns, rectify.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
    w : array of shape (O, C, KH, KW)
    bias : array of shape (O,), optional
    geometry : Geometry
        Of the convolution, to maps of OH x OW.
    pool : pair of int
        Of at most 255 places; what is left at the end of a map is not looked at.
    keep : bool
        Whether gradients may be asked for.

    Returns
    -------
    y : array of shape (N, O, OH // pool, OW // pool)
    winner : uint8 array of that shape, or None
        The place of the largest, row by row, the first of equal ones; 255 where y is 0.
    """
    pixels, matrix = channels_last(x), channels_last(w).reshape(len(w), -1).T
    windows = windows_of(geometry, pool)
    shape = (len(x), len(w), *windows.count)
    y = empty_images(shape, x.dtype)
    winner = empty_images(shape, np.dtype(np.uint8)) if keep else None
    maps_of_one = len(w) * math.prod(geometry.out)

    def compute(some: slice) -> None:
        best = channels_last(y)[some]
        place = None if winner is None else channels_last(winner)[some]
        for first, last, columns in columns_of(pixels[some], windows, maps_of_one):
            maps = scratch("maps", (len(columns), len(w)), x.dtype)
            np.matmul(columns, matrix, out=maps)
            maps = maps.reshape(math.prod(pool), -1, len(w))
            largest = best[first:last].reshape(maps[0].shape)
            if place is None:
                largest[...] = maps.max(axis=0)
            else:
                _find_largest(maps, largest, place[first:last].reshape(maps[0].shape))
            if bias is not None:
                largest += bias
            if place is not None:
                _strike_out(largest, place[first:last].reshape(maps[0].shape))
            np.maximum(largest, 0, out=largest)

    in_parts(compute, len(x), touched(pixels, windows) + 4 * y.size, leads=True)
    return y, winner


def _find_largest(maps: Array, best: Array, winner: Array) -> None:
    """Write the largest of the maps, and which one it was."""
    is_better = scratch("mask", best.shape, np.dtype(np.bool_))
    number = scratch("number", best.shape, winner.dtype)
    best[...] = maps[0]
    winner.fill(0)
    for place, candidate in enumerate(maps[1:], start=1):
        np.greater(candidate, best, out=is_better)
        np.maximum(best, candidate, out=best)
        np.multiply(is_better.view(np.uint8), np.uint8(place), out=number)
        np.maximum(winner, number, out=winner)


def _strike_out(best: Array, winner: Array) -> None:
    """Write ``NONE`` where ReLU will let nothing through."""
    is_positive = scratch("mask", best.shape, np.dtype(np.bool_))
    number = scratch("number", best.shape, winner.dtype)
    np.greater(best, 0, out=is_positive)
    np.subtract(is_positive.view(np.uint8), np.uint8(1), out=number)  # -1 is 255, which is NONE
    np.maximum(winner, number, out=winner)


def conv_relu_pool_backward(
    grad: Array,
    x: Array,
    w: Array,
    winner: Array,
    geometry: Geometry,
    pool: tuple[int, int],
    needs: Sequence[bool],
) -> tuple[Array | None, Array | None, Array | None]:
    """The gradients of :func:`conv_relu_pool`.

    Parameters
    ----------
    grad : array of the shape of y
    x, w, winner : array
    geometry, pool
    needs : sequence of bool
        Whether x, w and the bias want a gradient.

    Returns
    -------
    to_x, to_w, to_bias : array or None
    """
    pixels, kernels = channels_last(x), channels_last(w)
    slopes, won = channels_last(grad), channels_last(winner)
    windows = windows_of(geometry, pool)
    to_x = empty_images(x.shape, x.dtype) if needs[0] else None
    maps_of_one = len(w) * math.prod(geometry.out)

    def compute(some: slice) -> tuple[Array, Array]:
        to_w = np.zeros((len(w), kernels.size // len(w)), x.dtype)
        to_bias = np.zeros(len(w), x.dtype)
        for first, last, columns in columns_of(pixels[some], windows, 2 * maps_of_one):
            here = slice(some.start + first, some.start + last)
            maps = _sent_to_winners(slopes[here], won[here], math.prod(pool))
            rows = maps.reshape(-1, len(w))
            if needs[1]:
                to_w += rows.T @ columns
            if needs[2]:
                to_bias += np.ones(len(rows), x.dtype) @ rows
            if to_x is not None:
                whole = _joined(maps, (last - first, *geometry.out), windows.count, pool)
                convolve_classes(whole, kernels, None, geometry, channels_last(to_x)[here])
        return to_w, to_bias

    total, to_bias = sum_of_parts(compute, len(x), 3 * touched(pixels, windows), leads=True)
    to_w = None
    if needs[1]:
        to_w = empty_images(w.shape, w.dtype)
        channels_last(to_w)[...] = total.reshape(kernels.shape)
    return to_x, to_w, to_bias if needs[2] else None


def _sent_to_winners(slopes: Array, won: Array, places: int) -> Array:
    """The gradient of each place's map: (places, images, rows, columns, O)."""
    maps = scratch("maps", (places, *slopes.shape), slopes.dtype)
    is_winner = scratch("mask", won.shape, np.dtype(np.bool_))
    for place, map in enumerate(maps):
        np.equal(won, place, out=is_winner)
        np.copyto(map, is_winner)  # times a number is quicker than times a boolean
        np.multiply(map, slopes, out=map)
    return maps


def _joined(
    maps: Array, shape: tuple[int, int, int], count: tuple[int, int], pool: tuple[int, int]
) -> Array:
    """Maps by place as one map with the places side by side; zeros where no window reaches."""
    whole = scratch("whole", (*shape, maps.shape[-1]), maps.dtype)
    reached = count[0] * pool[0], count[1] * pool[1]
    if reached != shape[1:]:
        whole.fill(0)
    inside = pixels_of(whole)[:, : reached[0], : reached[1]]
    for place, map in enumerate(maps):
        row, col = divmod(place, pool[1])
        inside[:, row :: pool[0], col :: pool[1]] = pixels_of(map)
    return whole
