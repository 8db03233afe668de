"""Reading lines of digits, and telling whether two pictures show the same.

Lines are read by a network that learned from lines and their texts alone: :func:`recognize`. The
baselines need a classifier of single digits instead, and must find out first where these are:
:func:`read_equal_cuts`, which is even told how many there are, and :func:`read_between_gaps`.

Two pictures are compared by how far apart the vectors are that stand for them: :func:`verify`, with
the vectors of a network that was trained for that, or pixels to compare with.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> len(recognize(create("strip-reader"), tg.rand(3, 1, 28, 100)))
3
>>> from tinygen.tasks.features import pixels
>>> verify(pixels, tg.zeros(2, 1, 4, 4), tg.ones(2, 1, 4, 4))
array([4., 4.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinygen.data import DIGITS
from tinygen.metrics import character_error_rate, equal_error_rate, roc_auc_score
from tinygen.metrics.checks import labels_of
from tinygen.models import Classifier, Model
from tinygen.models.reader import Reader, StripReader
from tinygen.tasks.features import Features, features_of
from tinygen.tensors import Tensor, tensor

__all__ = [
    "Pairs", "ReadingScores", "VerificationScores", "draw_pairs", "read_between_gaps",
    "read_equal_cuts", "reading_scores", "recognize", "texts_in", "verification_scores", "verify",
]  # fmt: skip

INK = 0.2
"""From this brightness on a pixel is ink."""


# ---- reading -----------------------------------------------------------------------------------


def recognize(
    model: Model, strips: Tensor, beam: int | None = None, letters: str = DIGITS
) -> list[str]:
    """Read lines.

    Parameters
    ----------
    model : Reader
        Such as ``tinygen train strip-reader`` or ``strip-cnn`` makes.
    strips : float Tensor of shape (N, channels, height, width)
        From 0 to 1. Of :class:`~tinygen.models.StripReader` the width may be any.
    beam : int, optional
        Look for the most probable text with so many beginnings
        (:func:`~tinygen.models.reader.beam_search`); without it that of the most probable path is
        taken. Only for a model that reads column by column.
    letters : str
        What each class is written as.

    Returns
    -------
    list of N str

    Raises
    ------
    TypeError
        If the model reads no texts, or these are no floats.
    ValueError
        If the model cannot look at the pictures, has no beam, or has more letters.
    """
    if not isinstance(model, Reader):
        raise TypeError(
            f"{type(model).__name__} reads no lines: recognize needs a StripReader or a StripCNN, "
            "which `tinygen train strip-reader` and `tinygen train strip-cnn` make. "
            "read_between_gaps() reads single digits with a classifier"
        )
    if model.classes > len(letters):
        raise ValueError(
            f"this {type(model).__name__} knows {model.classes} letters, and letters= names "
            f"{len(letters)}: give one for each class"
        )
    if beam is None:
        found = model.predict(strips)
    elif isinstance(model, StripReader):
        found = model.search(strips, beam)
    else:
        raise ValueError(
            f"{type(model).__name__} finds the most probable text without a search: leave beam out"
        )
    return _written(found, letters)


def texts_in(labels: np.ndarray, letters: str = DIGITS) -> list[str]:
    """The texts that labels of a set of lines hold.

    Parameters
    ----------
    labels : int array of shape (N, L)
        The classes of the letters from left to right, then -1.
    letters : str
        What each class is written as.

    Returns
    -------
    list of N str
    """
    return _written([[label for label in row if label >= 0] for row in labels.tolist()], letters)


def _written(found: Sequence[Sequence[int]], letters: str) -> list[str]:
    return ["".join(letters[label] for label in text) for text in found]


class ReadingScores(NamedTuple):
    """How well lines were read.

    Attributes
    ----------
    cer : float
        The character error rate: letters to be changed, left out or put in, for each letter.
    accuracy : float
        The share of texts without a mistake.
    """

    cer: float
    accuracy: float


def reading_scores(true: Sequence[str], read: Sequence[str]) -> ReadingScores:
    """Compare what was read with what is written.

    Parameters
    ----------
    true, read : sequence of str

    Returns
    -------
    ReadingScores

    Raises
    ------
    ValueError
        If there are not equally many texts, one at least.
    """
    rate = character_error_rate(list(true), list(read))
    right = sum(one == other for one, other in zip(true, read, strict=True))
    return ReadingScores(rate, right / len(true))


# ---- reading with a classifier of single digits ------------------------------------------------


def read_equal_cuts(
    classifier: Classifier, strips: Tensor, counts: Sequence[int], letters: str = DIGITS
) -> list[str]:
    """Cut the ink of each line into parts of one width and read each: a baseline.

    Parameters
    ----------
    classifier : Classifier
        Of single digits, as high as the lines.
    strips : float Tensor of shape (N, 1, height, width)
        From 0 to 1, light on dark.
    counts : sequence of N int
        How many digits each line has: more than a reader is told.
    letters : str
        What each class is written as.

    Returns
    -------
    list of N str

    Raises
    ------
    ValueError
        If the lines have another height than the classifier's pictures, or counts another length.
    """
    images = _lines(classifier, strips)
    if len(counts) != len(images):
        raise ValueError(f"{len(images)} lines need as many counts, got {len(counts)}")
    return _read_parts(classifier, images, [*map(_equal_parts, images, counts)], strips, letters)


def read_between_gaps(classifier: Classifier, strips: Tensor, letters: str = DIGITS) -> list[str]:
    """Cut each line where a column has no ink and read each part: a better baseline.

    Parameters
    ----------
    classifier : Classifier
        Of single digits, as high as the lines.
    strips : float Tensor of shape (N, 1, height, width)
        From 0 to 1, light on dark.
    letters : str
        What each class is written as.

    Returns
    -------
    list of N str

    Raises
    ------
    ValueError
        If the lines have another height than the classifier's pictures.
    """
    images = _lines(classifier, strips)
    return _read_parts(classifier, images, [*map(_inked_parts, images)], strips, letters)


Part = tuple[int, int]
"""The first column, and the first behind the last."""


def _lines(classifier: Classifier, strips: Tensor) -> np.ndarray:
    """The lines on the host, (N, height, width), if they are as high as the model's digits."""
    channels, height, _ = classifier.picture_shape
    if strips.ndim != 4 or tuple(strips.shape[1:3]) != (1, height) or channels != 1:
        raise ValueError(
            f"a {type(classifier).__name__} for pictures of shape {classifier.picture_shape} reads "
            f"the digits of grey lines that are as high, got lines of shape {tuple(strips.shape)}"
        )
    lines: np.ndarray = strips.detach().cpu().numpy()[:, 0]
    return lines


