"""How right the labels and the probabilities of a classifier are.

Names, arguments and conventions are those of scikit-learn.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygen.metrics.checks import (
    as_host,
    columns_of,
    labels_of,
    numbers_of,
    one_of,
    positions_of,
    probabilities_of,
    same_length,
    undefined,
    weights_of,
)

__all__ = [
    "accuracy_score", "confusion_matrix", "expected_calibration_error", "f1_score", "log_loss",
    "precision_score", "recall_score", "top_k_accuracy_score",
]  # fmt: skip


def accuracy_score(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> float:
    """The share of samples whose label was predicted: ``mean(y_true == y_pred)``.

    Parameters
    ----------
    y_true, y_pred : labels of shape (n,)
        Integers, booleans or strings.
    normalize : bool
        Whether to give the share, or else the number (the sum of the weights).
    sample_weight : array of shape (n,), optional

    Returns
    -------
    float

    Examples
    --------
    >>> accuracy_score([0, 1, 2, 2], [0, 1, 1, 2])
    0.75
    """
    y_true, y_pred = _both_labels(y_true, y_pred)
    weights = weights_of(sample_weight, same_length(y_true=y_true, y_pred=y_pred))
    return _mean_or_sum(y_true == y_pred, weights, normalize)


def top_k_accuracy_score(
    y_true: Any,
    y_score: Any,
    *,
    k: int = 2,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Any = None,
) -> float:
    """The share of samples whose label is among the k classes of the highest scores.

    Among equal scores the class of the higher number goes first, as in scikit-learn.

    Parameters
    ----------
    y_true : labels of shape (n,)
    y_score : array of shape (n, classes)
        Probabilities, logits, or any numbers that rank the classes of a sample.
    k : int
    normalize : bool
        Whether to give the share, or else the number (the sum of the weights).
    sample_weight : array of shape (n,), optional
    labels : sequence of length classes, optional
        The label of each column; by default 0, 1, 2, ...

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a label has no column, or a score is NaN.
    """
    y_true = labels_of(y_true, "y_true")
    y_score = numbers_of(y_score, "y_score", ndim=2)
    weights = weights_of(sample_weight, same_length(y_true=y_true, y_score=y_score))
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    columns = columns_of(y_true, y_score.shape[1], labels, "y_score")[:, np.newaxis]
    own = np.take_along_axis(y_score, columns, axis=1)
    before = (y_score > own) | ((y_score == own) & (np.arange(y_score.shape[1]) > columns))
    return _mean_or_sum(before.sum(axis=1) < k, weights, normalize)


def confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    normalize: str | None = None,
) -> np.ndarray:
    """How many samples of class i (row) were taken for class j (column).

    Parameters
    ----------
    y_true, y_pred : labels of shape (n,)
    labels : sequence, optional
        The classes, in the order of the rows; samples of other classes are left out. By default
        all that occur, sorted.
    sample_weight : array of shape (n,), optional
    normalize : {"true", "pred", "all"}, optional
        Divide by the sums of the rows, of the columns, or of everything; 0/0 is 0.

    Returns
    -------
    array of shape (classes, classes)
        int64, or float64 where it is normalized or weighted by fractions.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    one_of(normalize, (None, "true", "pred", "all"), "normalize")
    y_true, y_pred = _both_labels(y_true, y_pred)
    if labels is None or len(y_true) != len(y_pred):
        same_length(y_true=y_true, y_pred=y_pred)
    known = _known_labels(y_true, y_pred, labels)
    if not len(y_true):
        return np.zeros((len(known), len(known)), np.float64 if normalize else np.int64)
    weights = weights_of(sample_weight, len(y_true))
    rows, columns = positions_of(y_true, known), positions_of(y_pred, known)
    if (rows < 0).all():
        raise ValueError(f"none of the labels {known.tolist()} occurs in y_true")

    inside = (rows >= 0) & (columns >= 0)
    cells = rows[inside] * len(known) + columns[inside]
    matrix = np.bincount(cells, weights[inside], len(known) ** 2).reshape(len(known), len(known))
    if normalize is None:
        is_counting = (
            sample_weight is None or as_host(sample_weight, "sample_weight").dtype.kind in "biu"
        )
        return matrix.astype(np.int64) if is_counting else matrix
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    return _divide(matrix, matrix.sum(axis=axis, keepdims=True), 0.0)


def precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """The share of those predicted to be of a class that are: ``TP / (TP + FP)``.

    Parameters
    ----------
    y_true, y_pred : labels of shape (n,)
    labels : sequence, optional
        The classes to average over, or their order where `average` is None; by default all that
        occur, sorted.
    pos_label : label
        The class that ``average="binary"`` is about.
    average : {"binary", "micro", "macro", "weighted"} or None
        ``"binary"`` measures one class of two. ``"micro"`` adds up the counts of all classes
        first. ``"macro"`` is the mean over classes, ``"weighted"`` the mean weighted by how often
        each is true. None gives one value for each class.
    sample_weight : array of shape (n,), optional
    zero_division : {"warn", 0, 1, nan}
        The value of 0/0, here of a class that was never predicted; ``"warn"`` is 0 and warns. nan
        leaves the class out of an average.

    Returns
    -------
    float, or float64 array of shape (classes,) where `average` is None
    """
    hits, predicted, true = _counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    return _averaged(hits, predicted, true, average, zero_division, "precision", "predicted")


def recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """The share of those of a class that are predicted to be: ``TP / (TP + FN)``.

    Parameters
    ----------
    y_true, y_pred, labels, pos_label, average, sample_weight
        As for :func:`precision_score`.
    zero_division : {"warn", 0, 1, nan}
        The value of 0/0, here of a class that never occurs.

    Returns
    -------
    float, or float64 array of shape (classes,) where `average` is None
    """
    hits, _, true = _counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    return _averaged(hits, true, true, average, zero_division, "recall", "true")


def f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """The harmonic mean of precision and recall: ``2 TP / (2 TP + FP + FN)``.

    Written in counts, it is 0 where precision is 0/0 and the class occurs. Only a class that
    neither occurs nor is predicted leaves 0/0 (C. van Rijsbergen, "Information Retrieval", 1979).

    Parameters
    ----------
    y_true, y_pred, labels, pos_label, average, sample_weight
        As for :func:`precision_score`.
    zero_division : {"warn", 0, 1, nan}
        The value of 0/0.

    Returns
    -------
    float, or float64 array of shape (classes,) where `average` is None
    """
    hits, predicted, true = _counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    both = predicted + true
    return _averaged(2 * hits, both, true, average, zero_division, "F1", "true or predicted")


def log_loss(
    y_true: Any,
    y_proba: Any,
    *,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Any = None,
) -> float:
    """The mean of ``-log p(true class)`` in nats: the cross entropy of the predictions.

    Probabilities are kept away from 0 and 1 by the precision of their dtype, as in scikit-learn,
    so that one confident mistake costs much (16 nats in float32, 36 in float64) and not infinity.

    Parameters
    ----------
    y_true : labels of shape (n,)
    y_proba : array of shape (n, classes) or (n,)
        Probabilities; one dimension means those of the second class of two.
    normalize : bool
        Whether to give the mean, or else the sum.
    sample_weight : array of shape (n,), optional
    labels : sequence of length classes, optional
        The label of each column; by default 0, 1, 2, ...

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the rows do not sum to one, or a label has no column.

    Examples
    --------
    >>> round(log_loss([0, 1], [[0.5, 0.5], [0.5, 0.5]]), 4)
    0.6931
    """
    y_true = labels_of(y_true, "y_true")
    y_proba, dtype = as_host(y_proba, "y_proba"), as_host(y_proba, "y_proba").dtype
    probabilities = _two_columns(probabilities_of(y_proba, "y_proba"))
    weights = weights_of(sample_weight, same_length(y_true=y_true, y_proba=probabilities))
    columns = columns_of(y_true, probabilities.shape[1], labels, "y_proba")
    tiny = float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)
    own = np.clip(probabilities[np.arange(len(columns)), columns], tiny, 1 - tiny)
    return _mean_or_sum(-np.log(own), weights, normalize)


def expected_calibration_error(y_true: Any, y_proba: Any, *, n_bins: int = 15) -> float:
    """How far confidence is from accuracy: ``sum_b n_b / n * |accuracy_b - confidence_b|``.

    The confidence is the probability of the predicted class. Samples are grouped by it into bins
    of equal width, ((b - 1) / n_bins, b / n_bins] (C. Guo et al., "On Calibration of Modern Neural
    Networks", 2017, equation 3).

    Parameters
    ----------
    y_true : integer labels of shape (n,)
        From 0 to classes - 1.
    y_proba : array of shape (n, classes) or (n,)
        Probabilities; one dimension means those of class 1 of two.
    n_bins : int

    Returns
    -------
    float
        From 0, as sure as right, to 1.
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, got {n_bins}")
    y_true = labels_of(y_true, "y_true")
    probabilities = _two_columns(probabilities_of(y_proba, "y_proba"))
    length = same_length(y_true=y_true, y_proba=probabilities)
    is_right = probabilities.argmax(axis=1) == columns_of(
        y_true, probabilities.shape[1], None, "y_proba"
    )
    confidence = np.minimum(probabilities.max(axis=1), 1.0)
    bins = np.searchsorted(np.linspace(0, 1, n_bins + 1)[1:], confidence)
    # n_b |accuracy_b - confidence_b| is the absolute sum of the differences in the bin.
    gaps = np.bincount(bins, is_right - confidence, n_bins)
    return float(np.abs(gaps).sum() / length)


# ---- counting and averaging ------------------------------------------------------------------


def _both_labels(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as labels of one kind."""
    y_true, y_pred = labels_of(y_true, "y_true"), labels_of(y_pred, "y_pred")
    if y_true.size and y_pred.size and (y_true.dtype.kind in "US") != (y_pred.dtype.kind in "US"):
        raise TypeError(
            f"y_true holds {y_true.dtype}, y_pred {y_pred.dtype}: name the classes in both by "
            "numbers, or in both by strings"
        )
    return y_true, y_pred


