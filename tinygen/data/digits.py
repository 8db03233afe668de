"""Digits drawn by our own pen, for machines without MNIST and for tests.

A digit is a handful of points and the strokes through them. Each picture moves the points a
little, runs smooth curves through them (E. Catmull and R. Rom, "A class of local interpolating
splines", 1974), slants, turns, stretches and bends the whole, and draws it with a round pen: ink
is where the distance to the nearest piece of a stroke is below the pen's radius.

Only uniform numbers, the four operations and the square root are used, elementwise: these round
the same on every machine, so that a seed means the same pictures everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinygen.data.sets import Digits

__all__ = ["draw_digits", "synthetic_digits"]

SIZE = 28

STEPS = 5
"""Straight pieces of each span of a curve."""

AT_ONCE = 32
"""Pictures drawn together: their distances should stay in the processor's cache."""

Point = tuple[float, float]
Stroke = tuple[int, ...]


@dataclass(frozen=True)
class Glyph:
    """One way to write a digit: points (right, down) in a unit square, strokes by their numbers.

    A stroke is smooth; where two strokes share an end there is a corner. One that returns to its
    first point is a closed curve.
    """

    digit: int
    points: tuple[Point, ...]
    strokes: tuple[Stroke, ...]


GLYPHS = (
    Glyph(
        0,
        ((0.5, 0.0), (0.2, 0.13), (0.06, 0.5), (0.2, 0.87), (0.5, 1.0), (0.8, 0.87), (0.94, 0.5),
         (0.8, 0.13)),
        ((0, 1, 2, 3, 4, 5, 6, 7, 0),),
    ),
    Glyph(1, ((0.5, 0.0), (0.5, 0.5), (0.5, 1.0)), ((0, 1, 2),)),
    Glyph(1, ((0.27, 0.22), (0.52, 0.0), (0.52, 0.5), (0.52, 1.0)), ((0, 1), (1, 2, 3))),
    Glyph(
        1,
        ((0.27, 0.22), (0.52, 0.0), (0.52, 0.5), (0.52, 1.0), (0.25, 1.0), (0.8, 1.0)),
        ((0, 1), (1, 2, 3), (4, 5)),
    ),
    Glyph(
        2,
        ((0.1, 0.25), (0.4, 0.0), (0.8, 0.12), (0.78, 0.42), (0.45, 0.7), (0.08, 1.0),
         (0.92, 0.98)),
        ((0, 1, 2, 3, 4, 5), (5, 6)),
    ),
    Glyph(
        2,
        ((0.12, 0.22), (0.45, 0.0), (0.78, 0.18), (0.66, 0.55), (0.3, 0.94), (0.08, 0.88),
         (0.26, 0.74), (0.55, 0.92), (0.95, 0.9)),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8),),
    ),
    Glyph(
        3,
        ((0.1, 0.12), (0.45, 0.0), (0.8, 0.17), (0.68, 0.4), (0.36, 0.48), (0.78, 0.58),
         (0.86, 0.82), (0.48, 1.0), (0.06, 0.88)),
        ((0, 1, 2, 3, 4), (4, 5, 6, 7, 8)),
    ),
    Glyph(
        3,
        ((0.12, 0.03), (0.82, 0.03), (0.42, 0.42), (0.8, 0.54), (0.84, 0.84), (0.45, 1.0),
         (0.06, 0.9)),
        ((0, 1), (1, 2), (2, 3, 4, 5, 6)),
    ),
    Glyph(
        4,
        ((0.2, 0.04), (0.08, 0.56), (0.92, 0.52), (0.76, 0.0), (0.7, 0.5), (0.68, 1.0)),
        ((0, 1), (1, 2), (3, 4, 5)),
    ),
    Glyph(
        4,
        ((0.66, 0.0), (0.05, 0.66), (0.95, 0.66), (0.66, 0.5), (0.66, 1.0)),
        ((0, 1), (1, 2), (0, 3, 4)),
    ),
    Glyph(
        5,
        ((0.86, 0.02), (0.26, 0.02), (0.18, 0.46), (0.58, 0.38), (0.88, 0.62), (0.72, 0.93),
         (0.36, 1.0), (0.05, 0.88)),
        ((0, 1), (1, 2), (2, 3, 4, 5, 6, 7)),
    ),
    Glyph(
        6,
        ((0.74, 0.0), (0.34, 0.24), (0.12, 0.64), (0.26, 0.94), (0.6, 1.0), (0.86, 0.76),
         (0.64, 0.54), (0.32, 0.6), (0.14, 0.8)),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8),),
    ),
    Glyph(7, ((0.06, 0.06), (0.9, 0.03), (0.56, 0.46), (0.38, 1.0)), ((0, 1), (1, 2, 3))),
    Glyph(
        7,
        ((0.06, 0.06), (0.9, 0.03), (0.56, 0.46), (0.38, 1.0), (0.22, 0.52), (0.84, 0.48)),
        ((0, 1), (1, 2, 3), (4, 5)),
    ),
    Glyph(
        8,
        ((0.52, 0.0), (0.2, 0.2), (0.48, 0.46), (0.84, 0.76), (0.5, 1.0), (0.14, 0.76),
         (0.52, 0.46), (0.82, 0.2)),
        ((0, 1, 2, 3, 4, 5, 6, 7, 0),),
    ),
    Glyph(
        8,
        ((0.5, 0.0), (0.22, 0.22), (0.5, 0.45), (0.78, 0.22), (0.14, 0.74), (0.5, 1.0),
         (0.86, 0.74)),
        ((0, 1, 2, 3, 0), (2, 4, 5, 6, 2)),
    ),
    Glyph(
        9,
        ((0.84, 0.14), (0.48, 0.0), (0.14, 0.22), (0.32, 0.48), (0.68, 0.42), (0.78, 0.58),
         (0.66, 1.0)),
        ((0, 1, 2, 3, 4, 0), (0, 5, 6)),
    ),
    Glyph(
        9,
        ((0.84, 0.16), (0.5, 0.0), (0.16, 0.22), (0.34, 0.48), (0.7, 0.4), (0.86, 0.6),
         (0.62, 0.96), (0.16, 0.94)),
        ((0, 1, 2, 3, 4, 0), (0, 5, 6, 7)),
    ),
)  # fmt: skip

