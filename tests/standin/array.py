"""The device array: a NumPy array behind a wall with CuPy's doors in it.

`wrap` and `unwrap` are the wall. Arithmetic is attached by ``operators.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import numpy as np

from tests.standin.accounting import counters, strict, synchronize
from tests.standin.frozen import API, binder, names, refuse_missing

SCALARS = (int, float, complex, np.generic)
_SUPPORTED_KINDS = frozenset("biufc")
_FLOAT64 = np.dtype(np.float64)


class Flags:
    """Memory flags; CuPy has these and no ``writeable``."""

    __slots__ = ("c_contiguous", "f_contiguous", "owndata")

    def __init__(self, host: np.ndarray) -> None:
        self.c_contiguous = host.flags.c_contiguous
        self.f_contiguous = host.flags.f_contiguous
        self.owndata = host.flags.owndata

    @property
    def fnc(self) -> bool:
        """Fortran order and not C order."""
        return self.f_contiguous and not self.c_contiguous

    @property
    def forc(self) -> bool:
        """Fortran order or C order."""
        return self.f_contiguous or self.c_contiguous

    def __getitem__(self, name: str) -> bool:
        if name not in ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA"):
            raise KeyError(f"CuPy has no flag {name!r}")
        return bool(getattr(self, name.lower()))


class MemoryPointer:
    """An address on the imaginary device: one of the host, which kernels there can follow."""

    def __init__(self, ptr: int) -> None:
        self.ptr = ptr


class ndarray:  # noqa: N801 (CuPy's name)
    """An array on the imaginary device; what CuPy refuses, it refuses.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype, default float64
    memptr, strides : None
        Not imitated.
    order : {'C', 'F'}
    """

    __slots__ = ("__weakref__", "_host")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    _host: np.ndarray

    def __init__(
        self,
        shape: Any,
        dtype: Any = float,
        memptr: None = None,
        strides: None = None,
        order: str = "C",
    ) -> None:
        if memptr is not None or strides is not None:
            raise NotImplementedError("the stand-in has no device pointers")
        self._host = np.empty(shape, supported(dtype), order=order)

    def __getattr__(self, name: str) -> NoReturn:
        refuse_missing("ndarray", API["ndarray"], name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    # -- what the host knows without asking the device ------------------------------------

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self._host.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._host.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._host.size

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self._host.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._host.nbytes

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from an element to the next along each axis."""
        return self._host.strides

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self._host.shape

    @property
    def flags(self) -> Flags:
        """Memory flags."""
        return Flags(self._host)

    @property
    def device(self) -> Any:
        """The only device there is."""
        from tests.standin.cuda import Device

        return Device(0)

    @property
    def data(self) -> MemoryPointer:
        """Where the array begins, for a kernel that is handed addresses."""
        return MemoryPointer(self._host.ctypes.data)

    @property
    def base(self) -> ndarray | None:
        """The array this one is a view of."""
        base = self._host.base
        return wrap(base) if isinstance(base, np.ndarray) else None

    @property
    def T(self) -> ndarray:  # noqa: N802 (NumPy's name)
        """View with the axes reversed."""
        return wrap(self._host.T)

    @property
    def mT(self) -> ndarray:  # noqa: N802 (NumPy's name)
        """View with the last two axes swapped."""
        return wrap(self._host.mT)

    @property
    def real(self) -> ndarray:
        """View of the real part."""
        return wrap(self._host.real)

    @property
    def imag(self) -> ndarray:
        """View of the imaginary part."""
        return wrap(self._host.imag)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[ndarray]:
        return (self[i] for i in range(len(self)))

    # -- reads: each one waits for the device ---------------------------------------------

    def get(
        self,
        stream: Any = None,
        order: str = "C",
        out: np.ndarray | None = None,
        blocking: bool = True,
    ) -> np.ndarray:
        """Copy to the host."""
        synchronize()
        counters.to_host += 1
        if out is None:
            return self._host.copy(order)
        out[...] = self._host
        return out

    def item(self) -> Any:
        """Return the only element as a Python scalar."""
        return self.get().item()

    def tolist(self) -> Any:
        """Return nested lists of Python scalars."""
        return self.get().tolist()

    def tobytes(self, order: str = "C") -> bytes:
        """Return the raw bytes."""
        return self.get().tobytes(order)

    def __bool__(self) -> bool:
        return bool(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __float__(self) -> float:
        return float(self.get())

    def __complex__(self) -> complex:
        return complex(self.get())

    def __repr__(self) -> str:
        return repr(self.get())

    def __str__(self) -> str:
        return str(self.get())

    def __format__(self, spec: str) -> str:
        return format(self.get(), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        from tests.standin.creation import asarray

        return asarray, (self.get("A"),)

    # -- writes ---------------------------------------------------------------------------

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Copy a host array of the same shape and dtype into this one."""
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self.dtype} array")
        if arr.shape != self.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        counters.to_device += 1
        self._host[...] = arr

    def fill(self, value: Any) -> None:
        """Set every element to a scalar."""
        self[...] = value

    # -- indexing -------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> ndarray:
        parts, is_basic = _host_index(index)
        if is_basic:
            # The trailing Ellipsis keeps x[0] of a vector a 0-d view, as on the device.
            return wrap(self._host[parts if Ellipsis in parts else (*parts, Ellipsis)])
        if any(_is_mask(part) for part in parts):
            synchronize()  # the shape of the result depends on the values
        counters.launches += 1
        try:
            return wrap(c_ordered(self._host[parts]))
        except IndexError as error:
            raise IndexError(f"{error}; CuPy would wrap it around, silently") from None

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(value, (ndarray, *SCALARS)):
            raise TypeError(
                f"cannot assign a {type(value).__name__} to elements of a device array: "
                f"move it to the device with xp.asarray first"
            )
        parts, is_basic = _host_index(index)
        if strict.duplicate_writes and not is_basic:
            self._refuse_duplicates(parts)
        counters.launches += 1
        self._host[parts] = unwrap(value)

    def _refuse_duplicates(self, parts: tuple[Any, ...]) -> None:
        """Raise where an assignment would write an element twice."""
        if any(_is_mask(part) for part in parts):
            return
        written = np.arange(self.size).reshape(self.shape)[parts]
        if np.unique(written).size != written.size:
            raise IndexError(
                "an element is written twice: which value stays is undefined on a GPU; "
                "use xp.add.at to accumulate, or make the indices unique"
            )

    # -- copies ---------------------------------------------------------------------------

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: None = None,
        subok: None = None,
        copy: bool = True,
    ) -> ndarray:
        """Convert to another type, keeping the order of the memory unless told otherwise."""
        if casting is not None or subok is not None:
            raise TypeError("casting and subok are not supported yet")
        with np.errstate(all="ignore"):
            result = self._host.astype(supported(dtype), order=order, copy=copy)
        if result is self._host:
            return self
        counters.launches += 1
        return wrap(result)

    def copy(self, order: str = "C") -> ndarray:
        """Copy, into C order unless told otherwise."""
        counters.launches += 1
        return wrap(self._host.copy(order))

    def reduced_view(self, dtype: Any = None) -> ndarray:
        """Return a view with as few axes as the memory allows."""
        return wrap(self._host.reshape(-1)) if self._host.flags.c_contiguous else self

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> ndarray:
        return self.copy()


ndarray.__module__ = "cupy"


# -- the wall -----------------------------------------------------------------------------


def wrap(result: Any) -> Any:
    """Turn what NumPy returned into device arrays; scalars become 0-d arrays, as in CuPy."""
    if isinstance(result, np.ndarray | np.generic):
        if result.dtype.kind not in _SUPPORTED_KINDS:
            raise ValueError(f"Unsupported dtype {result.dtype}")
        device_array = object.__new__(ndarray)
        device_array._host = np.asarray(result)
        return device_array
    if isinstance(result, tuple):  # a named tuple, as slogdet returns, becomes a plain one
        return tuple(wrap(part) for part in result)
    if isinstance(result, list):
        return [wrap(part) for part in result]
    return result


def unwrap(argument: Any) -> Any:
    """Turn device arrays, also inside lists and tuples, into what NumPy can compute with."""
    if isinstance(argument, ndarray):
        return argument._host
    if isinstance(argument, np.ndarray):
        raise TypeError(
            f"Unsupported type {np.ndarray}: a host array meets a device array; "
            f"move one of them first"
        )
    if isinstance(argument, list | tuple):
        return type(argument)([unwrap(part) for part in argument])
    return argument


def supported(dtype: Any) -> Any:
    """Return the dtype, refusing those that no GPU has."""
    if dtype is not None and np.dtype(dtype).kind not in _SUPPORTED_KINDS:
        raise ValueError(f"Unsupported dtype {np.dtype(dtype)}")
    return dtype


def device_arrays(argument: Any) -> Iterator[ndarray]:
    """Yield the device arrays among nested arguments."""
    if isinstance(argument, ndarray):
        yield argument
    elif isinstance(argument, list | tuple):
        for part in argument:
            yield from device_arrays(part)


def c_ordered(result: Any) -> Any:
    """Bring a fresh result into C order: CuPy allocates its outputs so, NumPy keeps the input's."""
    if isinstance(result, np.ndarray) and not result.flags.c_contiguous:
        return np.ascontiguousarray(result)
    return result


def is_view(result: Any, sources: Iterable[ndarray]) -> bool:
    """Whether a result shares memory with one of the arrays it came from."""
    if not isinstance(result, np.ndarray) or result.flags.owndata:
        return False
    return any(np.may_share_memory(result, source._host) for source in sources)


def refuse_promotion(name: str, operands: Any, result: Any) -> None:
    """Raise where float32 operands gave a float64 result that nobody asked for."""
    if not strict.float64_results or not _holds_float64(result):
        return
    inputs = {array.dtype for array in device_arrays(operands) if array.dtype.kind == "f"}
    if inputs and _FLOAT64 not in inputs:
        seen = ", ".join(sorted(map(str, inputs)))
        raise TypeError(
            f"{name}: {seen} operands gave a float64 result; the likely cause is a NumPy "
            f"float64 scalar or an integer array among the operands. Use a Python float, or "
            f"ask with dtype="
        )


def _holds_float64(result: Any) -> bool:
    """Whether a result of NumPy is, or holds, a float64 array."""
    if isinstance(result, list | tuple):
        return any(_holds_float64(part) for part in result)
    return isinstance(result, np.ndarray | np.generic) and result.dtype == _FLOAT64


def _host_index(index: Any) -> tuple[tuple[Any, ...], bool]:
    """Return an index that NumPy understands, as a tuple, and whether it selects a view."""
    is_basic = True
    parts = []
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, ndarray | np.ndarray | list | bool | np.bool_):
            is_basic = False
            part = _host_index_array(part)
        parts.append(part)
    return tuple(parts), is_basic


def _host_index_array(part: Any) -> Any:
    """Count or refuse an index that has to travel to the device."""
    if isinstance(part, ndarray):
        return part._host
    if strict.host_indices and isinstance(part, np.ndarray) and part.ndim:
        raise TypeError(
            "the index is a NumPy array: CuPy copies it to the device at every call; "
            "move it once, with xp.asarray"
        )
    counters.to_device += 1
    return part


def _is_mask(part: Any) -> bool:
    """Whether a part of an index is a boolean mask."""
    return isinstance(part, np.ndarray | list) and np.asarray(part).dtype == bool


# -- methods that NumPy's array has under the same name -----------------------------------

_SAME_AS_NUMPY = names(
    "all any argmax argmin argsort clip conj conjugate cumprod cumsum diagonal dot flatten max "
    "mean min nonzero prod put ravel repeat reshape round searchsorted sort squeeze std sum "
    "swapaxes take trace transpose var view"
)


def _method(name: str) -> Callable[..., Any]:
    """Make a method that checks its call against CuPy's signature and lets NumPy compute."""
    bind = binder(name, API["ndarray"][name])
    numpy_method = getattr(np.ndarray, name)

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        options = bind(*args, **kwargs)
        if name == "nonzero":
            synchronize()  # the length of the result depends on the values
        host_args = [unwrap(a) for a in args]
        host_kwargs = {key: unwrap(value) for key, value in kwargs.items()}
        with np.errstate(all="ignore"):
            result = numpy_method(self._host, *host_args, **host_kwargs)
        if options.get("out") is not None:
            counters.launches += 1
            return options["out"]
        if not is_view(result, (self,)):
            counters.launches += 1
            result = c_ordered(result)
        if options.get("dtype") is None:
            refuse_promotion(name, (self, *args), result)
        return wrap(result)

    method.__name__ = name
    method.__qualname__ = f"ndarray.{name}"
    return method


for _name in _SAME_AS_NUMPY:
    setattr(ndarray, _name, _method(_name))
