"""Drawing new pictures, and finding out what they are worth.

No number says that pictures are good. A classifier that had no part in making them, the judge,
says how sure it is of what they show, how often they show each class, and how far they lie from
real ones; the training pictures next to them say whether they were copied.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygen.autograd import no_grad
from tinygen.metrics import Memorisation, frechet_distance, memorisation, nearest_neighbours
from tinygen.models import MODELS, Classifier, Model
from tinygen.models.base import evaluating
from tinygen.models.made import Autoregressive
from tinygen.models.vae import VariationalAutoencoder
from tinygen.nn import functional as F
from tinygen.ops.shape import cat
from tinygen.tensors import Tensor, tensor

__all__ = [
    "Assessment", "Nearest", "Opinion", "assess", "generate", "log_likelihood", "nearest",
    "opinion_of",
]  # fmt: skip

CHUNK = 1000
"""How many pictures are drawn together; it bounds the memory."""

LEVELS = 255
"""The judge sees pictures as a file would hold them, with eight bits a pixel."""

RARE = 0.01
"""A class is found if it has a larger share of the pictures than this."""

COMPARED = 500
"""For so many pictures the nearest real ones are looked up."""

CODES = 100
"""By so many codes the likelihood of a picture is estimated, where it is not known exactly."""


def generate(model: Model, n: int, labels: Any = None, **options: Any) -> Tensor:
    """New pictures of a model, with the noise of :func:`tinygen.manual_seed`.

    Parameters
    ----------
    model : Model
        A GAN, a variational autoencoder, or an autoregressive model.
    n : int
    labels : integers of shape (n,), optional
        What a conditional model shall draw.
    **options
        What else the model's ``sample`` is told, such as ``temperature``.

    Returns
    -------
    float Tensor of shape (n, channels, height, width)
        From 0 to 1, on the model's device.

    Raises
    ------
    TypeError
        If the model draws no pictures.
    ValueError
        If the model refuses the labels or options, or n is not positive.

    Examples
    --------
    >>> from tinygen.models import create
    >>> generate(create("vae"), 3).shape
    (3, 1, 28, 28)
    """
    draw = getattr(model, "sample", None)
    if draw is None:
        able = ", ".join(name for name, kind in MODELS.items() if hasattr(kind, "sample"))
        raise TypeError(f"{type(model).__name__} draws no pictures; these models do: {able}")
    if n < 1:
        raise ValueError(f"generate: n is at least 1, got {n}")
    if labels is not None and len(labels) != n:
        raise ValueError(f"generate: {n} pictures need as many labels, got {len(labels)}")
    parts = []
    with evaluating(model), no_grad():
        for start in range(0, n, CHUNK):
            stop = min(start + CHUNK, n)
            told = {} if labels is None else {"labels": labels[start:stop]}
            parts.append(draw(stop - start, **told, **options))
        return cat(parts)


def log_likelihood(model: Model, pictures: Tensor, labels: Any = None) -> np.ndarray | None:
    """How probable a model holds pictures, where it can say so: log p(x), in nats.

    Parameters
    ----------
    model : Model
        An autoregressive one knows it exactly. That of a variational autoencoder is estimated by
        100 importance samples each: in expectation too small rather than too large (Y. Burda et
        al., "Importance weighted autoencoders", 2016).
    pictures : float Tensor of shape (N, channels, height, width)
        Of 0 and 1 only for an autoregressive model.
    labels : integers of shape (N,), optional
        Which a conditional model needs.

    Returns
    -------
    float array of shape (N,), or None
        None for a GAN, which cannot say.
    """
    parts = []
    with evaluating(model), no_grad():
        for start in range(0, len(pictures), CHUNK):
            some = pictures[start : start + CHUNK]
            told = None if labels is None else labels[start : start + CHUNK]
            if isinstance(model, Autoregressive):
                parts.append(model.log_prob(some, told).numpy())
            elif isinstance(model, VariationalAutoencoder):
                parts.append(model.log_likelihood(some, told, CODES).numpy())
            else:
                return None
    return np.concatenate(parts)


# ---- the judge ---------------------------------------------------------------------------------


class Opinion(NamedTuple):
    """What a classifier sees in pictures, from a single pass over them.

    Attributes
    ----------
    probabilities : array of shape (N, classes)
    features : array of shape (N, D)
        What its last layer sees.
    """

    probabilities: np.ndarray
    features: np.ndarray

    @property
    def guesses(self) -> np.ndarray:
        """The most probable class of each picture."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> float:
        """The mean probability of the guesses."""
        return float(self.probabilities.max(axis=1).mean())

    @property
    def shares(self) -> np.ndarray:
        """How large a share of the pictures each class has, by the guesses: they add up to 1."""
        counts = np.bincount(self.guesses, minlength=self.probabilities.shape[1])
        return np.asarray(counts / len(self.probabilities))

    def agreement(self, labels: Any) -> float:
        """How often it guesses what labels say."""
        return float((self.guesses == np.asarray(labels)).mean())


