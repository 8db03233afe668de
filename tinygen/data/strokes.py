"""A pen: strokes through points become curves, curves become ink on a grid of pixels.

A seed means the same picture on every machine. The numbers come from a bit generator whose stream
never changes (PCG64: M. E. O'Neill, "PCG: a family of simple fast space-efficient statistically
good algorithms for random number generation", 2014), and what is done with them is the four
operations, comparisons and the square root, element by element: these round alike everywhere,
which a matrix product, a sine or an exponential need not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "Form",
    "bend",
    "curve",
    "form",
    "ink",
    "pieces_of",
    "random_bytes",
    "require_amounts",
    "scaled",
    "uniform",
]

STEPS = 5
"""Straight pieces of each span of a curve."""

Point = tuple[float, float]
Stroke = tuple[int, ...]


# ---- chance ------------------------------------------------------------------------------------


def uniform(seed: int, stream: int, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform numbers in [0, 1), the same on every machine.

    Drawn row by row: the first rows do not depend on how many rows there are.

    Parameters
    ----------
    seed, stream : int
        At least 0. Streams of one seed are independent of each other.
    shape : tuple of int

    Returns
    -------
    float64 array of that shape
    """
    top_53_bits = _raw(seed, stream, math.prod(shape)) >> np.uint64(11)
    return (top_53_bits * 2.0**-53).reshape(shape)


