"""Several digits in one picture: canvases with boxes for detection, strips with strings to read.

Both are put together from pictures of single digits, ours or MNIST's (use training digits for
pictures to learn from, test digits for those to be tested on). Canvases with boxes are the toy
detection task of many courses; strips follow I. Goodfellow et al., "Multi-digit number recognition
from Street View imagery using deep convolutional neural networks" (2014), in miniature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygen.data.glyphs import CHANCES, DIGITS, HAND, SIZE, TRAITS, write
from tinygen.data.sets import ImageSet
from tinygen.data.strokes import random_bytes, require_amounts, uniform

__all__ = [
    "Canvases",
    "Strips",
    "boxes_in",
    "draw_canvases",
    "draw_strips",
    "make_canvases",
    "make_strips",
    "place_on_canvases",
    "write_in_strips",
]

CANVAS = 64
"""Height and width of a canvas."""

FEWEST_ON_CANVAS, MOST_ON_CANVAS = 1, 4

MOST_OVERLAP = 0.05
"""Of two boxes on a canvas: their intersection over their union."""

TRIES = 30
"""Places that are tried for a digit; where none is free enough the digit is left out."""

SCALES = (0.7, 1.3)
"""By what factor digits of one size are made smaller or larger for the set of canvases."""

CANVAS_TRAITS = {**TRAITS, "height": (12.0, 24.0), "right": (0.0, 0.0), "down": (0.0, 0.0)}
"""Drawn digits on canvases are of all sizes. Their places are found afterwards."""

PATCH = 32
"""Height and width of the pictures from which they are cut."""

STRIP_HEIGHT, STRIP_WIDTH = SIZE, 6 * SIZE

MOST_IN_STRIP = 6

LENGTHS = (3, MOST_IN_STRIP)
"""How many digits there are in a strip, from and to."""

LENGTHS_IN_SET = (1, 5)
"""The same for the set of strips, as I. Goodfellow et al. (2014) read house numbers."""

WIDEST_GAP = 8

WIDEST_IN_STRIP = (STRIP_WIDTH - (MOST_IN_STRIP - 1) * WIDEST_GAP) // MOST_IN_STRIP
"""Six digits of this width with the widest gaps just fit into a strip."""

STRIP_TRAITS = {**TRAITS, "widest": (16.0, 16.0), "down": (-1.5, 1.5)}
"""Of the lines of a drawn digit; its ink reaches two pixels further on either side."""

ONE_HAND = 0.75
"""How much of what varies is the same for all digits of a strip."""


@dataclass(frozen=True, eq=False)
class Canvases:
    """Pictures with several digits, and where these are.

    Attributes
    ----------
    images : uint8 array of shape (N, 64, 64)
    boxes : tuple of float32 arrays of shape (digits of this canvas, 4)
        Around the ink, tight: x1, y1, x2, y2 in pixels, measured from the upper left corner of the
        picture. The ink fills columns x1 to x2 - 1 and rows y1 to y2 - 1.
    labels : tuple of int64 arrays of shape (digits of this canvas,)
        Which digit is in each box.
    """

    images: np.ndarray
    boxes: tuple[np.ndarray, ...]
    labels: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Strips:
    """Lines of digits and what is written in them.

    Attributes
    ----------
    images : uint8 array of shape (N, 28, 168)
    texts : tuple of str
        The digits from left to right.
    spans : tuple of int64 arrays of shape (digits of this strip, 2)
        The first column of each digit's ink, and the first after it.
    """

    images: np.ndarray
    texts: tuple[str, ...]
    spans: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.images)


# ---- canvases ----------------------------------------------------------------------------------


def make_canvases(
    digits: ImageSet, n_train: int = 10_000, n_test: int = 1_000, seed: int = 0
) -> ImageSet:
    """Canvases to learn from and to be tested on, with boxes as labels.

    Parameters
    ----------
    digits : ImageSet
        Grey pictures of digits of one size on a ground of zeros, such as MNIST. Made smaller or
        larger by a factor from 0.7 to 1.3, its training pictures are placed on the training
        canvases and its test pictures on the test canvases.
    n_train, n_test : int
    seed : int
        At least 0.

    Returns
    -------
    ImageSet
        Pictures of 64 x 64, and labels of shape (N, 4, 5): for each digit x1, y1, x2, y2 in pixels
        and what it is, then rows of 0 with the class -1 (see :class:`Canvases`).

    Raises
    ------
    ValueError
        If a number is negative, or the pictures do not fit.
    """
    require_amounts("make_canvases", n_train=n_train, n_test=n_test, seed=seed)
    learned, tested = (
        place_on_canvases(pictures, classes, count, own, SCALES)
        for pictures, classes, count, own in (
            (digits.train_images, digits.train_labels, n_train, 2 * seed),
            (digits.test_images, digits.test_labels, n_test, 2 * seed + 1),
        )
    )
    return ImageSet(
        learned.images,
        _in_rows(learned),
        tested.images,
        _in_rows(tested),
        name=f"Canvases of {digits.name}",
        is_real=digits.is_real,
        classes=digits.classes,
    )


def boxes_in(labels: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The boxes that labels of :func:`make_canvases` hold, without the rows that hold none.

    Parameters
    ----------
    labels : int64 array of shape (N, K, 5)

    Returns
    -------
    boxes : list of N float32 arrays of shape (M, 4)
        x1, y1, x2, y2 in pixels; M is up to K.
    classes : list of N int64 arrays of shape (M,)
    """
    held = [rows[rows[:, 4] >= 0] for rows in labels]
    return [rows[:, :4].astype(np.float32) for rows in held], [rows[:, 4] for rows in held]


