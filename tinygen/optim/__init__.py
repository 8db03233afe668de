"""Optimizers, learning-rate schedules, penalties and averages of weights, as in ``torch.optim``.

Read ``optimizer`` first, then any algorithm: each stands alone on it. What is asked for less often
is imported at its first use.
"""

from __future__ import annotations

import importlib
from typing import Any

from tinygen.optim import lr_scheduler
from tinygen.optim.adagrad import Adagrad
from tinygen.optim.adam import Adam, AdamW
from tinygen.optim.optimizer import Optimizer
from tinygen.optim.rmsprop import RMSprop
from tinygen.optim.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]

_LAZY_CLASSES = {"Adadelta": "tinygen.optim.adadelta"}
_LAZY_MODULES = ("penalties", "swa_utils")


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        return importlib.import_module(f"tinygen.optim.{name}")
    if name in _LAZY_CLASSES:
        return getattr(importlib.import_module(_LAZY_CLASSES[name]), name)
    raise AttributeError(f"module 'tinygen.optim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_LAZY_CLASSES, *_LAZY_MODULES])
