"""Digits and capital letters as many hands write them, drawn by our own pen.

A character has several forms. Each picture takes one of them, moves its points a little, runs
smooth strokes through them, bends the whole like a rubber sheet, stretches, slants and turns it,
and draws it with a pen of its own thickness that presses more at one end of a stroke than at the
other. There are no fonts and no files: see :mod:`tinygen.data.strokes` for why a seed means the
same pictures everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tinygen.data.sets import ImageSet
from tinygen.data.strokes import (
    Form,
    bend,
    curve,
    form,
    ink,
    pieces_of,
    random_bytes,
    require_amounts,
    scaled,
    uniform,
)

__all__ = [
    "CHANCES",
    "CHARACTERS",
    "DIGITS",
    "HAND",
    "SIZE",
    "TRAITS",
    "draw_glyphs",
    "make_glyphs",
    "synthetic_digits",
    "write",
]

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHARACTERS = DIGITS + LETTERS

SIZE = 28

AT_ONCE = 32
"""Pictures drawn together: their distances should stay in the processor's cache."""

FORMS: Mapping[str, tuple[str, ...]] = {
    "0": (
        "50,0 20,13 6,50 20,87 50,100 80,87 94,50 80,13 50,0",
        "66,4 28,8 6,46 20,90 54,100 86,82 94,40 78,8 44,2",
    ),
    "1": (
        "50,0 50,50 50,100",
        "24,24 52,0 / 52,0 52,50 52,100",
        "24,24 52,0 / 52,0 52,50 52,100 / 22,100 82,100",
    ),
    "2": (
        "10,25 40,0 80,12 78,42 45,70 8,100 / 8,100 92,98",
        "12,22 45,0 78,18 66,55 30,96 8,88 26,74 55,92 95,90",
        "14,14 50,0 82,20 70,52 12,98 / 12,98 60,94 92,100",
    ),
    "3": (
        "10,12 45,0 80,17 68,40 36,48 / 36,48 78,58 86,82 48,100 6,88",
        "12,3 82,3 / 82,3 42,42 / 42,42 80,54 84,84 45,100 6,90",
        "12,16 50,0 78,22 46,46 / 46,46 90,70 56,100 8,84",
    ),
    "4": (
        "20,4 8,56 / 8,56 92,52 / 76,0 70,50 68,100",
        "66,0 5,66 / 5,66 95,66 / 66,0 66,50 66,100",
        "24,0 8,60 / 8,60 94,60 / 68,30 66,100",
    ),
    "5": (
        "86,2 26,2 / 26,2 18,46 / 18,46 58,38 88,62 72,93 36,100 5,88",
        "24,0 16,44 / 16,44 64,36 90,66 64,96 8,94 / 24,4 90,0",
    ),
    "6": (
        "74,0 34,24 12,64 26,94 60,100 86,76 64,54 32,60 14,80",
        "56,0 22,40 14,78 42,100 80,88 76,60 44,52 16,72",
    ),
    "7": (
        "6,6 90,3 / 90,3 56,46 38,100",
        "6,6 90,3 / 90,3 56,46 38,100 / 22,52 84,48",
        "8,18 10,2 / 10,2 88,4 / 88,4 60,50 52,100",
    ),
    "8": (
        "52,0 20,20 48,46 84,76 50,100 14,76 52,46 82,20 52,0",
        "50,0 22,22 50,45 78,22 50,0 / 50,45 14,74 50,100 86,74 50,45",
        "78,12 44,0 20,22 50,46 86,76 50,100 14,78 52,44 82,16",
    ),
    "9": (
        "84,14 48,0 14,22 32,48 68,42 84,14 / 84,14 78,58 66,100",
        "84,16 50,0 16,22 34,48 70,40 84,16 / 84,16 86,60 62,96 16,94",
        "82,20 50,0 14,24 40,50 76,38 82,20 / 82,20 80,100",
    ),
    "A": (
        "4,100 50,0 / 50,0 96,100 / 22,64 78,64",
        "6,100 14,44 50,0 86,44 94,100 / 10,62 90,62",
        "2,98 48,2 / 48,2 62,44 90,100 / 14,70 84,56",
    ),
    "B": (
        "14,0 14,48 14,100 / 14,0 60,2 82,23 58,44 14,48 / 14,48 68,52 92,76 62,98 14,100",
        "20,4 16,100 / 4,10 52,0 84,20 54,44 34,47 / 34,47 86,56 90,84 50,100 6,96",
    ),
    "C": (
        "90,18 56,0 18,18 6,52 20,86 58,100 92,82",
        "84,10 40,2 8,44 28,92 90,90",
        "82,26 84,6 / 84,6 46,0 8,46 36,98 92,84",
    ),
    "D": (
        "14,0 14,50 14,100 / 14,0 62,6 92,50 62,94 14,100",
        "22,2 20,98 / 2,5 58,2 96,46 68,92 6,98",
    ),
    "E": (
        "12,0 12,50 12,100 / 12,0 88,0 / 12,50 74,50 / 12,100 90,100",
        "86,14 50,0 18,20 50,46 / 50,46 8,66 14,92 56,100 92,84",
        "88,4 14,0 / 14,0 16,50 10,98 / 10,98 94,94 / 16,48 76,44",
    ),
    "F": (
        "14,0 14,46 14,100 / 14,0 92,0 / 14,46 76,46",
        "30,4 28,54 22,100 / 4,8 44,4 96,0 / 10,54 74,48",
    ),
    "G": (
        "88,16 54,0 14,18 6,56 24,92 60,100 88,84 / 88,84 90,56 / 90,56 54,56",
        "86,14 44,0 8,45 26,94 66,94 86,58 / 50,58 86,58 / 86,58 88,104",
    ),
    "H": (
        "12,0 12,50 12,100 / 88,0 88,50 88,100 / 12,50 88,50",
        "18,0 10,100 / 92,0 84,100 / 4,56 94,44",
    ),
    "I": (
        "50,0 50,50 50,100 / 22,0 78,0 / 22,100 78,100",
        "52,2 48,98 / 18,4 84,0 / 14,100 80,96",
    ),
    "J": (
        "76,0 76,70 56,98 26,94 10,72",
        "36,0 100,0 / 70,0 70,72 48,100 10,82",
    ),
    "K": (
        "14,0 14,100 / 86,2 14,60 / 38,42 90,100",
        "16,0 12,100 / 88,0 20,52 / 20,52 60,62 94,100",
    ),
    "L": (
        "14,0 14,100 / 14,100 88,100",
        "26,0 18,60 20,92 46,100 92,92",
        "30,2 12,98 / 12,98 60,94 90,100",
    ),
    "M": (
        "4,100 10,0 / 10,0 50,66 / 50,66 90,0 / 90,0 96,100",
        "-4,100 20,0 / 20,0 50,90 / 50,90 80,0 / 80,0 104,100",
        "2,100 8,40 22,0 / 22,0 38,40 48,84 / 48,84 62,36 82,0 / 82,0 94,50 98,100",
    ),
    "N": (
        "12,100 12,0 / 12,0 88,100 / 88,100 88,0",
        "8,100 20,2 / 20,2 80,98 / 80,98 92,0",
    ),
    "O": (
        "50,0 16,14 0,50 16,86 50,100 84,86 100,50 84,14 50,0",
        "34,6 2,36 8,80 48,100 92,80 98,34 60,0 26,12",
    ),
    "P": (
        "14,0 14,54 14,100 / 14,0 64,2 88,27 62,52 14,54",
        "22,4 20,100 / 4,14 50,0 90,24 64,52 22,54",
    ),
    "Q": (
        "48,0 14,14 0,48 14,80 48,94 82,80 96,48 82,14 48,0 / 56,66 98,104",
        "34,4 2,34 8,76 48,94 92,74 96,32 60,0 26,10 / 46,74 66,80 102,104",
    ),
    "R": (
        "14,0 14,52 14,100 / 14,0 64,2 86,25 62,48 14,52 / 44,50 92,100",
        "22,4 18,100 / 4,14 50,0 88,22 64,46 22,52 / 22,52 62,64 96,98",
    ),
    "S": (
        "86,14 52,0 18,14 26,40 70,56 88,80 54,100 10,88",
        "80,8 40,2 16,24 50,48 84,70 62,98 8,92",
    ),
    "T": (
        "50,0 50,50 50,100 / 6,0 94,0",
        "48,4 44,100 / 0,6 100,0",
    ),
    "U": (
        "10,0 10,60 24,90 50,100 76,90 90,60 90,0",
        "12,0 10,62 40,98 88,64 / 90,0 88,64 94,100",
    ),
    "V": (
        "6,0 50,100 / 50,100 94,0",
        "4,4 46,100 / 46,100 82,10 94,4",
    ),
    "W": (
        "-4,0 24,100 / 24,100 50,20 / 50,20 76,100 / 76,100 104,0",
        "0,2 8,82 30,96 50,36 / 50,36 66,96 90,84 100,2",
    ),
    "X": (
        "8,0 92,100 / 92,0 8,100",
        "4,4 40,34 64,72 98,96 / 92,2 58,34 38,70 6,98",
    ),
    "Y": (
        "8,0 50,50 / 92,0 50,50 / 50,50 50,100",
        "10,2 48,52 / 94,0 48,52 22,100",
    ),
    "Z": (
        "10,0 90,0 / 90,0 10,100 / 10,100 92,100 / 26,50 74,50",
        "10,10 48,2 90,6 / 90,6 10,96 / 10,96 58,100 94,92 / 28,54 76,46",
    ),
}
"""How each character may be written: see :func:`tinygen.data.strokes.form`."""