def opinion_of(judge: Classifier, pictures: Tensor) -> Opinion:
    """Ask a classifier what it sees in pictures, as they would be with eight bits a pixel.

    Parameters
    ----------
    judge : Classifier
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1, on any device.

    Returns
    -------
    Opinion

    Raises
    ------
    ValueError, TypeError
        If they are not the judge's pictures.
    """
    in_bytes = np.rint(pictures.detach().numpy() * np.float32(LEVELS)) / np.float32(LEVELS)
    features = judge.features(tensor(in_bytes, device=next(judge.parameters()).device))
    with evaluating(judge), no_grad():
        probabilities = F.softmax(judge.output(features), 1)
    return Opinion(probabilities.numpy(), features.numpy())


class Assessment(NamedTuple):
    """What can be said of drawn pictures, with what real ones reach beside it.

    Attributes
    ----------
    confidence, real_confidence : float
        How sure the judge is of what it sees: the mean probability of its guesses, and the same of
        the test pictures.
    balance, balance_floor : float
        How far the shares of the classes, as guessed by the judge, are from those of the test
        pictures: their total variation distance ``1/2 sum_k |p_k - q_k|``, the share of pictures
        that would have to show something else; and the same of as many training pictures.
    classes : int
        Of how many classes there are more than a hundredth of the pictures.
    frechet, frechet_floor : float
        The Fréchet distance from the test pictures, on the judge's features; and that of as many
        training pictures, which no generator can be expected to get below.
    agreement, real_agreement : float or None
        How often the judge sees what pictures were meant to show, and the same of the test
        pictures: its own accuracy. None without labels.
    copying : Memorisation
        How far some of the pictures are from the nearest training and test pictures, and how often
        the first are nearer.
    """

    confidence: float
    real_confidence: float
    balance: float
    balance_floor: float
    classes: int
    frechet: float
    frechet_floor: float
    agreement: float | None
    real_agreement: float | None
    copying: Memorisation


def assess(
    pictures: Tensor,
    train: Tensor,
    test: Tensor,
    judge: Classifier,
    labels: Any = None,
    test_labels: Any = None,
) -> Assessment:
    """Judge drawn pictures by a classifier, and by the real pictures next to them.

    The Fréchet distance is biased upwards for few pictures, and says nothing by itself: look at it
    beside the floor, which is of as many. It is not comparable with any published one, which are by
    another network.

    Parameters
    ----------
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1; two at least.
    train : float Tensor of shape (M, channels, height, width)
        What the generator has learned from: all of it, as copies may be of any. The floors are of
        the first N.
    test : float Tensor of shape (L, channels, height, width)
        From the same source, and never seen in training.
    judge : Classifier
        One that had no part in making the pictures.
    labels : integers of shape (N,), optional
        What the pictures were meant to show.
    test_labels : integers of shape (L,), optional
        What the test pictures show.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError, TypeError
        If there are too few pictures, or they are not the judge's.
    """
    if len(pictures) < 2:
        raise ValueError(f"assess: two pictures at least have a spread, got {len(pictures)}")
    drawn, seen, unseen = (
        opinion_of(judge, some) for some in (pictures, train[: len(pictures)], test)
    )
    return Assessment(
        confidence=drawn.confidence,
        real_confidence=unseen.confidence,
        balance=_total_variation(drawn.shares, unseen.shares),
        balance_floor=_total_variation(seen.shares, unseen.shares),
        classes=int((drawn.shares > RARE).sum()),
        frechet=frechet_distance(drawn.features, unseen.features),
        frechet_floor=frechet_distance(seen.features, unseen.features),
        agreement=None if labels is None else drawn.agreement(labels),
        real_agreement=None if test_labels is None else unseen.agreement(test_labels),
        copying=memorisation(pictures[:COMPARED], train, test),
    )


def _total_variation(shares: np.ndarray, others: np.ndarray) -> float:
    return float(np.abs(shares - others).sum() / 2)


# ---- copies ------------------------------------------------------------------------------------


class Nearest(NamedTuple):
    """The real pictures that are most like drawn ones, pixel by pixel, the nearest first.

    Attributes
    ----------
    indices : int64 array of shape (N, k)
        Their places among the real ones.
    distances : float64 array of shape (N, k)
        Euclidean: the root of the sum of all squared differences of pixels.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest(pictures: Tensor, train: Tensor, k: int = 1) -> Nearest:
    """Which training pictures drawn ones are nearest to.

    Parameters
    ----------
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    train : float Tensor of shape (M, channels, height, width)
    k : int
        How many for each.

    Returns
    -------
    Nearest

    Raises
    ------
    ValueError
        If the shapes differ, or k is more than there are.

    Examples
    --------
    >>> import tinygen as tg
    >>> train = tg.rand(9, 1, 4, 4)
    >>> nearest(train[3:5], train).indices.tolist()
    [[3], [4]]
    """
    if tuple(pictures.shape[1:]) != tuple(train.shape[1:]):
        raise ValueError(
            f"nearest compares pixel by pixel, got pictures of {tuple(pictures.shape[1:])} and "
            f"training pictures of {tuple(train.shape[1:])}"
        )
    distances, indices = nearest_neighbours(pictures, train, k)
    return Nearest(indices, distances)