def _known_labels(y_true: np.ndarray, y_pred: np.ndarray, labels: Any) -> np.ndarray:
    """The classes asked for, or all that occur."""
    if labels is None:
        return np.unique(np.concatenate([y_true, y_pred]))
    known = labels_of(labels, "labels")
    if not len(known) or len(np.unique(known)) != len(known):
        raise ValueError(f"labels must name each class once, got {known.tolist()}")
    return known


def _counts(
    y_true: Any, y_pred: Any, labels: Any, pos_label: Any, average: str | None, sample_weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each class: how often it was rightly predicted, predicted, and true."""
    one_of(average, ("binary", "micro", "macro", "weighted", None), "average")
    y_true, y_pred = _both_labels(y_true, y_pred)
    weights = weights_of(sample_weight, same_length(y_true=y_true, y_pred=y_pred))
    known = _known_labels(y_true, y_pred, None)
    if average == "binary":
        known = _positive_class(known, pos_label)
    elif labels is not None:
        known = _known_labels(y_true, y_pred, labels)
    true_class, predicted_class = positions_of(y_true, known), positions_of(y_pred, known)

    def count(positions: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        return np.bincount(positions[chosen], weights[chosen], len(known))

    hits = count(true_class, (true_class == predicted_class) & (true_class >= 0))
    predicted = count(predicted_class, predicted_class >= 0)
    true = count(true_class, true_class >= 0)
    if average == "micro":
        hits, predicted, true = (part.sum(keepdims=True) for part in (hits, predicted, true))
    return hits, predicted, true


def _positive_class(known: np.ndarray, pos_label: Any) -> np.ndarray:
    """The class that a binary score is about, if two classes are all there are."""
    if len(known) > 2:
        raise ValueError(
            f"average='binary' is for two classes, the labels have {len(known)}: choose "
            "average='macro', 'micro', 'weighted' or None"
        )
    if pos_label not in known.tolist() and len(known) == 2:
        raise ValueError(
            f"pos_label={pos_label!r} is none of the labels {known.tolist()}: say which of them "
            "is the positive class"
        )
    return labels_of([pos_label], "pos_label")


def _averaged(
    above: np.ndarray,
    below: np.ndarray,
    true: np.ndarray,
    average: str | None,
    zero_division: Any,
    metric: str,
    what: str,
) -> Any:
    """The ratios of the classes, or their average; 0/0 as the caller wishes."""
    is_nan = isinstance(zero_division, float) and math.isnan(zero_division)
    if not (is_nan or zero_division in ("warn", 0, 1)):
        raise ValueError(f"zero_division must be 'warn', 0, 1 or nan, got {zero_division!r}")
    if zero_division == "warn" and (below == 0).any():
        undefined(
            f"{metric} is 0/0 for {int((below == 0).sum())} of {len(below)} classes, which have no "
            f"{what} samples, and is set to 0 there: zero_division= says what it shall be"
        )
    scores = _divide(above, below, 0.0 if zero_division == "warn" else float(zero_division))
    if average is None:
        return scores
    return _mean_of_defined(scores, true if average == "weighted" else np.ones_like(scores))


def _mean_of_defined(scores: np.ndarray, weights: np.ndarray) -> float:
    """The weighted mean of what is not NaN; without weights where those are all zero."""
    defined = ~np.isnan(scores)
    if not defined.any():
        return math.nan
    scores, weights = scores[defined], weights[defined]
    if weights.sum() == 0:
        return float(scores.mean())
    return float(np.average(scores, weights=weights))


def _divide(above: np.ndarray, below: np.ndarray, otherwise: float) -> np.ndarray:
    """above / below, and a value of choice where below is 0."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.divide(above, below, out=np.full(shape, otherwise), where=below != 0)


def _two_columns(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities of the second class of two become a column for each of the two."""
    if probabilities.ndim == 2:
        return probabilities
    return np.stack([1 - probabilities, probabilities], axis=1)


def _mean_or_sum(values: np.ndarray, weights: np.ndarray, normalize: bool) -> float:
    """The weighted mean, or the weighted sum."""
    total = float(np.dot(values.astype(np.float64), weights))
    return total / float(weights.sum()) if normalize else total