BESIDE_LETTERS: Mapping[str, tuple[str, ...]] = {
    "0": tuple(f"{plain} / 92,2 8,98" for plain in FORMS["0"]),
    "1": FORMS["1"][1:],
}
"""Digits that a letter could be taken for: a zero gets a slash, a one more than a bare bar."""

TRAITS: Mapping[str, tuple[float, float]] = {
    "form": (0.0, 1.0),  # which of the character's
    "slant": (-0.25, 0.5),  # how far the top leans to the right, in heights
    "turn": (-0.1, 0.1),  # the tangent of half the angle
    "width": (0.65, 1.1),  # in heights
    "height": (15.0, 21.0),  # of the finished character, in pixels, unless it gets too wide
    "widest": (22.0, 22.0),
    "right": (-2.5, 2.5),  # the place of its middle, from the picture's middle
    "down": (-2.5, 2.5),
    "radius": (0.7, 1.6),  # of the pen
    "first": (0.75, 1.2),  # the radius where a stroke begins, in those of the pen
    "last": (0.6, 1.1),  # and where it ends
    "ink": (0.8, 1.0),  # how strong it is
}
"""What varies from picture to picture, and between which bounds."""

HAND = ("form", "slant", "turn", "width", "height", "radius", "first", "last", "ink")
"""The traits that are much the same in all that one person writes at a time."""