def _inked_parts(line: np.ndarray) -> list[Part]:
    """Where columns with ink follow each other."""
    has_ink = np.concatenate([[False], (line >= INK).any(axis=0), [False]])
    ends = np.flatnonzero(has_ink[1:] != has_ink[:-1])
    return [(int(begin), int(end)) for begin, end in zip(ends[::2], ends[1::2], strict=True)]


def _equal_parts(line: np.ndarray, count: int) -> list[Part]:
    """The ink from its first column to its last in so many parts of one width."""
    inked = _inked_parts(line)
    if not inked:
        return []
    edges = np.linspace(inked[0][0], inked[-1][1], count + 1).round().astype(int).tolist()
    return list(zip(edges, edges[1:], strict=False))


def _read_parts(
    classifier: Classifier,
    images: np.ndarray,
    parts: Sequence[Sequence[Part]],
    strips: Tensor,
    letters: str,
) -> list[str]:
    """What a classifier reads in the parts of each line."""
    width = classifier.picture_shape[2]
    framed = [
        _framed(line[:, begin:end], width)
        for line, own in zip(images, parts, strict=True)
        for begin, end in own
    ]
    if not framed:
        return [""] * len(images)
    pictures = tensor(np.stack(framed)[:, None], device=strips.device)
    labels = iter(classifier.predict(pictures).tolist())
    return _written([[next(labels) for _ in own] for own in parts], letters)


