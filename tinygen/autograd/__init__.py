"""Automatic differentiation. It knows no op: those are in :mod:`tinygen.ops`."""

from tinygen.autograd.anomaly import AnomalyError, anomaly_mode
from tinygen.autograd.engine import Function, Variable, backward, grad
from tinygen.autograd.modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = [
    "AnomalyError",
    "Function",
    "Variable",
    "anomaly_mode",
    "backward",
    "enable_grad",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]
