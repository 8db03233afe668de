"""Directions in a space of codes: where an attribute grows, where a class is."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.metrics.checks import labels_of, numbers_of
from tinygen.tensors import Tensor, float32, tensor

__all__ = ["attribute_vector", "class_vectors"]


def attribute_vector(codes: Tensor, values: Any, labels: Any = None, share: float = 0.25) -> Tensor:
    """The direction in which an attribute grows: from codes with little of it to those with much.

    The difference of two mean codes, as A. Larsen et al., "Autoencoding beyond pixels using a
    learned similarity metric" (2016), section 4.2.2, take it; there of pictures with and without an
    attribute, here of those with the largest and the smallest values. It is scaled to one standard
    deviation of the attribute, as far as codes and attribute change together in a straight line.

    Where labels are given, codes and values are first taken relative to the means of their class.
    Otherwise thicker strokes would also mean fewer ones, which are thin.

    Parameters
    ----------
    codes : float Tensor of shape (N, D)
    values : N numbers
        Of the attribute, see :mod:`tinygen.tasks.attributes`.
    labels : N integers, optional
    share : float
        How much of the codes stands at either end, up to a half.

    Returns
    -------
    Tensor of shape (D,)
        On the device of the codes.

    Raises
    ------
    ValueError
        If there is not a value or a label for each code, the share is out of range, or all values
        are the same.
    """
    points, amounts = numbers_of(codes, "codes", 2), numbers_of(values, "values", 1)
    if len(points) != len(amounts) or len(points) < 2:
        raise ValueError(
            f"attribute_vector needs two codes at least and a value for each, got {len(points)} "
            f"codes and {len(amounts)} values"
        )
    if not 0 < share <= 0.5:
        raise ValueError(f"share is above 0 and at most 0.5, for either end, got {share}")
    if labels is not None:
        points, amounts = (_within_classes(part, labels) for part in (points, amounts))
    order = np.argsort(amounts, kind="stable")
    count = max(1, round(share * len(order)))
    little, much = order[:count], order[-count:]
    gained = amounts[much].mean() - amounts[little].mean()
    if not gained > 0:
        raise ValueError("all values of the attribute are the same: they show no direction")
    vector = (points[much].mean(0) - points[little].mean(0)) / gained * amounts.std()
    return tensor(vector.astype(float32), device=codes.device)


def _within_classes(values: np.ndarray, labels: Any) -> np.ndarray:
    """Values minus the mean of their class."""
    known = _labels_of(labels, len(values))
    rest = values.copy()
    for label in np.unique(known):
        rest[known == label] -= rest[known == label].mean(0)
    return rest


def _labels_of(labels: Any, count: int) -> np.ndarray:
    known = labels_of(labels, "labels")
    if len(known) != count:
        raise ValueError(f"{count} codes need as many labels, got {len(known)}")
    return known


def class_vectors(codes: Tensor, labels: Any, classes: int = 10) -> Tensor:
    """Where each class is in a space of codes; the way from one to another is their difference.

    Parameters
    ----------
    codes : float Tensor of shape (N, D)
    labels : N integers
    classes : int

    Returns
    -------
    Tensor of shape (classes, D)
        The mean code of each.

    Raises
    ------
    ValueError
        If a class has no code, or there is not a label for each code.
    """
    points = numbers_of(codes, "codes", 2)
    known = _labels_of(labels, len(points))
    missing = set(range(classes)) - set(known.tolist())
    if missing:
        raise ValueError(f"class_vectors got no code of class {min(missing)}")
    means = np.stack([points[known == label].mean(0) for label in range(classes)])
    return tensor(means.astype(float32), device=codes.device)