def _framed(part: np.ndarray, width: int) -> np.ndarray:
    """A part of a line with its centre of mass in the middle of a frame, as digits of MNIST are."""
    frame = np.zeros((len(part), width), np.float32)
    ink = part.sum(axis=0)
    centre = (np.arange(len(ink)) + 0.5) @ ink / max(float(ink.sum()), 1e-6)
    shift = round(width / 2 - centre)
    begin, end = max(0, -shift), min(part.shape[1], width - shift)
    frame[:, begin + shift : end + shift] = part[:, begin:end]
    return frame


# ---- the same or not ---------------------------------------------------------------------------


def verify(features: Model | Features, first: Tensor, second: Tensor) -> np.ndarray:
    """How far apart pictures are, pair by pair: the nearer, the more probably they show the same.

    Parameters
    ----------
    features : Model or Features
        A model that has vectors for pictures, such as :class:`~tinygen.models.Embedder`, whose
        ``threshold`` parts the same from different ones; or any function from pictures to vectors,
        such as :func:`tinygen.tasks.features.pixels`.
    first, second : float Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Returns
    -------
    float64 array of shape (N,)
        The lengths of the differences of the vectors.

    Raises
    ------
    TypeError
        If the model has no vectors, or these are no floats.
    ValueError
        If there are not equally many pictures, or the model cannot look at them.
    """
    if len(first) != len(second):
        raise ValueError(
            f"verify compares pair by pair, got {len(first)} pictures and {len(second)}"
        )
    compute = features_of(features) if isinstance(features, Model) else features
    one, other = (compute(pictures).cpu().numpy() for pictures in (first, second))
    distances: np.ndarray = np.sqrt(np.square(one - other, dtype=np.float64).sum(axis=1))
    return distances


class Pairs(NamedTuple):
    """Pairs of pictures, and whether they show the same.

    Attributes
    ----------
    first, second : int64 arrays of shape (N,)
        Places in the pictures.
    is_same : bool array of shape (N,)
    """

    first: np.ndarray
    second: np.ndarray
    is_same: np.ndarray


def draw_pairs(labels: np.ndarray, count: int, seed: int = 0) -> Pairs:
    """Draw pairs of pictures, half of them of one class, and never a picture with itself.

    Parameters
    ----------
    labels : int array of shape (M,)
        What the pictures show: two classes at least, of two pictures at least each.
    count : int
        How many pairs, 2 at least.
    seed : int
        Of the draw.

    Returns
    -------
    Pairs
        Those of one class first. The first picture of each is equally likely to be any.

    Raises
    ------
    ValueError
        If there are no such classes, or fewer than two pairs are wanted.
    """
    labels = labels_of(labels, "labels")
    classes, kinds, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2 or sizes.min() < 2 or count < 2:
        raise ValueError(
            f"draw_pairs needs two classes of two pictures each and two pairs, got {count} pairs "
            f"of {len(labels)} pictures in {len(classes)} classes"
        )
    chance = np.random.default_rng(seed)
    by_class = np.argsort(kinds, kind="stable")  # the pictures, those of one class together
    place = np.empty_like(by_class)
    place[by_class] = np.arange(len(labels))
    begins = np.cumsum(sizes) - sizes
    first = chance.integers(len(labels), size=count)
    is_same = np.arange(count) < (count + 1) // 2
    begin, size = begins[kinds[first]], sizes[kinds[first]]
    another = begin + (place[first] - begin + 1 + chance.integers(size - 1)) % size
    other = (begin + size + chance.integers(len(labels) - size)) % len(labels)
    return Pairs(first, by_class[np.where(is_same, another, other)], is_same)


class VerificationScores(NamedTuple):
    """How well distances tell the same from different ones.

    Attributes
    ----------
    auroc : float
        The probability that a pair of the same is nearer than a pair of different ones.
    eer : float
        The equal error rate, :func:`tinygen.metrics.equal_error_rate`.
    """

    auroc: float
    eer: float


def verification_scores(distances: np.ndarray, is_same: np.ndarray) -> VerificationScores:
    """Compare distances with what is true.

    Parameters
    ----------
    distances : array of shape (N,)
    is_same : bool array of shape (N,)

    Returns
    -------
    VerificationScores
    """
    return VerificationScores(
        roc_auc_score(is_same, -np.asarray(distances)),
        equal_error_rate(is_same, -np.asarray(distances)),
    )
