"""What the pictures are made from: host arrays from whatever is handed in, and checked images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygen.tensors import Tensor

__all__ = ["host", "images_of"]

CHANNELS = (1, 3)
SLACK = 1e-3  # a quarter of a grey level: the rounding of a normalization undone


def host(values: Any) -> np.ndarray:
    """A host array from a Tensor on any device, an array, or a list of either."""
    if isinstance(values, Tensor):
        return values.detach().numpy()
    if isinstance(values, (list, tuple)):
        return np.array([host(value) if _holds(value) else value for value in values])
    return np.asarray(values)


def _holds(value: Any) -> bool:
    """Whether it is an array, a Tensor or a list, and no number."""
    return hasattr(value, "shape") or isinstance(value, (list, tuple))


def images_of(images: Any, caller: str, what: str = "images") -> np.ndarray:
    """Pictures as (N, H, W, 3) bytes.

    Parameters
    ----------
    images : Tensor or array
        (N, C, H, W), (N, H, W, C) or (N, H, W) with one or three channels; floating-point from
        0 to 1, ``uint8`` or ``bool``. If both orders are possible, channels come first.
    caller, what : str
        The function and argument that a message names.

    Raises
    ------
    ValueError
        If the shape or the range is another one.
    TypeError
        If they are integers of another type, complex, or no numbers.
    """
    array = host(images)
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and array.shape[1] in CHANNELS:
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[3] not in CHANNELS:
        raise ValueError(_wrong_shape(host(images).shape, caller, what))
    if array.size == 0:
        raise ValueError(f"{caller}: {what} of shape {host(images).shape} hold nothing to draw")
    return np.broadcast_to(_as_bytes(array, caller, what), (*array.shape[:3], 3))


def _wrong_shape(shape: tuple[int, ...], caller: str, what: str) -> str:
    message = (
        f"{caller} wants {what} of shape (N, C, H, W), (N, H, W, C) or (N, H, W) with C = 1 or 3 "
        f"channels, got {shape}"
    )
    if len(shape) == 2 and round(shape[1] ** 0.5) ** 2 == shape[1] and shape[1] > 9:
        side = round(shape[1] ** 0.5)
        return f"{message}: if these are flattened, use reshape(-1, 1, {side}, {side})"
    if len(shape) == 2:
        return f"{message}: for a single picture pass image[None]"
    if len(shape) == 4:
        return f"{message}: to see feature maps use activations(), kernels filters()"
    if len(shape) == 5:
        return f"{message}: join the first two axes, or pass them one at a time"
    return message


def _as_bytes(array: np.ndarray, caller: str, what: str) -> np.ndarray:
    """Shades from 0 to 255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind in "iu":
        raise TypeError(
            f"{caller} got {what} of {array.dtype}, whose range it cannot know: if they go from 0 "
            "to 255 use .astype('uint8'), else scale them to [0, 1] as float32"
        )
    if array.dtype.kind != "f":
        raise TypeError(f"{caller} got {what} of {array.dtype}: it draws floats and uint8")
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"{caller} got {what} with {count} values that are NaN or infinite: the model that "
            "made them has diverged, or something was divided by zero"
        )
    low, high = float(array.min()), float(array.max())
    if low < -SLACK or high > 1 + SLACK:
        raise ValueError(
            f"{caller} wants {what} from 0 to 1, got values from {low:.4g} to {high:.4g}: "
            f"{_range_advice(low, high)}"
        )
    return (array.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _range_advice(low: float, high: float) -> str:
    if low >= 0 and high <= 255:
        return "if they go to 255, divide by 255 or use .astype('uint8')"
    if low >= -1 - SLACK and high <= 1 + SLACK:
        return "after tanh use (images + 1) / 2"
    return "apply sigmoid to logits, or undo the normalization with images * std + mean"


def class_names(names: Sequence[str] | None, count: int, caller: str) -> list[str]:
    """The names of classes, by default their numbers."""
    if names is None:
        return [str(number) for number in range(count)]
    if len(names) != count:
        raise ValueError(f"{caller} got {len(names)} names for {count} classes: pass one for each")
    return [str(name) for name in names]


def class_labels(labels: Any, count: int, caller: str) -> np.ndarray:
    """Whole numbers from 0, one for each of ``count`` rows."""
    array = host(labels)
    if array.shape != (count,):
        raise ValueError(
            f"{caller} wants a label for each of {count} rows, got labels of shape {array.shape}"
        )
    if count and array.dtype.kind not in "iub":
        raise TypeError(
            f"{caller} wants class numbers as labels, got {array.dtype}: from one-hot rows or "
            "scores use .argmax(1)"
        )
    if count and array.min() < 0:
        raise ValueError(f"{caller} got the label {array.min()}: classes count from 0")
    return array.astype(np.int64)
