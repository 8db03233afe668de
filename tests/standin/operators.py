"""Python's operators and NumPy's dispatch protocols for the device array."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from tests.standin.accounting import strict
from tests.standin.array import ndarray
from tests.standin.ufuncs import ufunc

_ARITHMETIC = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def attach(namespace: ModuleType) -> None:
    """Give `ndarray` its operators, from the ufuncs of the given module."""
    for operator, name in _ARITHMETIC.items():
        function = getattr(namespace, name)
        setattr(ndarray, f"__{operator}__", _binary(function))
        setattr(ndarray, f"__r{operator}__", _reflected(function))
        if operator != "matmul":  # CuPy has no __imatmul__
            setattr(ndarray, f"__i{operator}__", _in_place(function))
    for operator, name in _COMPARISONS.items():
        setattr(ndarray, f"__{operator}__", _binary(getattr(namespace, name)))
    for operator, name in _UNARY.items():
        setattr(ndarray, f"__{operator}__", _unary(getattr(namespace, name)))
    ndarray.__array_ufunc__ = _array_ufunc(namespace)
    ndarray.__array_function__ = _array_function(namespace)


def _unary(function: ufunc) -> Callable[..., Any]:
    def operator(self: ndarray) -> Any:
        return function(self)

    return operator


def _binary(function: ufunc) -> Callable[..., Any]:
    def operator(self: ndarray, other: Any) -> Any:
        if _has_its_own_operator(other):
            return NotImplemented
        return function(self, other)

    return operator


def _reflected(function: ufunc) -> Callable[..., Any]:
    def operator(self: ndarray, other: Any) -> Any:
        return function(other, self)

    return operator


def _in_place(function: ufunc) -> Callable[..., Any]:
    def operator(self: ndarray, other: Any) -> Any:
        return function(self, other, out=self)

    return operator


def _has_its_own_operator(other: Any) -> bool:
    """Whether an operand asks to be left alone, as NumPy's arrays honour it."""
    return getattr(other, "__array_ufunc__", ndarray) is None


def _array_ufunc(namespace: ModuleType) -> Callable[..., Any]:
    """Make the protocol that NumPy calls for ``np.exp(x)`` and for ``np.float32(2) * x``."""

    def protocol(
        self: ndarray, numpy_ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        name = numpy_ufunc.__name__
        is_operator_of_scalar = any(isinstance(operand, np.generic) for operand in inputs)
        if strict.numpy_functions and not is_operator_of_scalar:
            host_operand = any(isinstance(operand, np.ndarray) for operand in inputs)
            advice = "a host array meets a device array" if host_operand else f"write xp.{name}"
            raise TypeError(f"np.{name} called on a device array: {advice}")
        function = getattr(namespace, name)
        return (function if method == "__call__" else getattr(function, method))(*inputs, **options)

    return protocol


def _array_function(namespace: ModuleType) -> Callable[..., Any]:
    """Make the protocol that NumPy calls for ``np.sum(x)``."""

    def protocol(self: ndarray, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = function.__name__
        if strict.numpy_functions:
            raise TypeError(f"np.{name} called on a device array: write xp.{name}")
        return getattr(namespace, name)(*args, **kwargs)

    return protocol
