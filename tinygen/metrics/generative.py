"""What samples of a generator are worth: how like the data, how varied, how much copied.

None of these numbers means much alone. Print each beside what real images, noise, or the training
images themselves reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tinygen.metrics.checks import numbers_of, probabilities_of, rows_of

__all__ = [
    "InceptionStyleScore", "Memorisation", "ModeCoverage", "ParzenLogLikelihood",
    "frechet_distance", "inception_style_score", "memorisation", "mode_coverage",
    "nearest_neighbours", "parzen_log_likelihood",
]  # fmt: skip

ROWS, GALLERY_ROWS = 512, 4096
"""How many samples are compared with how much of a gallery at once: a bound on the memory."""


# ---- on the features and probabilities of a classifier ---------------------------------------


def frechet_distance(features_a: Any, features_b: Any) -> float:
    """The Fréchet distance of two Gaussians fitted to two sets of features.

    ``|m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a^{1/2} S_b S_a^{1/2})^{1/2})`` with means m and
    covariances S (D. Dowson and B. Landau, 1982; as a score of generators M. Heusel et al., "GANs
    Trained by a Two Time-Scale Update Rule", 2017). It is biased upwards for small sets: compare
    only values of one size, at best ten times the number of features or more, and of one network.

    Parameters
    ----------
    features_a : array of shape (n, features)
    features_b : array of shape (m, features)

    Returns
    -------
    float
        0 for sets of equal mean and covariance. It is a square: the square of a length.

    Examples
    --------
    >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])
    9.0
    """
    (mean_a, covariance_a), (mean_b, covariance_b) = (
        _mean_and_covariance(features, name)
        for features, name in ((features_a, "features_a"), (features_b, "features_b"))
    )
    if mean_a.shape != mean_b.shape:
        raise ValueError(
            f"features_a has {len(mean_a)} features, features_b {len(mean_b)}: take both from the "
            "same layer of the same network"
        )
    # The trace of (A B A)^{1/2}, with A = S_a^{1/2}, is the sum of the singular values of
    # S_a^{1/2} S_b^{1/2}. Their squares are never formed, which would leave half the digits.
    roots = _square_root(covariance_a) @ _square_root(covariance_b)
    shared = np.linalg.svd(roots, compute_uv=False).sum()
    spread = np.trace(covariance_a) + np.trace(covariance_b) - 2 * shared
    return float(np.square(mean_a - mean_b).sum() + max(spread, 0.0))


def _mean_and_covariance(features: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the unbiased covariance of the rows."""
    rows = numbers_of(features, name, ndim=2)
    if len(rows) < 2 or not rows.shape[1]:
        raise ValueError(f"{name} needs two rows at least for a covariance, got {rows.shape}")
    mean = rows.mean(axis=0)
    centred = rows - mean
    return mean, centred.T @ centred / (len(rows) - 1)