def random_bytes(seed: int, stream: int, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform whole numbers from 0 to 255, uint8, drawn like :func:`uniform`'s but faster."""
    size = math.prod(shape)
    raw = _raw(seed, stream, -(-size // 8)).astype("<u8")
    return raw.view(np.uint8)[:size].reshape(shape)


def scaled(chance: np.ndarray, traits: Mapping[str, tuple[float, float]]) -> dict[str, np.ndarray]:
    """Uniform numbers between the bounds of each trait, from the first columns of ``chance``.

    Parameters
    ----------
    chance : float64 array of shape (N, at least as many as there are traits)
        In [0, 1).
    traits : mapping of name to (low, high)

    Returns
    -------
    dict of name to float64 array of shape (N,)
    """
    return {
        name: low + (high - low) * chance[:, column]
        for column, (name, (low, high)) in enumerate(traits.items())
    }


def require_amounts(function: str, **numbers: int) -> None:
    """Refuse a negative number of pictures or a negative seed."""
    if min(numbers.values()) < 0:
        given = ", ".join(f"{name}={value}" for name, value in numbers.items())
        raise ValueError(f"{function}: {' and '.join(numbers)} must be at least 0, got {given}")


def _raw(seed: int, stream: int, size: int) -> np.ndarray:
    return np.asarray(np.random.PCG64([seed, stream]).random_raw(size), np.uint64)


# ---- strokes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """One way to draw something.

    Attributes
    ----------
    points : tuple of (right, down)
    strokes : tuple of tuple of int
        The numbers of the points that each stroke passes. A stroke is smooth; where two strokes
        share an end there is a corner. One that returns to its first point is a closed curve.
    """

    points: tuple[Point, ...]
    strokes: tuple[Stroke, ...]


def form(text: str) -> Form:
    """Read a form, e.g. ``"50,0 50,100 / 6,0 94,0"`` for a T.

    Parameters
    ----------
    text : str
        Points ``right,down`` in percent of the box; a slash lifts the pen. Strokes that name the
        same point stay joined however the hand trembles.

    Returns
    -------
    Form
        In a box of side 1.
    """
    strokes = [[_point(word) for word in stroke.split()] for stroke in text.split("/")]
    points = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    return Form(
        tuple(points),
        tuple(tuple(points.index(point) for point in stroke) for stroke in strokes),
    )


def _point(word: str) -> Point:
    right, down = word.split(",")
    return int(right) / 100, int(down) / 100


def curve(points: np.ndarray, stroke: Sequence[int]) -> np.ndarray:
    """A smooth curve through the points of a stroke.

    E. Catmull and R. Rom, "A class of local interpolating splines" (1974).

    Parameters
    ----------
    points : array of shape (M, points, 2)
        Of M drawings of one form.
    stroke : sequence of int

    Returns
    -------
    array of shape (M, spans * STEPS + 1, 2)
    """
    closed = stroke[0] == stroke[-1]
    before, after = (stroke[-2], stroke[1]) if closed else (stroke[0], stroke[-1])
    control = points[:, [before, *stroke, after]]
    p0, p1, p2, p3 = (control[:, i : i + len(stroke) - 1, None] for i in range(4))
    t = (np.arange(STEPS) / STEPS)[:, None]
    spans = p1 + t / 2 * (
        (p2 - p0) + t * ((2 * p0 - 5 * p1 + 4 * p2 - p3) + t * (3 * (p1 - p2) + p3 - p0))
    )
    return np.concatenate([spans.reshape(len(points), -1, 2), points[:, stroke[-1:]]], axis=1)


def bend(traces: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    """Bend drawings as if they were on a rubber sheet whose lattice of knots is moved.

    T. Sederberg and S. Parry, "Free-form deformation of solid geometric models" (1986): the shift
    of a point is the mean of the knots' shifts, weighted by Bernstein's polynomials.

    Parameters
    ----------
    traces : array of shape (M, P, 2)
        Points in a box of side 1.
    lattice : array of shape (M, 4, 4, 2)
        How far each knot is moved; the first axis of knots runs down, the second to the right.

    Returns
    -------
    array of shape (M, P, 2)
    """
    to_right, to_below = (_bernstein(traces[..., axis, None]) for axis in range(2))
    bent = traces
    for row in range(4):
        for column in range(4):
            weight = to_below[row] * to_right[column]
            bent = bent + weight * lattice[:, None, row, column]
    return bent


def _bernstein(t: np.ndarray) -> list[np.ndarray]:
    """The four polynomials of degree 3, which add up to 1."""
    u = 1 - t
    return [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t]


def pieces_of(lengths: Sequence[int]) -> np.ndarray:
    """Where straight pieces start in curves that are laid end to end.

    Parameters
    ----------
    lengths : sequence of int
        How many points each curve has.

    Returns
    -------
    int64 array
        Every point's number but those of the curves' last points; a piece ends at the next point.
    """
    ends = np.cumsum(lengths)
    return np.delete(np.arange(ends[-1]), ends - 1)


# ---- ink ---------------------------------------------------------------------------------------


def ink(starts: np.ndarray, ends: np.ndarray, radii: np.ndarray, size: int) -> np.ndarray:
    """Draw straight pieces with a round pen whose edge fades over one pixel.

    Parameters
    ----------
    starts, ends : float32 array of shape (M, pieces, 2)
        In pixels; (0, 0) is the middle of the first pixel.
    radii : float32 array of shape (M, pieces)
        The pen's at each piece, in pixels.
    size : int
        The pictures' height and width.

    Returns
    -------
    float32 array of shape (M, size, size)
        Between 0 and 1.
    """
    typical = ((radii.min(axis=1) + radii.max(axis=1)) / 2)[:, None, None]
    reach = np.sqrt(_squared_distance(starts, ends, radii, size))
    return np.clip(np.float32(0.5) + typical * (1 - reach), 0, 1)


def _squared_distance(
    starts: np.ndarray, ends: np.ndarray, radii: np.ndarray, size: int
) -> np.ndarray:
    """From each pixel to the nearest of the pieces, in each piece's own radii.

    On the line through a piece, the foot of a pixel p is a + s * (b - a), with
    s = (p - a)(b - a) / |b - a|^2; on the piece s is cut to [0, 1]. The squared distance is then
    |p - a|^2 - |b - a|^2 * cut * (2 s - cut). Both |p - a|^2 and s are a part that depends on the
    column plus a part that depends on the row.
    """
    pixel = np.arange(size, dtype=np.float32)
    along = ends - starts
    squared_length = along[..., 0] * along[..., 0] + along[..., 1] * along[..., 1]
    squared_length = np.maximum(squared_length, np.float32(1e-6))[..., None]
    right, down = (pixel - starts[..., axis, None] for axis in range(2))
    s_right = right * (along[..., 0, None] / squared_length)
    s_down = down * (along[..., 1, None] / squared_length)
    right, down = right / radii[..., None], down / radii[..., None]
    squared_length = squared_length / (radii * radii)[..., None]

    s = s_down[..., :, None] + s_right[..., None, :]
    cut = np.clip(s, 0, 1)
    s += s
    s -= cut
    s *= cut
    s *= squared_length[..., None]
    squared = (down * down)[..., :, None] + (right * right)[..., None, :]
    squared -= s
    nearest: np.ndarray = squared.min(axis=1)
    return np.maximum(nearest, 0)