def _in_rows(canvases: Canvases) -> np.ndarray:
    """Boxes and labels of each canvas as rows of one array, (N, 4, 5)."""
    rows = np.zeros((len(canvases), MOST_ON_CANVAS, 5), np.int64)
    rows[:, :, 4] = -1
    for own, boxes, labels in zip(rows, canvases.boxes, canvases.labels, strict=True):
        own[: len(boxes), :4], own[: len(boxes), 4] = boxes, labels
    return rows


def draw_canvases(n: int, seed: int) -> Canvases:
    """Draw canvases with one to four digits; the first ones do not depend on ``n``.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        At least 0.

    Returns
    -------
    Canvases
        With drawn digits of all sizes.

    Raises
    ------
    ValueError
        If a number is negative.
    """
    require_amounts("draw_canvases", n=n, seed=seed)
    used = _used(n, seed, FEWEST_ON_CANVAS, MOST_ON_CANVAS)
    chance = uniform(seed, 2, (n, MOST_ON_CANVAS, 1 + CHANCES))[used]
    grain = random_bytes(seed, 3, (n, MOST_ON_CANVAS, PATCH, PATCH))[used]
    labels = (chance[:, 0] * len(DIGITS)).astype(np.int64)
    pictures = write(DIGITS, labels, chance[:, 1:], grain, CANVAS_TRAITS)
    return _canvases(pictures, labels, used, seed)


def place_on_canvases(
    images: np.ndarray,
    labels: np.ndarray,
    n: int,
    seed: int,
    scales: tuple[float, float] | None = None,
) -> Canvases:
    """Place digits of your own, MNIST's for example, on canvases, one to four on each.

    Parameters
    ----------
    images : uint8 array of shape (N, H, W)
        One digit each, on a ground of zeros.
    labels : int64 array of shape (N,)
    n : int
        How many canvases.
    seed : int
        At least 0.
    scales : tuple of two float, optional
        The bounds between which lies the factor by which each digit is made smaller or larger,
        without its picture: what would reach beyond that is lost.

    Returns
    -------
    Canvases
        Each digit on them equally likely to be any of the pictures.

    Raises
    ------
    ValueError
        If a number is negative, or a picture is empty or has ink that does not fit on a canvas.
    """
    require_amounts("place_on_canvases", n=n, seed=seed)
    used = _used(n, seed, FEWEST_ON_CANVAS, MOST_ON_CANVAS)
    picked = _picked(images, labels, uniform(seed, 2, used.shape)[used])
    pictures = images[picked]
    if scales is not None:
        smallest, largest = scales
        factors = smallest + (largest - smallest) * uniform(seed, 4, used.shape)[used]
        pictures = _resized(pictures, factors)
    return _canvases(pictures, labels[picked], used, seed)


