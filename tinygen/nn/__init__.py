"""Modules that own parameters, PyTorch's names throughout."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tinygen.nn import activation, functional, init, layers, loss, pooling, utils
from tinygen.nn.activation import *  # noqa: F403
from tinygen.nn.containers import ModuleDict, ModuleList, Sequential
from tinygen.nn.layers import *  # noqa: F403
from tinygen.nn.loss import *  # noqa: F403
from tinygen.nn.module import Buffer, Module, Parameter
from tinygen.nn.normalization import BatchNorm1d, BatchNorm2d, LayerNorm
from tinygen.nn.pooling import *  # noqa: F403
from tinygen.nn.recurrent import GRU, LSTM, RNN, KerasLSTM
from tinygen.nn.summary import summary

__all__ = [
    "GRU", "LSTM", "RNN", "BatchNorm1d", "BatchNorm2d", "Buffer", "KerasLSTM", "LayerNorm",
    "Module", "ModuleDict", "ModuleList", "Parameter", "Sequential",
    "functional", "init", "summary", "utils",
]  # fmt: skip
__all__ += activation.__all__
__all__ += layers.__all__
__all__ += loss.__all__
__all__ += pooling.__all__


def __getattr__(name: str) -> Any:
    """Layers beyond the four model families' needs are loaded when asked for."""
    for file in ("more", "masked"):
        module = import_module(f"tinygen.nn.{file}")  # "from tinygen.nn" would ask here again
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(f"tinygen.nn has no {name!r}")
