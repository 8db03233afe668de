"""Modules whose functions are NumPy's, served under CuPy's frozen names and signatures."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from tests.standin.accounting import counters, synchronize
from tests.standin.array import (
    c_ordered,
    device_arrays,
    is_view,
    ndarray,
    refuse_promotion,
    supported,
    unwrap,
    wrap,
)
from tests.standin.frozen import binder, names, refuse_missing
from tests.standin.ufuncs import ufunc

# Answered on the host, from shapes and dtypes alone.
_HOST_ANSWERS = names(
    "broadcast_shapes can_cast common_type isdtype isscalar issubdtype iterable min_scalar_type "
    "ndim promote_types result_type shape size"
)
# The shape or the type of the result depends on values: the host has to wait for them.
_SYNCHRONIZING = names(
    "argwhere array2string array_repr array_str bincount extract flatnonzero histogram nonzero "
    "save savetxt savez trim_zeros unique"
)
_JOINING = names("concat concatenate dstack hstack stack vstack")
_CREATION = names(
    "arange empty empty_like eye full full_like identity linspace ones ones_like tri zeros "
    "zeros_like"
)
# Memory without content: nothing runs on the device.
_ALLOCATION = names("empty empty_like")
# These keep the order of their input in CuPy as in NumPy.
_ORDER_KEEPING = names("asfortranarray astype copy empty_like full_like ones_like zeros_like")
_HOST_TYPES = (np.generic, np.dtype, np.finfo, np.iinfo, Exception)


class FrozenModule(ModuleType):
    """A module of CuPy, filled from NumPy's as its names are asked for.

    Parameters
    ----------
    name : str
        Its name, ``cupy.linalg`` for one.
    source : module
        NumPy's counterpart.
    table : mapping of str to str
        The names the frozen CuPy has there.
    """

    def __init__(self, name: str, source: ModuleType, table: Mapping[str, str]) -> None:
        super().__init__(name, f"Stand-in for {name}.")
        self._source = source
        self._table = table

    def __getattr__(self, name: str) -> Any:
        if name not in self._table or not hasattr(self._source, name):
            refuse_missing(self.__name__, self._table, name)
        value = self._served(name, self._table[name], getattr(self._source, name))
        setattr(self, name, value)  # asked once
        return value

    def _served(self, name: str, kind: str, found: Any) -> Any:
        """Turn NumPy's object into what CuPy has under this name."""
        if isinstance(found, np.ufunc):
            return ufunc(found)
        if kind.startswith("("):
            return _function(name, kind, found)
        is_host_type = isinstance(found, type) and issubclass(found, _HOST_TYPES)
        is_constant = kind == "value" and (found is None or isinstance(found, float))
        if not (is_host_type or is_constant):
            refuse_missing(self.__name__, self._table, name)
        return found


def _function(name: str, signature: str, numpy_function: Any) -> Callable[..., Any]:
    """Make a function that checks its call against CuPy's signature and lets NumPy compute."""
    bind = binder(name, signature)
    is_answered_on_host = name in _HOST_ANSWERS

    @functools.wraps(numpy_function)
    def function(*args: Any, **kwargs: Any) -> Any:
        options = bind(*args, **kwargs)
        supported(options.get("dtype"))
        if name in _SYNCHRONIZING or (name == "where" and len(args) == 1):
            synchronize()
        if name in _JOINING:
            _refuse_other_than_device_arrays(args[0])
        host_args = [unwrap(argument) for argument in args]
        host_kwargs = {key: unwrap(value) for key, value in kwargs.items()}
        with np.errstate(all="ignore"):  # a GPU does not warn
            result = numpy_function(*host_args, **host_kwargs)
        if is_answered_on_host:
            return result
        if isinstance(result, bool):  # allclose and its like, 0-d arrays in CuPy
            result = np.bool_(result)
        if options.get("out") is not None:
            counters.launches += 1
            return options["out"]
        operands = (*args, *kwargs.values())
        if options.get("dtype") is None and name not in _CREATION:
            refuse_promotion(name, operands, result)
        return wrap(_on_device(name, result, operands))

    return function


def _refuse_other_than_device_arrays(arrays: Any) -> None:
    """Raise where a host array is among the arrays to be joined."""
    if not all(isinstance(array, ndarray) for array in arrays):
        raise TypeError("Only cupy arrays can be concatenated")


def _on_device(name: str, result: Any, operands: tuple[Any, ...]) -> Any:
    """Count the launch that made a result; a fresh array is in C order, as CuPy's are."""
    first = result[0] if isinstance(result, list | tuple) and result else result
    if is_view(first, device_arrays(operands)):
        return result
    if name not in _ALLOCATION:
        counters.launches += 1
    if name in _ORDER_KEEPING or not isinstance(result, np.ndarray):
        return result
    return c_ordered(result)
