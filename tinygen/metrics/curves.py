"""Curves over all thresholds of a score: ROC, precision and recall, and the areas below them.

Names, arguments and conventions are those of scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygen.metrics.checks import (
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
    "auc", "average_precision_score", "equal_error_rate", "precision_recall_curve",
    "roc_auc_score", "roc_curve",
]  # fmt: skip


def roc_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True against false positive rate as the threshold falls (T. Fawcett, 2006, algorithm 1).

    Samples of equal score pass the threshold together: the curve is slanted there.

    Parameters
    ----------
    y_true : labels of shape (n,)
        0 and 1, or -1 and 1, or any if `pos_label` says which is positive.
    y_score : array of shape (n,)
        The higher, the more probably positive: probabilities, logits, decision values.
    pos_label : label, optional
        By default 1.
    sample_weight : array of shape (n,), optional
    drop_intermediate : bool
        Whether to leave out points inside straight pieces, which nobody sees.

    Returns
    -------
    fpr, tpr, thresholds : float64 arrays of one length
        From (0, 0), at the threshold infinity, to (1, 1). A rate is NaN, with a warning, if there
        are no negative, or no positive, samples.
    """
    positive, score, weights = _binary(y_true, y_score, pos_label, sample_weight)
    false, true, thresholds = _passing(positive, score, weights)
    if drop_intermediate and len(false) > 2:
        corner = (np.diff(false, 2) != 0) | (np.diff(true, 2) != 0)
        kept = np.concatenate([[True], corner, [True]])
        false, true, thresholds = false[kept], true[kept], thresholds[kept]
    return (
        _rate(false, "negative", "false positive"),
        _rate(true, "positive", "true positive"),
        np.concatenate([[math.inf], thresholds]),
    )


def auc(x: Any, y: Any) -> float:
    """The area below a curve by trapezoids: ``sum (x_{i+1} - x_i) (y_{i+1} + y_i) / 2``.

    Parameters
    ----------
    x : array of shape (n,)
        Rising or falling throughout, n at least 2.
    y : array of shape (n,)

    Returns
    -------
    float
    """
    x, y = numbers_of(x, "x", ndim=1), numbers_of(y, "y", ndim=1)
    if same_length(x=x, y=y) < 2:
        raise ValueError("an area needs at least two points, got one")
    steps = np.diff(x)
    if (steps < 0).any() and (steps > 0).any():
        raise ValueError("x must rise or fall throughout: sort the points by it first")
    area = float(np.dot(steps, (y[1:] + y[:-1]) / 2))
    return -area if (steps < 0).any() else area


def roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    sample_weight: Any = None,
    multi_class: str = "raise",
    labels: Any = None,
) -> Any:
    """The probability that a random positive scores above a random negative; ties count half.

    This is the area below the ROC curve, and the Mann-Whitney statistic divided by the number of
    pairs (J. Hanley and B. McNeil, 1982). Only the order of the scores matters.

    Parameters
    ----------
    y_true : labels of shape (n,)
        Of two classes the higher label is the positive one.
    y_score : array of shape (n,), or (n, classes) for more than two classes
        For two classes, any scores. For more, probabilities: rows that sum to one.
    average : {"macro", "weighted"} or None
        For more than two classes: the mean over them, the mean weighted by how often each is true,
        or one value for each.
    sample_weight : array of shape (n,), optional
    multi_class : {"raise", "ovr"}
        ``"ovr"``: each class against the rest (F. Provost and P. Domingos, 2000). Must be chosen
        for more than two classes.
    labels : sequence of length classes, optional
        The label of each column; by default 0, 1, 2, ...

    Returns
    -------
    float, or float64 array of shape (classes,) where `average` is None
        NaN, with a warning, where only one class occurs: there are no pairs.

    Examples
    --------
    >>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    y_true = labels_of(y_true, "y_true")
    score = numbers_of(y_score, "y_score")
    one_of(multi_class, ("raise", "ovr"), "multi_class")
    if score.ndim == 2:
        if multi_class == "raise":
            raise ValueError(
                f"y_score has {score.shape[1]} columns: with multi_class='ovr' each class is "
                "measured against the rest. For two classes pass one score, y_score[:, 1]"
            )
        score = probabilities_of(y_score, "y_score")
        return _one_against_rest(_area_below_roc, y_true, score, average, sample_weight, labels)
    classes = np.unique(y_true)
    if len(classes) > 2:
        raise ValueError(
            f"y_true has {len(classes)} classes, y_score one column: pass probabilities of shape "
            "(n, classes) and multi_class='ovr'"
        )
    higher = classes[-1].item() if len(classes) else None
    return _area_below_roc(*_binary(y_true, score, higher, sample_weight))


def precision_recall_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision and recall of ``y_score >= threshold`` for all thresholds.

    Parameters
    ----------
    y_true : labels of shape (n,)
        0 and 1, or -1 and 1, or any if `pos_label` says which is positive.
    y_score : array of shape (n,)
        The higher, the more probably positive.
    pos_label : label, optional
        By default 1.
    sample_weight : array of shape (n,), optional
    drop_intermediate : bool
        Whether to leave out points between others of the same recall.

    Returns
    -------
    precision, recall : float64 arrays of shape (thresholds + 1,)
        By rising threshold; the last point is (1, 0), which belongs to none. Recall is 1
        everywhere, with a warning, if there are no positive samples.
    thresholds : float64 array
        The different scores, rising.
    """
    positive, score, weights = _binary(y_true, y_score, pos_label, sample_weight)
    false, true, thresholds = _passing(positive, score, weights)
    if drop_intermediate and len(true) > 2:
        moves = np.diff(true) != 0
        kept = np.concatenate([[True], moves[:-1] | moves[1:], [True]])
        false, true, thresholds = false[kept], true[kept], thresholds[kept]
    precision = true / (true + false)
    if true[-1] == 0:
        undefined("there are no positive samples in y_true: recall is set to 1 everywhere")
        recall = np.ones_like(true)
    else:
        recall = true / true[-1]
    return (
        np.concatenate([precision[::-1], [1.0]]),
        np.concatenate([recall[::-1], [0.0]]),
        thresholds[::-1],
    )


def average_precision_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    pos_label: Any = 1,
    sample_weight: Any = None,
) -> Any:
    """The mean precision at the positives: ``sum_k (R_k - R_{k-1}) P_k`` over all thresholds.

    The area below the steps of the precision-recall curve, without interpolation: trapezoids would
    be too high (J. Davis and M. Goadrich, "The Relationship Between Precision-Recall and ROC
    Curves", 2006).

    Parameters
    ----------
    y_true : labels of shape (n,)
    y_score : array of shape (n,), or (n, classes) for more than two classes
        With columns, the labels are 0, 1, 2, ..., and each class is measured against the rest.
    average : {"macro", "weighted"} or None
        As for :func:`roc_auc_score`.
    pos_label : label
        The positive class of two.
    sample_weight : array of shape (n,), optional

    Returns
    -------
    float, or float64 array of shape (classes,) where `average` is None
        0, with a warning, where there are no positive samples.
    """
    y_true = labels_of(y_true, "y_true")
    score = numbers_of(y_score, "y_score")
    if score.ndim == 2:
        return _one_against_rest(_step_area, y_true, score, average, sample_weight, None)
    return _step_area(*_binary(y_true, score, pos_label, sample_weight))