TRAITS = {
    "way": (0.0, 1.0),  # which of the glyphs of the digit
    "slant": (-0.3, 0.5),  # how far the top leans to the right, in heights
    "turn": (-0.08, 0.08),  # the tangent of half the angle
    "width": (0.65, 1.1),  # in heights
    "bow": (-0.2, 0.2),  # how far the middle is pushed sideways
    "sag": (-0.15, 0.15),  # and downwards
    "height": (16.0, 21.0),  # of the finished digit, in pixels
    "right": (-1.5, 1.5),  # the place of its middle, from the picture's middle
    "down": (-1.5, 1.5),
    "radius": (0.75, 1.5),  # of the pen
    "ink": (0.8, 1.0),  # how strong it is
}
"""What varies from picture to picture, and between which bounds."""

UNSTEADY = 0.05
"""How far the hand misses a point, either way."""

GRAIN = 0.15
"""How uneven the ink is."""

WIDEST = 22.0
"""No digit is wider than this many pixels."""


def synthetic_digits(n_train: int = 12_000, n_test: int = 2_000, seed: int = 0) -> Digits:
    """Drawn digits in the place of MNIST.

    Parameters
    ----------
    n_train, n_test : int
        How many to learn from and to be tested on.
    seed : int

    Returns
    -------
    Digits
    """
    images, labels = draw_digits(n_train + n_test, seed)
    return Digits(
        images[:n_train],
        labels[:n_train],
        images[n_train:],
        labels[n_train:],
        name="Drawn digits",
        is_real=False,
    )