UNSTEADY = 0.045
"""How far the hand misses a point, either way, in heights."""

RUBBER = 0.12
"""How far a knot of the rubber sheet is pulled, either way."""

GRAIN = 0.2
"""How uneven the ink is."""


def make_glyphs(
    n_train: int = 12_000, n_test: int = 2_000, seed: int = 0, characters: str = CHARACTERS
) -> ImageSet:
    """Written characters, 28 x 28, to learn from and to be tested on.

    Parameters
    ----------
    n_train, n_test : int
    seed : int
        At least 0.
    characters : str
        See :func:`draw_glyphs`. With ``DIGITS`` the set can stand in for MNIST.

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        If a number is negative, or a character cannot be drawn or is named twice.
    """
    require_amounts("make_glyphs", n_train=n_train, n_test=n_test, seed=seed)
    images, labels = draw_glyphs(n_train + n_test, seed, characters)
    return ImageSet(
        images[:n_train],
        labels[:n_train],
        images[n_train:],
        labels[n_train:],
        name="Drawn digits" if characters == DIGITS else "Glyphs",
        is_real=False,
        classes=tuple(characters),
    )


def draw_glyphs(n: int, seed: int, characters: str = CHARACTERS) -> tuple[np.ndarray, np.ndarray]:
    """Draw pictures of characters; the first ones of a seed are the same whatever ``n`` is.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        At least 0.
    characters : str
        Which may be drawn, each equally likely: digits and capital letters. Where letters are
        among them, a zero has a slash and a one is more than a bar.

    Returns
    -------
    images : uint8 array of shape (n, 28, 28)
        Light ink on a dark ground, as in MNIST.
    labels : int64 array of shape (n,)
        Positions in ``characters``.

    Raises
    ------
    ValueError
        If a number is negative, or a character cannot be drawn or is named twice.
    """
    require_amounts("draw_glyphs", n=n, seed=seed)
    chance = uniform(seed, 0, (n, 1 + CHANCES))
    grain = random_bytes(seed, 1, (n, SIZE, SIZE))
    labels = (chance[:, 0] * len(characters)).astype(np.int64)
    return write(characters, labels, chance[:, 1:], grain), labels


def synthetic_digits(n_train: int = 12_000, n_test: int = 2_000, seed: int = 0) -> ImageSet:
    """Drawn digits in the place of MNIST: :func:`make_glyphs` without the letters.

    Parameters
    ----------
    n_train, n_test : int
    seed : int
        At least 0.

    Returns
    -------
    ImageSet
    """
    return make_glyphs(n_train, n_test, seed, DIGITS)


