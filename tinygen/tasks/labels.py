"""Labels that a user gave for pictures."""

from __future__ import annotations

from typing import Any

from tinygen.models import Classifier
from tinygen.tensors import Tensor, as_tensor

__all__ = ["known_classes"]


def known_classes(model: Classifier, labels: Any, pictures: Tensor) -> Tensor:
    """The labels of pictures, once they were found to be classes of a model, one for each.

    Parameters
    ----------
    model : Classifier
    labels : N integers
    pictures : Tensor of shape (N, ...)

    Returns
    -------
    integer Tensor of shape (N,)
        On the device of the pictures.

    Raises
    ------
    ValueError
        If they are not as many, no integers, or there is no such class.
    """
    known = as_tensor(labels, device=pictures.device)
    if tuple(known.shape) != (len(pictures),) or known.dtype.kind not in "iu":
        raise ValueError(
            f"{len(pictures)} pictures need as many integers as labels, got {known.dtype} of shape "
            f"{tuple(known.shape)}"
        )
    low, high, classes = known.min().item(), known.max().item(), model.output.out_features
    if low < 0 or high >= classes:
        raise ValueError(
            f"{type(model).__name__} knows the classes 0 to {classes - 1}, got "
            f"{low if low < 0 else high}"
        )
    return known