def _square_root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root; directions without variance, but for rounding, have none."""
    values, vectors = np.linalg.eigh(covariance)
    negligible = len(values) * np.finfo(np.float64).eps * np.abs(values).max()
    deviations = np.sqrt(np.where(values > negligible, values, 0.0))
    return np.asarray((vectors * deviations) @ vectors.T)


class InceptionStyleScore(NamedTuple):
    """The mean over splits of the samples, and the standard deviation between them."""

    mean: float
    std: float


def inception_style_score(probabilities: Any, splits: int = 10) -> InceptionStyleScore:
    """Whether a classifier is sure of each sample and yet finds all classes.

    ``exp(mean_x KL(p(y | x) || p(y)))``, where p(y) is the mean over the samples: the Inception
    score (T. Salimans et al., "Improved Techniques for Training GANs", 2016) with a classifier of
    one's own, whence the name. Values of different classifiers cannot be compared.

    Parameters
    ----------
    probabilities : array of shape (n, classes)
        What the classifier says of each sample, in random order.
    splits : int
        Into how many parts the samples are split; each has a score of its own.

    Returns
    -------
    InceptionStyleScore
        ``mean`` from 1 to the number of classes, ``std``.
    """
    probabilities = probabilities_of(probabilities, "probabilities")
    if probabilities.ndim != 2:
        raise ValueError(f"probabilities must be (n, classes), got {probabilities.shape}")
    if not 1 <= splits <= len(probabilities):
        raise ValueError(f"{len(probabilities)} samples cannot be split into {splits} parts")
    scores = [_exponential_of_information(part) for part in np.array_split(probabilities, splits)]
    return InceptionStyleScore(float(np.mean(scores)), float(np.std(scores)))


def _exponential_of_information(conditional: np.ndarray) -> float:
    """exp of the mean divergence of the rows from their mean; 0 log 0 is 0."""
    marginal = conditional.mean(axis=0)
    surprise = np.zeros_like(conditional)
    np.log(
        np.divide(conditional, marginal, out=surprise, where=conditional > 0),
        out=surprise,
        where=conditional > 0,
    )
    return math.exp((conditional * surprise).sum(axis=1).mean())


# ---- on points ------------------------------------------------------------------------------


class ModeCoverage(NamedTuple):
    """How many modes have a sample near, the share of samples near a mode, samples by mode."""

    modes: int
    high_quality: float
    counts: np.ndarray


def mode_coverage(samples: Any, centres: Any, std: float, radius: float = 3.0) -> ModeCoverage:
    """How many modes of a mixture of Gaussians a generator has found.

    A sample belongs to the mode whose centre is nearest. It is of high quality within `radius`
    standard deviations of it; a mode with such a sample is covered (A. Srivastava et al.,
    "VEEGAN", 2017, with 2,500 samples).

    Parameters
    ----------
    samples : array of shape (n, d)
    centres : array of shape (modes, d)
    std : float
        The standard deviation of a mode in each direction.
    radius : float
        In standard deviations.

    Returns
    -------
    ModeCoverage
        ``modes`` covered, ``high_quality`` share of the samples, and their ``counts`` by mode: an
        int64 array of shape (modes,).
    """
    std, radius = float(std), float(radius)
    if std <= 0 or radius <= 0:
        raise ValueError(f"std and radius must be positive, got {std} and {radius}")
    distances, nearest = nearest_neighbours(samples, centres)
    good = distances[:, 0] <= radius * std
    counts = np.bincount(nearest[good, 0], minlength=len(rows_of(centres, "centres")))
    return ModeCoverage(int((counts > 0).sum()), float(good.mean()), counts)


def nearest_neighbours(samples: Any, gallery: Any, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of a gallery that are nearest to each sample, by Euclidean distance.

    Large sets are compared chunk by chunk. The nearest are found by
    ``|x|^2 - 2 x.y + |y|^2``, a product of matrices; their distances are then computed as
    ``|x - y|``, so that a copy is at distance 0 exactly.

    Parameters
    ----------
    samples : array of shape (n, ...)
        Images or features; flattened.
    gallery : array of shape (m, ...)
        Of as many numbers a row, on the same scale.
    k : int

    Returns
    -------
    distances : float64 array of shape (n, k)
        The nearest first.
    indices : int64 array of shape (n, k)
        Rows of the gallery.
    """
    samples, gallery = _comparable(samples=samples, gallery=gallery)
    if not 1 <= k <= len(gallery):
        raise ValueError(f"k must be from 1 to the {len(gallery)} rows of the gallery, got {k}")
    distances = np.empty((len(samples), k))
    indices = np.empty((len(samples), k), np.int64)
    for rows in _slices(len(samples), ROWS):
        distances[rows], indices[rows] = _nearest(samples[rows].astype(np.float64), gallery, k)
    return distances, indices