def write(
    characters: str,
    labels: np.ndarray,
    chance: np.ndarray,
    grain: np.ndarray,
    traits: Mapping[str, tuple[float, float]] = TRAITS,
) -> np.ndarray:
    """Write one character in each picture.

    Parameters
    ----------
    characters : str
    labels : int64 array of shape (N,)
        Positions in ``characters``.
    chance : float64 array of shape (N, CHANCES)
        All that varies, uniform in [0, 1); the first columns are those of ``traits``.
    grain : uint8 array of shape (N, size, size)
        The unevenness of the ink.
    traits : mapping of name to (low, high)

    Returns
    -------
    uint8 array of shape (N, size, size)
    """
    values = scaled(chance, traits)
    trembling, knots = np.split(2 * chance[:, len(TRAITS) :] - 1, [2 * MOST_POINTS], axis=1)
    misses = UNSTEADY * trembling.reshape(-1, MOST_POINTS, 2)
    lattice = RUBBER * knots.reshape(-1, 4, 4, 2)

    size = grain.shape[-1]
    pictures = np.empty((len(labels), size, size), np.float32)
    for shape, chosen in _by_form(_forms_of(characters), labels, values["form"]):
        own = {name: column[chosen] for name, column in values.items()}
        points = np.array(shape.points) + misses[chosen, : len(shape.points)]
        curves = [curve(points, stroke) for stroke in shape.strokes]
        traces = _placed(bend(np.concatenate(curves, axis=1), lattice[chosen]), own, size)
        starts = pieces_of([line.shape[1] for line in curves])
        radii = _radii(curves, own)
        pictures[chosen] = ink(traces[:, starts], traces[:, starts + 1], radii, size)
    pictures *= values["ink"].astype(np.float32)[:, None, None]
    pictures *= 1 - grain * np.float32(GRAIN / 255)
    return np.rint(255 * pictures).astype(np.uint8)


def _forms_of(characters: str) -> list[list[Form]]:
    """The ways to write each of the characters."""
    unknown = [character for character in characters if character not in FORMS]
    if unknown or not characters or len(set(characters)) < len(characters):
        raise ValueError(
            f"the characters to draw must be different ones of {CHARACTERS}, got {characters!r}"
        )
    forms = FORMS if characters.isdigit() else {**FORMS, **BESIDE_LETTERS}
    return [[form(text) for text in forms[character]] for character in characters]


def _by_form(
    forms: list[list[Form]], labels: np.ndarray, which: np.ndarray
) -> Iterator[tuple[Form, np.ndarray]]:
    """Each form with the numbers of the pictures that take it, not too many at a time."""
    for label, own in enumerate(forms):
        for number, shape in enumerate(own):
            takes_it = (labels == label) & ((which * len(own)).astype(np.int64) == number)
            chosen = np.flatnonzero(takes_it)
            for begin in range(0, len(chosen), AT_ONCE):
                yield shape, chosen[begin : begin + AT_ONCE]


def _placed(traces: np.ndarray, traits: dict[str, np.ndarray], size: int) -> np.ndarray:
    """Stretch, slant and turn drawings of the unit square, and fit them into the picture."""
    t = {name: values[:, None] for name, values in traits.items()}
    x, y = (traces[..., 0] - 0.5) * t["width"], traces[..., 1] - 0.5
    x = x - t["slant"] * y
    cosine = (1 - t["turn"] * t["turn"]) / (1 + t["turn"] * t["turn"])
    sine = 2 * t["turn"] / (1 + t["turn"] * t["turn"])
    x, y = cosine * x - sine * y, sine * x + cosine * y
    left, right = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    top, bottom = y.min(axis=1, keepdims=True), y.max(axis=1, keepdims=True)
    scale = np.minimum(t["height"] / (bottom - top), t["widest"] / (right - left))
    centre = (size - 1) / 2
    placed = [
        (x - (left + right) / 2) * scale + t["right"] + centre,
        (y - (top + bottom) / 2) * scale + t["down"] + centre,
    ]
    return np.stack(placed, axis=2).astype(np.float32)


def _radii(curves: list[np.ndarray], traits: dict[str, np.ndarray]) -> np.ndarray:
    """The pen's radius at each piece of each stroke, changing evenly from end to end."""
    first, last = traits["first"][:, None], traits["last"][:, None]
    pressures = []
    for line in curves:
        pieces = line.shape[1] - 1
        pressures.append(first + (last - first) * ((np.arange(pieces) + 0.5) / pieces))
    radii: np.ndarray = traits["radius"][:, None] * np.concatenate(pressures, axis=1)
    return radii.astype(np.float32)


MOST_POINTS = max(
    len(form(text).points)
    for forms in (FORMS, BESIDE_LETTERS)
    for way in forms.values()
    for text in way
)
CHANCES = len(TRAITS) + 2 * MOST_POINTS + 4 * 4 * 2
"""How many numbers one picture's character depends on."""