def equal_error_rate(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> float:
    """The error at the threshold where as many positives are missed as negatives pass.

    Where the ROC curve meets the line ``true positive rate = 1 - false positive rate``, the usual
    number for verification, same or different (A. Martin et al., "The DET curve in assessment of
    detection task performance", 1997). Between two thresholds the curve is a straight line.

    Parameters
    ----------
    y_true : labels of shape (n,)
        0 and 1, or -1 and 1, or any if `pos_label` says which is positive.
    y_score : array of shape (n,)
        The higher, the more probably positive: of distances take the negative.
    pos_label : label, optional
        By default 1.
    sample_weight : array of shape (n,), optional

    Returns
    -------
    float
        0 if a threshold parts the two without error, 0.5 for scores that know nothing. NaN, with a
        warning, where only one class occurs.

    Examples
    --------
    >>> equal_error_rate([0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.5, 0.7, 0.8, 0.9])
    0.25
    """
    false, true, _ = _passing(*_binary(y_true, y_score, pos_label, sample_weight))
    if false[-1] == 0 or true[-1] == 0:
        undefined("only one class occurs in y_true: the equal error rate is NaN")
        return math.nan
    passed = np.append(0, false / false[-1])
    missed = np.append(1, 1 - true / true[-1])
    behind = int(np.argmax(passed >= missed))  # the last one is: all pass, none is missed
    gaps = missed[behind - 1] - passed[behind - 1], passed[behind] - missed[behind]
    share = gaps[0] / (gaps[0] + gaps[1])
    return float(passed[behind - 1] + share * (passed[behind] - passed[behind - 1]))


# ---- what they share -------------------------------------------------------------------------


def _binary(
    y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which samples are positive, their scores, their weights; samples of weight 0 are dropped."""
    y_true = labels_of(y_true, "y_true")
    score = numbers_of(y_score, "y_score")
    if score.ndim != 1:
        raise ValueError(
            f"y_score must be one score for each sample, got shape {score.shape}: for two classes "
            "pass that of the positive one, y_score[:, 1]"
        )
    weights = weights_of(sample_weight, same_length(y_true=y_true, y_score=score))
    present = np.unique(y_true)
    if pos_label is None:
        pos_label = 1
        if not (set(present.tolist()) <= {0, 1} or set(present.tolist()) <= {-1, 1}):
            raise ValueError(
                f"the labels are {present[:5].tolist()}, not 0 and 1 or -1 and 1: say with "
                "pos_label= which is the positive class"
            )
    elif len(present) > 2:
        raise ValueError(
            f"y_true has {len(present)} classes, a curve has two sides: compare one class with the "
            "rest, y_true == label"
        )
    elif len(present) == 2 and pos_label not in present.tolist():
        raise ValueError(f"pos_label={pos_label!r} is none of the labels {present.tolist()}")
    positive = positions_of(y_true, labels_of([pos_label], "pos_label")) == 0
    counted = weights > 0
    return positive[counted], score[counted], weights[counted]


def _passing(
    positive: np.ndarray, score: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False and true positives at ``score >= threshold``, for each different score, falling."""
    order = np.argsort(-score, kind="stable")
    positive, score, weights = positive[order], score[order], weights[order]
    last_of_equals = np.append(score[1:] != score[:-1], True)
    true = np.cumsum(weights * positive)[last_of_equals]
    false = np.cumsum(weights * ~positive)[last_of_equals]
    return false, true, score[last_of_equals]


def _rate(passed: np.ndarray, of: str, name: str) -> np.ndarray:
    """The share of all that have passed, from 0."""
    if passed[-1] == 0:
        undefined(f"there are no {of} samples in y_true: the {name} rate is NaN")
        return np.full(len(passed) + 1, math.nan)
    return np.concatenate([[0.0], passed / passed[-1]])


def _area_below_roc(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    """Trapezoids between the thresholds: a tie of positives and negatives gives half its pairs."""
    false, true, _ = _passing(positive, score, weights)
    if false[-1] == 0 or true[-1] == 0:
        undefined("only one class occurs in y_true, there are no pairs: ROC AUC is NaN")
        return math.nan
    return auc(np.append(0, false), np.append(0, true)) / float(false[-1] * true[-1])


def _step_area(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    """Each step of recall times the precision after it."""
    false, true, _ = _passing(positive, score, weights)
    if true[-1] == 0:
        undefined("there are no positive samples in y_true: average precision is set to 0")
        return 0.0
    return float(np.dot(np.diff(true, prepend=0.0), true / (true + false)) / true[-1])


def _one_against_rest(
    area: Callable[[np.ndarray, np.ndarray, np.ndarray], float],
    y_true: np.ndarray,
    score: np.ndarray,
    average: str | None,
    sample_weight: Any,
    labels: Any,
) -> Any:
    """The area of each class against all others, or their mean."""
    one_of(average, ("macro", "weighted", None), "average")
    weights = weights_of(sample_weight, same_length(y_true=y_true, y_score=score))
    columns = columns_of(y_true, score.shape[1], labels, "y_score")
    counted = weights > 0
    score, columns, weights = score[counted], columns[counted], weights[counted]
    areas = np.array(
        [area(columns == number, score[:, number], weights) for number in range(score.shape[1])]
    )
    if average is None:
        return areas
    if average == "macro":
        return float(areas.mean())
    return float(np.average(areas, weights=np.bincount(columns, weights, score.shape[1])))
