"""Coloured shapes on coloured grounds: something to learn from when there are no photographs.

What counts is the shape alone: colours, size, place and turn are drawn without regard to it. A
shape is given by the signed distance of a pixel from its edge, negative inside, and fades over one
pixel there. A seed means the same pictures everywhere: see :mod:`tinygen.data.strokes`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinygen.data.sets import ImageSet
from tinygen.data.strokes import curve, form, random_bytes, require_amounts, scaled, uniform

__all__ = ["SHAPES", "draw_shapes", "make_shapes"]

SIZE = 32

AT_ONCE = 64
"""Pictures drawn together: what is computed for them should stay in the processor's cache."""

SHAPES = ("circle", "ring", "crescent", "square", "triangle", "star", "cross", "heart")
"""A label is a position among these."""

OUTLINES: Mapping[str, str] = {
    "square": "-70,-70 70,-70 70,70 -70,70",
    "triangle": "0,-100 87,50 -87,50",
    "star": "0,-100 24,-32 95,-31 38,12 59,81 0,40 -59,81 -38,12 -95,-31 -24,-32",
    "cross": "-28,-94 28,-94 28,-28 94,-28 94,28 28,28 28,94 -28,94 -28,28 -94,28 -94,-28 -28,-28",
}
"""The corners of the shapes that have straight edges only, in percent of the radius."""

HEART = form("0,-36 -25,-74 -62,-76 -87,-36 -56,26 0,94 / 0,94 56,26 87,-36 62,-76 25,-74 0,-36")

TRAITS: Mapping[str, tuple[float, float]] = {
    "label": (0.0, len(SHAPES)),
    "radius": (7.0, 13.0),  # of a circle around the shape, in pixels
    "stretch": (0.85, 1.15),  # of the shape, across, before it is turned
    "turn": (-1.0, 1.0),  # the tangent of half the angle
    "flip": (-1.0, 1.0),  # below 0, the shape is also turned upside down
    "right": (-1.0, 1.0),  # the place of the middle, as far as the shape stays in the picture
    "down": (-1.0, 1.0),
    "light": (0.1, 0.9),  # of the ground
    "contrast": (0.0, 1.0),  # how light the shape is beside it: see _other_light
    "fall": (-0.25, 0.25),  # of the ground's light, from side to side
    "ground_hue": (0.0, 6.0),
    "ground_colour": (0.0, 0.35),  # how far from grey
    "shape_hue": (0.0, 6.0),
    "shape_colour": (0.25, 0.8),
}
"""What varies from picture to picture, and between which bounds."""

LEAST_CONTRAST = 0.35
"""Between the lights of the shape and of the ground."""

GRAIN = 0.12
"""How far a pixel may be off its colour, from end to end."""


def make_shapes(n_train: int = 12_000, n_test: int = 2_000, seed: int = 0) -> ImageSet:
    """Coloured shapes of eight kinds, 32 x 32, to learn from and to be tested on.

    Parameters
    ----------
    n_train, n_test : int
    seed : int
        At least 0.

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        If a number is negative.
    """
    require_amounts("make_shapes", n_train=n_train, n_test=n_test, seed=seed)
    images, labels = draw_shapes(n_train + n_test, seed)
    return ImageSet(
        images[:n_train],
        labels[:n_train],
        images[n_train:],
        labels[n_train:],
        name="Shapes",
        is_real=False,
        classes=SHAPES,
    )