def _resized(images: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Each picture, (M, H, W) of bytes, larger or smaller about its middle, bilinearly."""
    rows, columns = (_shares(size, factors) for size in images.shape[1:])
    floats = rows @ images.astype(np.float32) @ columns.transpose(0, 2, 1)
    resized: np.ndarray = np.rint(floats).astype(np.uint8)
    return resized


def _shares(size: int, factors: np.ndarray) -> np.ndarray:
    """How much of each old pixel is in each new one along an axis, (M, new, old)."""
    middle = (size - 1) / 2
    places = (np.arange(size) - middle) / factors[:, None] + middle
    shares = np.maximum(0, 1 - np.abs(places[:, :, None] - np.arange(size)))
    return shares.astype(np.float32)


def _canvases(pictures: np.ndarray, labels: np.ndarray, used: np.ndarray, seed: int) -> Canvases:
    """Canvases whose digits are given one after the other, those of the first canvas first."""
    frames = _frames(pictures, CANVAS, CANVAS)
    sizes = np.zeros((*used.shape, 2), np.int64)
    sizes[used] = frames[:, 2:] - frames[:, :2]
    places = uniform(seed, 1, (*used.shape, TRIES, 2))
    corners, placed = _free_places(sizes, places)
    placed &= used

    images = np.zeros((len(used), CANVAS, CANVAS), np.uint8)
    of_slot = np.full(used.shape, -1)
    of_slot[used] = np.arange(len(pictures))
    for canvas, slot in np.argwhere(placed):
        number = of_slot[canvas, slot]
        left, top, right, bottom = frames[number]
        x, y = corners[canvas, slot]
        paper = images[canvas, y : y + bottom - top, x : x + right - left]
        np.maximum(paper, pictures[number, top:bottom, left:right], out=paper)
    boxes = np.concatenate([corners, corners + sizes], axis=2).astype(np.float32)
    return Canvases(
        images,
        tuple(own[kept] for own, kept in zip(boxes, placed, strict=True)),
        tuple(labels[own[kept]] for own, kept in zip(of_slot, placed, strict=True)),
    )


def _free_places(sizes: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For one slot after the other the first place tried that is free enough.

    Parameters
    ----------
    sizes : int64 array of shape (n, slots, 2)
        Width and height of each digit.
    places : float64 array of shape (n, slots, TRIES, 2)
        Uniform in [0, 1).

    Returns
    -------
    corners : int64 array of shape (n, slots, 2)
        The left column and the upper row of each digit.
    placed : bool array of shape (n, slots)
        Whether one of the places was free enough.
    """
    tried = (places * (CANVAS + 1 - sizes[:, :, None])).astype(np.int64)
    corners = np.zeros_like(sizes)
    placed = np.zeros(sizes.shape[:2], bool)
    for slot in range(sizes.shape[1]):
        candidates = tried[:, slot]
        free = np.ones(candidates.shape[:2], bool)
        for earlier in range(slot):
            overlap = _overlap(
                candidates, sizes[:, slot, None], corners[:, earlier, None], sizes[:, earlier, None]
            )
            free &= (overlap <= MOST_OVERLAP) | ~placed[:, earlier, None]
        first = free.argmax(axis=1)
        corners[:, slot] = np.take_along_axis(candidates, first[:, None, None], axis=1)[:, 0]
        placed[:, slot] = free.any(axis=1)
    return corners, placed


def _overlap(
    corners: np.ndarray, sizes: np.ndarray, others: np.ndarray, other_sizes: np.ndarray
) -> np.ndarray:
    """Intersection over union of boxes, over the last axis; 0 where both are empty."""
    begin = np.maximum(corners, others)
    end = np.minimum(corners + sizes, others + other_sizes)
    inner = np.maximum(end - begin, 0)
    intersection = inner[..., 0] * inner[..., 1]
    union = sizes[..., 0] * sizes[..., 1] + other_sizes[..., 0] * other_sizes[..., 1] - intersection
    return intersection / np.maximum(union, 1)


# ---- strips ------------------------------------------------------------------------------------


def make_strips(
    digits: ImageSet | None = None, n_train: int = 20_000, n_test: int = 1_000, seed: int = 0
) -> ImageSet:
    """Strips of one to five digits to learn from and to be tested on, with texts as labels.

    Parameters
    ----------
    digits : ImageSet, optional
        Grey pictures of digits, such as MNIST: its training pictures are written in the training
        strips and its test pictures in the test strips (see :func:`write_in_strips`). Without it
        the digits are drawn.
    n_train, n_test : int
    seed : int
        At least 0.

    Returns
    -------
    ImageSet
        Pictures of 28 x 168, and labels of shape (N, 5): the digits from left to right, then -1.

    Raises
    ------
    ValueError
        If a number is negative, or the pictures do not fit.
    """
    require_amounts("make_strips", n_train=n_train, n_test=n_test, seed=seed)
    if digits is None:
        learned = draw_strips(n_train, 2 * seed, LENGTHS_IN_SET)
        tested = draw_strips(n_test, 2 * seed + 1, LENGTHS_IN_SET)
    else:
        learned, tested = (
            write_in_strips(images, labels, count, own, LENGTHS_IN_SET)
            for images, labels, count, own in (
                (digits.train_images, digits.train_labels, n_train, 2 * seed),
                (digits.test_images, digits.test_labels, n_test, 2 * seed + 1),
            )
        )
    return ImageSet(
        learned.images,
        _in_columns(learned.texts),
        tested.images,
        _in_columns(tested.texts),
        name=f"Strips of {digits.name}" if digits else "Strips of drawn digits",
        is_real=digits is not None and digits.is_real,
    )


def _in_columns(texts: tuple[str, ...]) -> np.ndarray:
    """Texts as rows of digits, (N, 5), with -1 behind each."""
    labels = np.full((len(texts), LENGTHS_IN_SET[1]), -1)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = list(map(int, text))
    return labels


def draw_strips(n: int, seed: int, lengths: tuple[int, int] = LENGTHS) -> Strips:
    """Draw strips of some digits in one hand; the first ones do not depend on ``n``.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        At least 0.
    lengths : tuple of two int
        How many digits are in a strip, from and to; between 1 and 6.

    Returns
    -------
    Strips

    Raises
    ------
    ValueError
        If a number is negative, or so many digits do not fit.
    """
    require_amounts("draw_strips", n=n, seed=seed)
    used = _used(n, seed, *_checked("draw_strips", lengths))
    chance = uniform(seed, 2, (*used.shape, 1 + CHANCES))
    hand = uniform(seed, 4, (n, 1, len(HAND)))
    columns = [1 + list(TRAITS).index(name) for name in HAND]
    chance[..., columns] += ONE_HAND * (hand - chance[..., columns])
    grain = random_bytes(seed, 3, (*used.shape, SIZE, SIZE))[used]
    labels = (chance[used][:, 0] * len(DIGITS)).astype(np.int64)
    pictures = write(DIGITS, labels, chance[used][:, 1:], grain, STRIP_TRAITS)
    return _strips(pictures, labels, used, seed)


def write_in_strips(
    images: np.ndarray,
    labels: np.ndarray,
    n: int,
    seed: int,
    lengths: tuple[int, int] = LENGTHS,
) -> Strips:
    """Put digits of your own, MNIST's for example, side by side in strips.

    Parameters
    ----------
    images : uint8 array of shape (N, 28, W)
        One digit each, on a ground of zeros, its ink at most 21 columns wide.
    labels : int64 array of shape (N,)
        Between 0 and 9.
    n : int
        How many strips.
    seed : int
        At least 0.
    lengths : tuple of two int
        How many digits are in a strip, from and to; between 1 and 6.

    Returns
    -------
    Strips
        Each digit in them equally likely to be any of the pictures.

    Raises
    ------
    ValueError
        If a number is negative, or so many digits do not fit, or a picture is empty or has ink
        that is too wide.
    """
    require_amounts("write_in_strips", n=n, seed=seed)
    used = _used(n, seed, *_checked("write_in_strips", lengths))
    picked = _picked(images, labels, uniform(seed, 2, used.shape)[used])
    return _strips(images[picked], labels[picked], used, seed)


def _checked(name: str, lengths: tuple[int, int]) -> tuple[int, int]:
    fewest, most = lengths
    if not 1 <= fewest <= most <= MOST_IN_STRIP:
        raise ValueError(
            f"{name}: lengths are the fewest and the most digits of a strip, between 1 and "
            f"{MOST_IN_STRIP}, got {lengths}"
        )
    return fewest, most


def _strips(pictures: np.ndarray, labels: np.ndarray, used: np.ndarray, seed: int) -> Strips:
    """Strips whose digits are given one after the other, those of the first strip first."""
    frames = _frames(pictures, STRIP_HEIGHT, WIDEST_IN_STRIP)
    widths = np.zeros(used.shape, np.int64)
    widths[used] = frames[:, 2] - frames[:, 0]
    chance = uniform(seed, 1, (len(used), 1 + used.shape[1]))
    gaps = (chance[:, 1:] * (WIDEST_GAP + 1)).astype(np.int64) * used
    gaps[:, 0] = 0
    ends = np.cumsum(gaps + widths, axis=1)
    first = (chance[:, :1] * (STRIP_WIDTH + 1 - ends[:, -1:])).astype(np.int64)
    spans = np.stack([ends - widths, ends], axis=2) + first[:, :, None]

    images = np.zeros((len(used), STRIP_HEIGHT, STRIP_WIDTH), np.uint8)
    strips = np.nonzero(used)[0]
    for number, (strip, (begin, end)) in enumerate(zip(strips, spans[used], strict=True)):
        left, right = frames[number, [0, 2]]
        images[strip, :, begin:end] = pictures[number, :, left:right]
    letters = np.zeros(used.shape, np.int64)
    letters[used] = labels
    return Strips(
        images,
        tuple("".join(map(str, own[kept])) for own, kept in zip(letters, used, strict=True)),
        tuple(own[kept] for own, kept in zip(spans, used, strict=True)),
    )


# ---- for both ----------------------------------------------------------------------------------


def _used(n: int, seed: int, fewest: int, most: int) -> np.ndarray:
    """Which of the places for digits are taken in each picture, bool of shape (n, most)."""
    amount = fewest + (uniform(seed, 0, (n, 1)) * (most + 1 - fewest)).astype(np.int64)
    used: np.ndarray = np.arange(most) < amount
    return used


def _picked(images: np.ndarray, labels: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Which of the pictures to take, after a look whether they can be taken."""
    if images.ndim != 3 or labels.shape != images.shape[:1] or not len(images):
        raise ValueError(
            "images must be grey, of shape (N, H, W) with N at least 1, and labels of shape (N,); "
            f"got {images.shape} and {labels.shape}"
        )
    return (chance * len(images)).astype(np.int64)


def _frames(pictures: np.ndarray, highest: int, widest: int) -> np.ndarray:
    """The tight box of each picture's ink: left, top, right, bottom, of shape (M, 4).

    The last two are the first column and row after the ink.
    """
    height, width = pictures.shape[1:]
    columns = np.asarray(pictures.any(axis=1))
    rows = np.asarray(pictures.any(axis=2))
    if not columns.any(axis=1).all():
        raise ValueError("a picture of a digit has no ink: all its pixels are 0")
    left, top = columns.argmax(axis=1), rows.argmax(axis=1)
    right = width - columns[:, ::-1].argmax(axis=1)
    bottom = height - rows[:, ::-1].argmax(axis=1)
    frames = np.stack([left, top, right, bottom], axis=1)
    sizes = frames[:, 2:] - frames[:, :2]
    too_large = np.flatnonzero((sizes > (widest, highest)).any(axis=1))
    if too_large.size:
        w, h = sizes[too_large[0]]
        raise ValueError(
            f"the ink of a picture is {w} wide and {h} high, and there is room for {widest} x "
            f"{highest} only. Shrink the pictures; if their ground is not 0 throughout, make it so"
        )
    return frames
