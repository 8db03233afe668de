"""tinygen: learn how images are generated and edited by neural networks, down to the last line.

>>> import tinygen as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tinygen import autograd, nn, optim
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

if TYPE_CHECKING:
    from tinygen import data, io, metrics, models, plots
    from tinygen.io import load, save

__version__ = "0.1.0"

__all__ = [
    "anomaly_mode", "autograd", "bernoulli", "data", "enable_grad", "get_rng_state", "grad",
    "gradcheck", "gradgradcheck", "io", "is_grad_enabled", "load", "manual_seed", "metrics",
    "models", "nn", "no_grad", "optim", "plain", "plots", "randn_like", "save", "set_grad_enabled",
    "set_rng_state",
    *_tensor_names,
]  # fmt: skip
for _family in (activation, elementwise, extremes, indexing, linalg, reduction, scan, shape):
    __all__ += _family.__all__


_ROOMS = ("data", "io", "metrics", "models", "plots")
_LATER = {"einsum": "tinygen.ops.more", "load": "tinygen.io", "save": "tinygen.io"}


def __getattr__(name: str) -> Any:
    """What not every program needs is loaded when it is asked for: ``import tinygen`` is quick."""
    if name in _ROOMS:
        return importlib.import_module(f"tinygen.{name}")
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"tinygen has no {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_LATER})
