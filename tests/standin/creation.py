"""The doors between host and device: arrays from host data, and back."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np

from tests.standin.accounting import counters
from tests.standin.array import device_arrays, ndarray, supported, wrap


def array(
    obj: Any,
    dtype: Any = None,
    copy: bool | None = True,
    order: str | None = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> ndarray:
    """Create a device array from host data or from device arrays."""
    supported(dtype)
    if isinstance(obj, ndarray):
        return _from_device(obj, dtype, copy, order, ndmin)
    if isinstance(obj, list | tuple) and any(True for _ in device_arrays(obj)):
        counters.launches += 1
        stacked = np.stack([array(part)._host for part in obj])
        return wrap(stacked if dtype is None else stacked.astype(dtype))
    return _from_host(obj, dtype, order, ndmin)


def _from_device(
    source: ndarray, dtype: Any, copy: bool | None, order: str | None, ndmin: int
) -> ndarray:
    """Copy or convert on the device; the same array comes back if nothing is to be done."""
    result = source.astype(source.dtype if dtype is None else dtype, order or "K", copy=bool(copy))
    missing_axes = max(0, ndmin - result.ndim)
    return result.reshape((1,) * missing_axes + result.shape) if missing_axes else result


def _from_host(data: Any, dtype: Any, order: str | None, ndmin: int) -> ndarray:
    """Upload. What is not in Fortran order arrives in C order, whatever its strides."""
    if order is None or order in "KA":
        in_fortran_order = isinstance(data, np.ndarray) and data.flags.fnc
        order = "F" if in_fortran_order and order else "C"
    counters.to_device += 1
    with np.errstate(all="ignore"):
        return wrap(np.array(data, dtype=dtype, order=order, ndmin=ndmin))


def asarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    copy: bool | None = None,
    blocking: bool = False,
) -> ndarray:
    """Return device data as it is where possible, upload host data."""
    return array(a, dtype, copy, order, blocking=blocking)


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    """Return the data in C order, copying only where needed."""
    return array(a, dtype, None, "C")


def asnumpy(
    a: Any,
    stream: Any = None,
    order: str = "C",
    out: np.ndarray | None = None,
    *,
    blocking: bool = True,
) -> np.ndarray:
    """Return the data as a host array; a host array passes through."""
    if isinstance(a, ndarray):
        return a.get(stream, order, out, blocking)
    if out is None:
        return np.asarray(a, order=order)
    out[...] = a
    return out


def get_array_module(*args: Any) -> ModuleType:
    """Return the module whose functions take these arguments: this one or NumPy."""
    if any(isinstance(arg, ndarray) for arg in args):
        return sys.modules["tests.standin"].cupy
    return np