def _nearest(points: np.ndarray, gallery: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of the gallery, and how far away they are."""
    found = np.empty((len(points), 0), np.int64)
    squared = np.empty((len(points), 0))
    for part in _slices(len(gallery), GALLERY_ROWS):
        new = _squared_distances(points, gallery[part].astype(np.float64))
        places = np.broadcast_to(np.arange(part.start, part.stop), new.shape)
        squared = np.concatenate([squared, new], axis=1)
        found = np.concatenate([found, places], axis=1)
        kept = np.argpartition(squared, min(k, squared.shape[1]) - 1, axis=1)[:, :k]
        squared = np.asarray(np.take_along_axis(squared, kept, axis=1))
        found = np.asarray(np.take_along_axis(found, kept, axis=1))
    found.sort(axis=1)
    distances = np.empty(found.shape)
    for place in range(k):
        distances[:, place] = np.linalg.norm(points - gallery[found[:, place]], axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(found, order, axis=1)


class Memorisation(NamedTuple):
    """How far samples are from training and from test images, and how often the first are nearer.

    ``to_train`` and ``to_test`` are mean distances to the nearest; ``nearer_to_train`` is the share
    of samples that are nearer to a training than to any test image, ``expected`` what that is
    without memorising.
    """

    to_train: float
    to_test: float
    nearer_to_train: float
    expected: float


def memorisation(samples: Any, train: Any, test: Any) -> Memorisation:
    """Whether samples are nearer to the training images than to test images.

    A larger set has nearer neighbours by its size alone. But training and test images are
    exchangeable for a generator that has not memorised: the nearest image of both sets together
    is then a training image with probability ``len(train) / (len(train) + len(test))``, which is
    ``expected``. A share above it tells of memorising, and 1 of copying.

    Parameters
    ----------
    samples : array of shape (n, ...)
        Images or features; flattened.
    train : array of shape (m, ...)
        What the generator was trained on, on the same scale as the samples.
    test : array of shape (l, ...)
        From the same source, and never seen in training.

    Returns
    -------
    Memorisation
    """
    to_train, to_test = (nearest_neighbours(samples, each)[0][:, 0] for each in (train, test))
    nearer = np.mean(to_train < to_test) + np.mean(to_train == to_test) / 2
    sizes = len(rows_of(train, "train")), len(rows_of(test, "test"))
    return Memorisation(
        float(to_train.mean()), float(to_test.mean()), float(nearer), sizes[0] / sum(sizes)
    )


class ParzenLogLikelihood(NamedTuple):
    """The mean log-likelihood of the test images in nats, its standard error, the bandwidth."""

    log_likelihood: float
    standard_error: float
    sigma: float


def parzen_log_likelihood(
    samples: Any, validation: Any, test: Any, sigmas: Any = None
) -> ParzenLogLikelihood:
    """The log-likelihood of test images under Gaussian windows around the samples.

    ``log p(x) = log mean_i exp(-|x - g_i|^2 / (2 sigma^2)) - d log(sigma sqrt(2 pi))``, with the
    sigma for which that of the validation images is highest (O. Breuleux, Y. Bengio and P.
    Vincent, 2011; I. Goodfellow et al., "Generative Adversarial Nets", 2014). As published on
    MNIST: 10,000 samples in [0, 1], 1,000 validation images, 10,000 test images.

    It says little of how good samples look (L. Theis et al., "A Note on the Evaluation of
    Generative Models", 2016): print beside it what training images, their k-means centres, and
    noise get as samples.

    Parameters
    ----------
    samples : array of shape (n, ...)
        Images of the generator; flattened to d numbers.
    validation : array of shape (v, ...)
    test : array of shape (t, ...)
    sigmas : array, optional
        The bandwidths to choose from; by default ten from 0.1 to 1, evenly by their logarithm.
        If the first or the last is chosen, the best may lie beyond.

    Returns
    -------
    ParzenLogLikelihood
        ``log_likelihood``, ``standard_error`` (the standard deviation over the test images divided
        by the square root of their number), ``sigma``.
    """
    if sigmas is None:
        sigmas = np.logspace(-1, 0, 10)
    sigmas = numbers_of(sigmas, "sigmas", ndim=1)
    if not len(sigmas) or sigmas.min() <= 0:
        raise ValueError(f"sigmas must be positive, and one at least, got {sigmas}")
    samples, validation, test = _comparable(samples=samples, validation=validation, test=test)
    centres = samples.astype(np.float64)
    chosen = sigmas[_window_likelihoods(validation, centres, sigmas).mean(axis=1).argmax()]
    likelihoods = _window_likelihoods(test, centres, np.array([chosen]))[0]
    error = float(likelihoods.std()) / math.sqrt(len(likelihoods))
    return ParzenLogLikelihood(float(likelihoods.mean()), error, float(chosen))


def _window_likelihoods(images: np.ndarray, centres: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """The log-likelihood of each image (column) for each sigma (row), from the same distances."""
    likelihoods = np.empty((len(sigmas), len(images)))
    for rows in _slices(len(images), ROWS):
        squared = _squared_distances(images[rows].astype(np.float64), centres)
        for row, sigma in zip(likelihoods, sigmas, strict=True):
            scale = images.shape[1] * math.log(float(sigma) * math.sqrt(2 * math.pi))
            row[rows] = _log_mean_exp(squared * (-0.5 / float(sigma) ** 2)) - scale
    return likelihoods


def _log_mean_exp(exponents: np.ndarray) -> np.ndarray:
    """log(mean(exp(x))) of each row, without under- or overflow."""
    largest = exponents.max(axis=1)
    means = np.exp(exponents - largest[:, np.newaxis]).mean(axis=1)
    return np.asarray(largest + np.log(means))


# ---- distances ------------------------------------------------------------------------------


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """|x - y|^2 for all pairs by one product of matrices, never negative.

    Moved to the middle of the others first: what all have in common would cost digits.
    """
    middle = others.mean(axis=0)
    rows, others = rows - middle, others - middle
    lengths = np.square(rows).sum(axis=1)[:, np.newaxis] + np.square(others).sum(axis=1)
    squared = rows @ others.T
    squared *= -2
    squared += lengths
    return np.maximum(squared, 0, out=squared)


def _slices(length: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most size rows."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def _comparable(**sets: Any) -> tuple[np.ndarray, ...]:
    """Sets of rows that can be compared: of one length, and all bytes or none."""
    rows = {name: rows_of(values, name) for name, values in sets.items()}
    widths = {name: each.shape[1] for name, each in rows.items()}
    if len(set(widths.values())) > 1:
        told = ", ".join(f"{name} {width}" for name, width in widths.items())
        raise ValueError(f"rows of different lengths cannot be compared, numbers in a row: {told}")
    kinds = {each.dtype == np.uint8 for each in rows.values()}
    if len(kinds) > 1:
        told = ", ".join(f"{name} {each.dtype}" for name, each in rows.items())
        raise TypeError(
            f"bytes from 0 to 255 and numbers from 0 to 1 cannot be compared, got {told}: divide "
            "the bytes by 255 first"
        )
    return tuple(rows.values())