def draw_shapes(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw pictures of shapes; the first ones of a seed are the same whatever ``n`` is.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        At least 0.

    Returns
    -------
    images : uint8 array of shape (n, 3, 32, 32)
        Red, green and blue.
    labels : int64 array of shape (n,)
        Positions in :data:`SHAPES`, each equally likely.

    Raises
    ------
    ValueError
        If a number is negative.
    """
    require_amounts("draw_shapes", n=n, seed=seed)
    traits = scaled(uniform(seed, 0, (n, len(TRAITS))), TRAITS)
    grain = random_bytes(seed, 1, (n, 3, SIZE, SIZE))
    labels = traits["label"].astype(np.int64)
    images = np.empty((n, 3, SIZE, SIZE), np.uint8)
    for label, shape in enumerate(SHAPES):
        of_this_shape = np.flatnonzero(labels == label)
        for begin in range(0, len(of_this_shape), AT_ONCE):
            chosen = of_this_shape[begin : begin + AT_ONCE]
            own = {name: values[chosen].astype(np.float32) for name, values in traits.items()}
            images[chosen] = _painted(_cover(shape, own), own, grain[chosen])
    return images, labels


# ---- form --------------------------------------------------------------------------------------


def _cover(shape: str, traits: dict[str, np.ndarray]) -> np.ndarray:
    """How much of each pixel the shape covers, between 0 and 1, (M, SIZE, SIZE)."""
    t = {name: values[:, None, None] for name, values in traits.items()}
    room = np.maximum(SIZE / 2 - 1 - t["radius"] * TRAITS["stretch"][1], 0)
    pixel = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    x, y = pixel - t["right"] * room, pixel[:, None] - t["down"] * room
    to_shape = np.where(t["flip"] < 0, -1 / t["radius"], 1 / t["radius"])
    cosine = (1 - t["turn"] * t["turn"]) / (1 + t["turn"] * t["turn"]) * to_shape
    sine = 2 * t["turn"] / (1 + t["turn"] * t["turn"]) * to_shape
    x, y = (cosine * x + sine * y) / t["stretch"], cosine * y - sine * x
    distance = _distance(shape, x, y) * t["radius"]
    return np.clip(np.float32(0.5) - distance, 0, 1)


def _distance(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """From the edge of a shape of radius 1, negative inside."""
    if shape == "circle":
        return _from_circle(x, y, 0.9)
    if shape == "ring":
        return np.abs(_from_circle(x, y, 0.75)) - np.float32(0.2)
    if shape == "crescent":
        return np.maximum(_from_circle(x, y, 0.98), -_from_circle(x - np.float32(0.45), y, 0.78))
    return _from_polygon(x, y, POLYGONS[shape])


def _from_circle(x: np.ndarray, y: np.ndarray, radius: float) -> np.ndarray:
    return np.sqrt(x * x + y * y) - np.float32(radius)


def _from_polygon(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Distance to the nearest edge; inside is where a ray to the right meets an odd number."""
    nearest = np.full(x.shape, np.inf, np.float32)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along_x, along_y = bx - ax, by - ay
        from_a_x, from_a_y = x - ax, y - ay
        squared_length = along_x * along_x + along_y * along_y
        share = np.clip((from_a_x * along_x + from_a_y * along_y) / squared_length, 0, 1)
        off_x, off_y = from_a_x - share * along_x, from_a_y - share * along_y
        nearest = np.minimum(nearest, off_x * off_x + off_y * off_y)
        if along_y:
            inside ^= ((ay > y) != (by > y)) & (from_a_x < from_a_y * (along_x / along_y))
    distance = np.sqrt(nearest)
    return np.where(inside, -distance, distance)


def _heart() -> np.ndarray:
    """The corners of a heart: two smooth halves from notch to tip and back."""
    points = np.array(HEART.points)[None]
    halves = [curve(points, stroke)[0, :-1] for stroke in HEART.strokes]
    return np.concatenate(halves)


POLYGONS = {
    **{name: np.array(form(text).points, np.float32) for name, text in OUTLINES.items()},
    "heart": _heart().astype(np.float32),
}


# ---- colour ------------------------------------------------------------------------------------


def _painted(cover: np.ndarray, traits: dict[str, np.ndarray], grain: np.ndarray) -> np.ndarray:
    """The shape before its ground, uint8 of shape (M, 3, SIZE, SIZE)."""
    t = traits
    ground = _colour(t["ground_hue"], t["ground_colour"], t["light"])[..., None, None]
    shape = _colour(t["shape_hue"], t["shape_colour"], _other_light(t))[..., None, None]
    across = (np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2) / SIZE
    ground = ground + t["fall"][:, None, None, None] * across
    cover = cover[:, None]
    picture = ground + cover * (shape - ground) + GRAIN * (grain / np.float32(255) - 0.5)
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def _other_light(traits: dict[str, np.ndarray]) -> np.ndarray:
    """The shape's light: any in the bounds that differs enough from the ground's."""
    low, high = TRAITS["light"]
    darker = np.maximum(traits["light"] - LEAST_CONTRAST - low, 0)
    lighter = np.maximum(high - LEAST_CONTRAST - traits["light"], 0)
    chosen = traits["contrast"] * (darker + lighter)
    return np.where(
        chosen < darker, low + chosen, traits["light"] + LEAST_CONTRAST + (chosen - darker)
    )


def _colour(hue: np.ndarray, strength: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Red, green and blue, (M, 3), of a hue (0 red, 2 green, 4 blue), strong or nearly grey."""
    pure = [np.clip(np.abs((hue + turn) % 6 - 3) - 1, 0, 1) for turn in (0, 4, 2)]
    own_light = 0.3 * pure[0] + 0.59 * pure[1] + 0.11 * pure[2]
    return np.clip(np.stack([light + strength * (part - own_light) for part in pure], axis=1), 0, 1)
