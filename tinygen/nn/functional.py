"""Layers and losses as functions: ``import tinygen.nn.functional as F``."""

from __future__ import annotations

from typing import Any

from tinygen.ops.activation import *  # noqa: F403
from tinygen.ops.activation import __all__ as _activations
from tinygen.ops.conv import conv2d, conv_transpose2d
from tinygen.ops.elementwise import sigmoid, tanh
from tinygen.ops.indexing import embedding, one_hot
from tinygen.ops.linalg import linear
from tinygen.ops.loss import *  # noqa: F403
from tinygen.ops.loss import __all__ as _losses
from tinygen.ops.noise import dropout, dropout2d, reparameterize
from tinygen.ops.norm import batch_norm, layer_norm
from tinygen.ops.pool import *  # noqa: F403
from tinygen.ops.pool import __all__ as _pools

__all__ = [
    "batch_norm", "conv2d", "conv_transpose2d", "dropout", "dropout2d", "embedding", "layer_norm",
    "linear", "one_hot", "reparameterize", "sigmoid", "tanh",
    *_activations, *_losses, *_pools,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Functions beyond the four model families' needs are loaded when asked for."""
    from tinygen.ops import more

    if name in more.__all__:
        return getattr(more, name)
    raise AttributeError(f"tinygen.nn.functional has no function {name!r}")
