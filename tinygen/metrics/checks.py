"""What metrics ask of their inputs: host arrays that belong together, or an error that teaches."""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.tensors import Tensor

__all__ = [
    "UndefinedMetricWarning", "as_host", "columns_of", "labels_of", "numbers_of", "one_of",
    "positions_of", "probabilities_of", "rows_of", "same_length", "undefined", "weights_of",
]  # fmt: skip

SUM_TOLERANCE = 1e-3
"""How far from one the probabilities of a sample may sum: float16 and rounded tables pass.

As far may a single one be outside [0, 1]."""


class UndefinedMetricWarning(UserWarning):
    """A metric is not defined by its inputs (0/0); the message says what is returned instead."""


def undefined(message: str) -> None:
    """Warn in the name of whoever called the metric."""
    warnings.warn(message, UndefinedMetricWarning, stacklevel=_frames_of_the_room())


def _frames_of_the_room() -> int:
    """How many frames up the first caller outside this package is."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_of_the_room(frame):
        frame, level = frame.f_back, level + 1
    return level


def _is_of_the_room(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(f"{__package__}.")


def as_host(values: Any, name: str) -> np.ndarray:
    """A tensor, a device array, a NumPy array or nested lists as a NumPy array."""
    if isinstance(values, Tensor):
        values = values.data
    if type(values) in backend.MODULES:
        return backend.of(values).to_numpy(values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} is no array: its parts have different lengths ({error}). "
            "Pass one number, or one row of equal length, for each sample"
        ) from error
    if array.dtype == object:
        raise TypeError(f"{name} holds {type(values).__name__} objects: pass numbers or strings")
    return array


def numbers_of(values: Any, name: str, ndim: int | None = None) -> np.ndarray:
    """Finite numbers in float64, of as many dimensions as asked for."""
    array = as_host(values, name)
    _check_finite(array, name)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(
            f"{name} must have {ndim} dimension{'s' * (ndim > 1)}, got shape {array.shape}"
        )
    return array.astype(np.float64, copy=False)


def _check_finite(array: np.ndarray, name: str) -> None:
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        nan, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
        raise ValueError(
            f"{name} holds {nan} NaN and {infinite} infinite values of {array.size}: "
            "the model has diverged, or divided by zero. tg.anomaly_mode() finds the op"
        )


def rows_of(values: Any, name: str) -> np.ndarray:
    """One row of finite numbers for each sample, images flattened, in their own dtype."""
    array = as_host(values, name)
    _check_finite(array, name)
    if array.ndim < 2:
        raise ValueError(
            f"{name} must be (samples, features) or (samples, ...), got shape {array.shape}: "
            "use reshape(1, -1) for one sample, reshape(-1, 1) for one feature"
        )
    if not len(array):
        raise ValueError(f"{name} is empty: shape {array.shape}")
    return array.reshape(len(array), -1)


def labels_of(values: Any, name: str) -> np.ndarray:
    """One label for each sample: int64 or strings."""
    array = as_host(values, name)
    if array.ndim != 1:
        raise ValueError(
            f"{name} must be one label for each sample, got shape {array.shape}. Scores or one-hot "
            "rows of shape (samples, classes) become labels by argmax(axis=1)"
        )
    if array.dtype.kind in "US":
        return array
    if array.dtype.kind == "f":
        if not (array == np.floor(array)).all() or not np.isfinite(array).all():
            raise ValueError(
                f"{name} must be labels, got {array.dtype} values such as {array[:3]}: scores "
                "become labels by a threshold, such as (scores > 0.5), or by argmax"
            )
    elif array.dtype.kind not in "biu":
        raise TypeError(f"{name} must be labels (integers or strings), got {array.dtype}")
    return array.astype(np.int64)


def same_length(**arrays: np.ndarray) -> int:
    """The common length of the arrays, which must not be zero."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(
            f"one entry for each sample is needed everywhere: {told}. Perhaps the last batch "
            "was left out of one of them (drop_last)"
        )
    length = next(iter(lengths.values()))
    if not length:
        raise ValueError(f"there is nothing to measure: {' and '.join(arrays)} have no samples")
    return length


def weights_of(sample_weight: Any, length: int) -> np.ndarray:
    """The weights of the samples in float64: ones by default."""
    if sample_weight is None:
        return np.ones(length)
    weights = numbers_of(sample_weight, "sample_weight", ndim=1)
    if len(weights) != length:
        raise ValueError(f"sample_weight has {len(weights)} entries for {length} samples")
    if weights.min() < 0 or weights.sum() == 0:
        raise ValueError("sample_weight must not be negative and must not be zero everywhere")
    return weights


def probabilities_of(values: Any, name: str) -> np.ndarray:
    """Probabilities in float64: (samples, classes), of rows that sum to one, or (samples,)."""
    array = numbers_of(values, name)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} must be (samples, classes), or (samples,) for the probability of the "
            f"positive class, got shape {array.shape}"
        )
    if array.size and (array.min() < -SUM_TOLERANCE or array.max() > 1 + SUM_TOLERANCE):
        raise ValueError(
            f"{name} must be probabilities, got values from {array.min():.4g} to "
            f"{array.max():.4g}: logits become probabilities by softmax(dim=1), or by sigmoid"
        )
    if array.ndim == 2 and array.size:
        sums = array.sum(axis=1)
        wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE)
        if len(wrong):
            raise ValueError(
                f"each row of {name} must sum to one, row {wrong[0]} sums to {sums[wrong[0]]:.4g}: "
                "apply softmax over the classes (dim=1), once"
            )
    return array


def columns_of(y_true: np.ndarray, classes: int, labels: Any, name: str) -> np.ndarray:
    """Which column of a (samples, classes) array each label means.

    Without `labels`, integers are numbers of columns; strings must all occur, and are sorted.
    """
    if labels is not None:
        known = labels_of(labels, "labels")
        if len(known) != classes or len(np.unique(known)) != classes:
            raise ValueError(
                f"labels must name each of the {classes} columns of {name} once, got {known}"
            )
    elif y_true.dtype.kind in "US":
        known = np.unique(y_true)
        if len(known) != classes:
            raise ValueError(
                f"y_true has {len(known)} different labels, {name} has {classes} columns: say "
                "with labels= which column is which"
            )
    else:
        known = np.arange(classes)
    columns = positions_of(y_true, known)
    if (columns < 0).any():
        strange = np.unique(y_true[columns < 0])[:5].tolist()
        raise ValueError(
            f"y_true holds the labels {strange}, which {name} of {classes} columns has no column "
            f"for: labels count from 0 to {classes - 1}, or are named by labels="
        )
    return columns


def positions_of(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Where each value stands in labels; -1 where it does not."""
    if (values.dtype.kind in "US") != (labels.dtype.kind in "US"):
        raise TypeError(
            f"labels of different kinds cannot be compared: {values.dtype} with {labels.dtype}"
        )
    order = np.argsort(labels, kind="stable")
    nearest = np.searchsorted(labels, values, sorter=order)
    positions = order[np.minimum(nearest, len(labels) - 1)]
    return np.where(labels[positions] == values, positions, -1)


def one_of(value: Any, choices: tuple[Any, ...], name: str) -> None:
    """Refuse what is not among the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
