"""How a tensor looks when it is printed: its values first, then what is unusual about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinygen import backend

if TYPE_CHECKING:
    from tinygen.tensors.tensor import Tensor

USUAL = (np.dtype(np.float32), np.dtype(np.int64), np.dtype(np.bool_))


def as_text(x: Tensor) -> str:
    """``tensor([1., 2.], dtype=float64, device='cuda', grad_fn=<Mul>)``."""
    name = type(x).__name__.replace("Tensor", "tensor")
    host = backend.of(x.data).to_numpy(x.data)
    values = np.array2string(
        host, separator=", ", prefix=f"{name}(", precision=4, suppress_small=True, threshold=200
    )
    notes = []
    if host.size == 0 and host.ndim > 1:
        notes.append(f"shape={host.shape}")
    if x.dtype not in USUAL:
        notes.append(f"dtype={x.dtype}")
    if x.device != "cpu":
        notes.append(f"device={x.device!r}")
    if x.grad_fn is not None:
        notes.append(f"grad_fn={x.grad_fn}")
    elif x.requires_grad and name == "tensor":
        notes.append("requires_grad=True")
    return f"{name}({', '.join([values, *notes])})"
