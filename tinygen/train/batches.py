"""Batches of any make: tuples, lists and dicts of tensors and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.tensors import Tensor, as_tensor

__all__ = ["number", "on_device", "on_host", "pair", "size_of", "tensors_in"]


def on_device(batch: Any, device: str) -> Any:
    """A batch with all its tensors and arrays as tensors on a device."""
    if isinstance(batch, Tensor):
        return batch.to(device)
    if type(batch) in backend.MODULES:
        return as_tensor(batch, device=device)
    if isinstance(batch, Mapping):
        return {name: on_device(part, device) for name, part in batch.items()}
    if isinstance(batch, tuple | list):
        return tuple(on_device(part, device) for part in batch)
    return batch


def pair(batch: Any) -> tuple[Any, Any]:
    """A batch of inputs and targets, or an error that says what it is instead."""
    if isinstance(batch, tuple) and len(batch) == 2:
        return batch
    parts = f" of {len(batch)}" if isinstance(batch, tuple | dict) else ""
    raise ValueError(
        f"loss= is for batches of (inputs, targets), but this one is a {type(batch).__name__}"
        f"{parts}: give step=, a function of the model and the batch that returns the loss"
    )


def tensors_in(batch: Any) -> list[Tensor]:
    """The tensors in a batch, in their order."""
    if isinstance(batch, Tensor):
        return [batch]
    if isinstance(batch, Mapping):
        batch = tuple(batch.values())
    if isinstance(batch, tuple | list):
        return [tensor for part in batch for tensor in tensors_in(part)]
    return []


def size_of(batch: Any) -> int:
    """How many items a batch has: the length of its first tensor."""
    tensors = tensors_in(batch)
    return int(tensors[0].shape[0]) if tensors and tensors[0].ndim else 1


def on_host(tensor: Tensor) -> np.ndarray:
    """A tensor as a host array, without its graph."""
    return tensor.detach().numpy()


def number(value: Any) -> float:
    """A Python number of what a step returned; on a GPU this waits for it."""
    return float(value.item() if isinstance(value, Tensor) else value)
