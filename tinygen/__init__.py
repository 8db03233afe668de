"""tinygen: learn how images are generated and edited by neural networks, down to the last line.

>>> import tinygen as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from __future__ import annotations

from typing import Any

from tinygen import autograd, data, metrics, nn, optim, plots
from tinygen.autograd import (
    anomaly_mode,
    enable_grad,
    grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from tinygen.backend import plain
from tinygen.backend.random import get_rng_state, manual_seed, set_rng_state
from tinygen.gradcheck import gradcheck, gradgradcheck
from tinygen.io import load, save
from tinygen.ops import activation, elementwise, extremes, indexing, linalg, reduction, scan, shape
from tinygen.ops.activation import *  # noqa: F403
from tinygen.ops.elementwise import *  # noqa: F403
from tinygen.ops.extremes import *  # noqa: F403
from tinygen.ops.indexing import *  # noqa: F403
from tinygen.ops.linalg import *  # noqa: F403
from tinygen.ops.noise import bernoulli, randn_like
from tinygen.ops.reduction import *  # noqa: F403
from tinygen.ops.scan import *  # noqa: F403
from tinygen.ops.shape import *  # noqa: F403
from tinygen.tensors import *  # noqa: F403
from tinygen.tensors import __all__ as _tensor_names

__version__ = "0.1.0"

__all__ = [
    "anomaly_mode", "autograd", "bernoulli", "data", "enable_grad", "get_rng_state", "grad",
    "gradcheck", "gradgradcheck", "is_grad_enabled", "load", "manual_seed", "metrics", "nn",
    "no_grad", "optim", "plain", "plots", "randn_like", "save", "set_grad_enabled",
    "set_rng_state",
    *_tensor_names,
]  # fmt: skip
for _family in (activation, elementwise, extremes, indexing, linalg, reduction, scan, shape):
    __all__ += _family.__all__


def __getattr__(name: str) -> Any:
    """Functions beyond the four model families' needs are loaded when asked for."""
    if name == "einsum":
        from tinygen.ops.more import einsum

        return einsum
    raise AttributeError(f"tinygen has no {name!r}")
