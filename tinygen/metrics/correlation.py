"""Whether two measurements go together: in a straight line, or only in their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.metrics.checks import numbers_of, same_length, undefined

__all__ = ["pearson_correlation", "spearman_correlation"]


def pearson_correlation(x: Any, y: Any) -> float:
    """How nearly two measurements lie on a straight line: ``cov(x, y) / (std(x) std(y))``.

    Parameters
    ----------
    x, y : numbers of shape (N,)

    Returns
    -------
    float
        From -1 to 1; NaN, with a warning, if one of them never changes.

    Raises
    ------
    ValueError
        If there is not one of each for each sample.

    Examples
    --------
    >>> round(pearson_correlation([0, 1, 2], [1, 3, 5]), 6)
    1.0
    """
    first, second = numbers_of(x, "x", ndim=1), numbers_of(y, "y", ndim=1)
    same_length(x=first, y=second)
    return _correlation(first, second)


def spearman_correlation(x: Any, y: Any) -> float:
    """Whether one measurement always grows with the other: the correlation of their ranks.

    C. Spearman, "The proof and measurement of association between two things" (1904). Equal values
    share the mean of their ranks.

    Parameters
    ----------
    x, y : numbers of shape (N,)

    Returns
    -------
    float
        1 if they are in the same order, -1 if in the opposite one; NaN, with a warning, if one of
        them never changes.

    Raises
    ------
    ValueError
        If there is not one of each for each sample.

    Examples
    --------
    >>> round(spearman_correlation([0, 1, 2, 3], [1, 10, 100, 1000]), 6)
    1.0
    """
    first, second = numbers_of(x, "x", ndim=1), numbers_of(y, "y", ndim=1)
    same_length(x=first, y=second)
    return _correlation(_ranks(first), _ranks(second))


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    if spread == 0:
        undefined("a correlation with something that never changes is not defined: it is NaN")
        return float("nan")
    return float(x @ y) / spread


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 0 on, the mean of their ranks for equal values."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts) - 1
    ranks: np.ndarray = (last - (counts - 1) / 2)[which]
    return ranks
