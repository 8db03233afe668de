"""Pooling on NumPy: channels-last images, one place of the window at a time.

A tap is one place of the window: the pixels there, one for each window, copied side by side. Each
channel of a pixel has its own window, but all channels lie together, and so a copy moves whole
pixels; from there on every operation runs through long stretches of memory:

    best = maximum(best, tap)        the winner is the last tap that was larger than those before
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.backend.layout import as_images, channels_last, empty
from tinygen.fast.choices import POOL_CHUNK
from tinygen.fast.scratch import scratch
from tinygen.fast.threads import in_parts

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["avg_pool2d", "avg_unpool2d", "max_pool2d", "max_unpool2d", "pixels_of"]

Array = Any
Place = tuple[slice, slice, slice]


def max_pool2d(x: Array, geometry: Geometry) -> tuple[Array, Array]:
    """The largest of each window, and the number of the tap where it is.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
    geometry : Geometry

    Returns
    -------
    best : array of shape (N, C, OH, OW)
    winner : array of that shape
        Taps are numbered row by row; of equal ones the first wins.
    """
    taps = _taps_of(geometry)
    images = _padded(channels_last(x), taps, _lowest(x.dtype))
    best = empty((len(x), *geometry.out, x.shape[1]), x.dtype)
    winner = empty(best.shape, np.uint8 if len(taps.places) <= 256 else np.int32)

    def pool(some: slice) -> None:
        winner[some] = taps.first_inside
        _compare(images[some], taps, best[some], winner[some])

    _in_chunks(pool, best)
    return as_images(best), as_images(winner)


def _compare(images: Array, taps: Taps, best: Array, winner: Array) -> None:
    """Go through the taps in order; ``winner`` holds the first that lies inside the image."""
    tap, better = _like("tap", best, best.dtype), _like("mask", best, np.bool_)
    one_if_better = better.view(np.uint8)
    number_if_better = _like("number", winner, winner.dtype)
    pixels_of(best)[...] = pixels_of(images)[taps.places[0]]
    for number, place in enumerate(taps.places[1:], start=1):
        pixels_of(tap)[...] = pixels_of(images)[place]
        np.greater(tap, best, out=better)
        np.maximum(best, tap, out=best)
        np.multiply(one_if_better, winner.dtype.type(number), out=number_if_better)
        np.maximum(winner, number_if_better, out=winner)


def max_unpool2d(values: Array, winner: Array, geometry: Geometry) -> Array:
    """Send each value to the tap that won its window; values that meet in a pixel are added.

    Parameters
    ----------
    values : array of shape (N, C, OH, OW)
    winner : array of that shape
        From :func:`max_pool2d`.
    geometry : Geometry

    Returns
    -------
    array of shape (N, C, H, W)
    """
    taps = _taps_of(geometry)
    values, winner = channels_last(values), channels_last(winner)
    images = _images_to_fill(values, taps)

    def unpool(some: slice) -> None:
        mine, won = values[some], winner[some]
        share, chosen = _like("tap", mine, mine.dtype), _like("mask", mine, np.bool_)
        for number, place in enumerate(taps.places):
            np.equal(won, number, out=chosen)
            np.copyto(share, chosen)  # times a number is quicker than times a boolean
            np.multiply(mine, share, out=share)
            _send(share, images[some], place, taps)

    _in_chunks(unpool, values)
    return as_images(images[taps.inside])


def avg_pool2d(x: Array, weights: Array, geometry: Geometry) -> Array:
    """The sum of each window times its weight.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
    weights : array of shape (OH, OW)
    geometry : Geometry

    Returns
    -------
    array of shape (N, C, OH, OW)
    """
    taps = _taps_of(geometry)
    images = _padded(channels_last(x), taps, 0)
    total = empty((len(x), *geometry.out, x.shape[1]), x.dtype)

    def pool(some: slice) -> None:
        mine = total[some]
        tap = _like("tap", mine, mine.dtype)
        pixels_of(mine)[...] = pixels_of(images[some])[taps.places[0]]
        for place in taps.places[1:]:
            pixels_of(tap)[...] = pixels_of(images[some])[place]
            mine += tap
        mine *= weights[:, :, None]

    _in_chunks(pool, total)
    return as_images(total)


def avg_unpool2d(values: Array, weights: Array, geometry: Geometry) -> Array:
    """Spread each value times its weight over its window: the transpose of :func:`avg_pool2d`."""
    taps = _taps_of(geometry)
    share = channels_last(values) * weights[:, :, None]
    images = _images_to_fill(share, taps)

    def unpool(some: slice) -> None:
        for place in taps.places:
            _send(share[some], images[some], place, taps)

    _in_chunks(unpool, share)
    return as_images(images[taps.inside])


# ---- windows over (N, H, W, C) ---------------------------------------------------------------


@dataclass(frozen=True)
class Taps:
    """The places of a window, each as the pixels (N, H, W) that all windows have there."""

    places: tuple[Place, ...]
    first_inside: Array  # (OH, OW, 1): the number of a window's first tap inside the image
    padded_size: tuple[int, int]
    inside: Place  # where in the padded images the images are
    overlap: bool  # a pixel may be in several windows
    cover: bool  # every pixel is in some window


@functools.lru_cache(1024)
def _taps_of(geometry: Geometry) -> Taps:
    """The taps along both axes together."""
    axes = [
        _Axis(*numbers)
        for numbers in zip(
            geometry.size, geometry.kernel, geometry.stride, geometry.dilation, geometry.before,
            geometry.after, geometry.out, strict=True,
        )
    ]  # fmt: skip
    rows, cols = axes
    first = rows.first_inside()[:, None] * geometry.kernel[1] + cols.first_inside()
    return Taps(
        places=tuple((slice(None), row, col) for row in rows.taps() for col in cols.taps()),
        first_inside=first[:, :, None],
        padded_size=(rows.padded_size, cols.padded_size),
        inside=(slice(None), rows.inside, cols.inside),
        overlap=any(axis.reach > axis.stride for axis in axes),
        cover=all(axis.padded_size == axis.kernel * axis.count == axis.stride * axis.count
                  for axis in axes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Axis:
    """Windows along the rows or the columns."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    count: int

    @property
    def padded_size(self) -> int:
        return self.before + self.size + self.after

    @property
    def reach(self) -> int:
        """From the first to the last tap of a window."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def inside(self) -> slice:
        return slice(self.before, self.before + self.size)

    def taps(self) -> list[slice]:
        starts = [self.dilation * tap for tap in range(self.kernel)]
        return [slice(s, s + self.stride * self.count, self.stride) for s in starts]

    def first_inside(self) -> Array:
        """For each window, the first tap that is not in the border before the image."""
        outside = self.before - self.stride * np.arange(self.count)
        return np.maximum(0, -(-outside // self.dilation))


def pixels_of(images: Array) -> Array:
    """The same memory as (N, H, W): all channels of a pixel are one element, moved as a whole."""
    pixel = np.dtype((np.void, images.shape[-1] * images.itemsize))
    return images.view(pixel)[..., 0]


def _send(share: Array, images: Array, place: Place, taps: Taps) -> None:
    """Put pixels where a tap is, or add them."""
    if taps.overlap:
        images[place] += share
    else:
        pixels_of(images)[place] = pixels_of(share)


def _images_to_fill(maps: Array, taps: Taps) -> Array:
    """Padded images: zeros, unless every pixel will be written."""
    make = np.empty if taps.cover and not taps.overlap else np.zeros
    return make((len(maps), *taps.padded_size, maps.shape[-1]), maps.dtype)


def _padded(images: Array, taps: Taps, border: float) -> Array:
    if taps.padded_size == images.shape[1:3]:
        return images
    padded = np.full((len(images), *taps.padded_size, images.shape[-1]), border, images.dtype)
    padded[taps.inside] = images
    return padded


def _lowest(dtype: np.dtype[Any]) -> float:
    """No more than any pixel."""
    if dtype.kind == "f":
        return -np.inf
    return 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)


# ---- how the work is divided -----------------------------------------------------------------


def _in_chunks(work: Callable[[slice], None], maps: Array) -> None:
    """Do the work for some images at a time, whose maps (N, OH, OW, C) fit into the cache."""
    if not maps.size:
        return
    step = max(1, POOL_CHUNK * len(maps) // maps.size)

    def work_on(some: slice) -> None:
        for begin in range(some.start, some.stop, step):
            work(slice(begin, min(begin + step, some.stop)))

    in_parts(work_on, len(maps), 8 * maps.size)


def _like(use: str, array: Array, dtype: Any) -> Array:
    return scratch(f"pool {use}", array.shape, np.dtype(dtype))