def draw_digits(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw pictures of digits; the first ones of a seed are the same whatever ``n`` is.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        At least 0.

    Returns
    -------
    images : uint8 array of shape (n, 28, 28)
        Light ink on a dark ground, as in MNIST.
    labels : int64 array of shape (n,)
        Each digit equally likely.

    Raises
    ------
    ValueError
        If one of the two is negative.
    """
    if n < 0 or seed < 0:
        raise ValueError(f"draw_digits: n and seed must be at least 0, got n={n}, seed={seed}")
    hand, paper = (np.random.default_rng([seed, stream]) for stream in (0, 1))
    most_points = max(len(glyph.points) for glyph in GLYPHS)
    chance = hand.random((n, 1 + len(TRAITS) + 2 * most_points))
    labels = (chance[:, 0] * 10).astype(np.int64)
    traits = {
        name: low + (high - low) * chance[:, 1 + column]
        for column, (name, (low, high)) in enumerate(TRAITS.items())
    }
    misses = UNSTEADY * (2 * chance[:, 1 + len(TRAITS) :] - 1).reshape(n, most_points, 2)

    ink = np.zeros((n, SIZE, SIZE), np.float32)
    for glyph, chosen in _by_glyph(labels, traits["way"]):
        own = {name: values[chosen] for name, values in traits.items()}
        points = np.array(glyph.points) + misses[chosen, : len(glyph.points)]
        starts, ends = _placed_pieces(glyph, points, own)
        ink[chosen] = _draw(starts, ends, own["radius"].astype(np.float32))
    ink *= traits["ink"].astype(np.float32)[:, None, None]
    ink *= 1 - np.float32(GRAIN) * paper.random(ink.shape, dtype=np.float32)
    return np.rint(255 * ink).astype(np.uint8), labels


def _by_glyph(labels: np.ndarray, way: np.ndarray) -> Iterator[tuple[Glyph, np.ndarray]]:
    """Each glyph with the numbers of the pictures that are written so."""
    for digit in range(10):
        glyphs = [glyph for glyph in GLYPHS if glyph.digit == digit]
        which = (way * len(glyphs)).astype(np.int64)
        for number, glyph in enumerate(glyphs):
            chosen = np.flatnonzero((labels == digit) & (which == number))
            for begin in range(0, len(chosen), AT_ONCE):
                yield glyph, chosen[begin : begin + AT_ONCE]


# ---- from points to pieces of strokes ----------------------------------------------------------


def _placed_pieces(
    glyph: Glyph, points: np.ndarray, traits: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Where the straight pieces of all strokes start and end: (M, pieces, 2), in pixels."""
    curves = [_curve(points, stroke) for stroke in glyph.strokes]
    traces = _placed(np.concatenate(curves, axis=1), traits).astype(np.float32)
    lasts = np.cumsum([curve.shape[1] for curve in curves]) - 1
    starts = np.delete(np.arange(traces.shape[1]), lasts)
    return traces[:, starts], traces[:, starts + 1]


def _curve(points: np.ndarray, stroke: Stroke) -> np.ndarray:
    """A smooth curve through the points of a stroke, (M, spans * STEPS + 1, 2)."""
    closed = stroke[0] == stroke[-1]
    before, after = (stroke[-2], stroke[1]) if closed else (stroke[0], stroke[-1])
    control = points[:, [before, *stroke, after]]
    p0, p1, p2, p3 = (control[:, i : i + len(stroke) - 1, None] for i in range(4))
    t = (np.arange(STEPS) / STEPS)[:, None]
    spans = p1 + t / 2 * (
        (p2 - p0) + t * ((2 * p0 - 5 * p1 + 4 * p2 - p3) + t * (3 * (p1 - p2) + p3 - p0))
    )
    return np.concatenate([spans.reshape(len(points), -1, 2), points[:, stroke[-1:]]], axis=1)


def _placed(traces: np.ndarray, traits: dict[str, np.ndarray]) -> np.ndarray:
    """Stretch, bend, slant and turn curves of the unit square, and fit them into the picture."""
    t = {name: values[:, None] for name, values in traits.items()}
    x, y = (traces[..., 0] - 0.5) * t["width"], traces[..., 1] - 0.5
    x, y = x + t["bow"] * (0.25 - y * y), y + t["sag"] * (0.25 - x * x)
    x = x - t["slant"] * y
    cosine = (1 - t["turn"] * t["turn"]) / (1 + t["turn"] * t["turn"])
    sine = 2 * t["turn"] / (1 + t["turn"] * t["turn"])
    x, y = cosine * x - sine * y, sine * x + cosine * y
    left, right = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    top, bottom = y.min(axis=1, keepdims=True), y.max(axis=1, keepdims=True)
    scale = np.minimum(t["height"] / (bottom - top), WIDEST / (right - left))
    centre = (SIZE - 1) / 2
    return np.stack(
        [
            (x - (left + right) / 2) * scale + t["right"] + centre,
            (y - (top + bottom) / 2) * scale + t["down"] + centre,
        ],
        axis=2,
    )


# ---- from pieces to ink ------------------------------------------------------------------------


def _draw(starts: np.ndarray, ends: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Ink between 0 and 1, (M, SIZE, SIZE), fading over one pixel at the edge of the stroke."""
    distance = np.sqrt(_squared_distance(starts, ends))
    return np.clip(radius[:, None, None] + np.float32(0.5) - distance, 0, 1)


def _squared_distance(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """From each pixel to the nearest of the pieces.

    On the line through a piece, the foot of a pixel p is a + s * (b - a), with
    s = (p - a)(b - a) / |b - a|^2; on the piece s is cut to [0, 1]. The squared distance is then
    |p - a|^2 - |b - a|^2 * cut * (2 s - cut). Both |p - a|^2 and s are a part that depends on the
    column plus a part that depends on the row.
    """
    pixel = np.arange(SIZE, dtype=np.float32)
    ax, ay = (starts[..., axis, None] for axis in range(2))
    along = ends - starts
    squared_length = along[..., 0] * along[..., 0] + along[..., 1] * along[..., 1]
    squared_length = np.maximum(squared_length, np.float32(1e-6))[..., None]
    right, down = pixel - ax, pixel - ay
    s_right = right * (along[..., 0, None] / squared_length)
    s_down = down * (along[..., 1, None] / squared_length)

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
