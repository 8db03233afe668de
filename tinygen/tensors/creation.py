"""Making tensors: from data, filled with a number, counted, or drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen import backend
from tinygen.autograd import Variable
from tinygen.backend import random
from tinygen.tensors.tensor import Tensor

__all__ = [
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like",
    "linspace", "meshgrid", "normal", "ones", "ones_like", "rand", "rand_like", "randint", "randn",
    "randperm", "tensor", "zeros", "zeros_like",
]  # fmt: skip

Device = str | None


def tensor(
    data: Any, dtype: Any = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """A new tensor that copies its data.

    Parameters
    ----------
    data : number, nested list, array or Tensor
    dtype : optional
        Without it Python floats become float32 and integers int64; arrays keep theirs.
    device : {"cpu", "cuda"}, optional
    requires_grad : bool

    Raises
    ------
    ValueError
        If nested lists are ragged, or the data are not numbers.
    BackendError
        If a GPU is asked for that cannot be used.
    """
    if isinstance(data, Variable):
        data = data.data
    owner = backend.MODULES.get(type(data))
    if owner is None:
        data = _from_python(data, dtype)
    elif dtype is not None and data.dtype != dtype:
        data = data.astype(dtype)
    else:
        data = data.copy()
    if data.dtype.kind not in "fiub":
        raise ValueError(f"a tensor holds real numbers, got dtype {data.dtype}")
    made = Tensor(_placed(data, device))
    return made.requires_grad_() if requires_grad else made


def _from_python(data: Any, dtype: Any) -> np.ndarray:
    if isinstance(data, (list, tuple)):
        data = _without_tensors(data)
    try:
        array = np.array(data, dtype=dtype)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"cannot make a tensor of this: {error}; are its rows of equal length?"
        ) from None
    if dtype is None and array.dtype == np.float64 and not _holds_float64(data):
        return array.astype(np.float32)
    return array


def _holds_float64(data: Any) -> bool:
    """Whether float64 was asked for: by a NumPy number or array among nested lists."""
    if isinstance(data, (list, tuple)):
        return any(_holds_float64(part) for part in data)
    return getattr(data, "dtype", None) == np.float64


def _without_tensors(data: Any) -> Any:
    """Nested lists in which one-element Tensors have become numbers."""
    if isinstance(data, (list, tuple)):
        return [_without_tensors(part) for part in data]
    return data.tolist() if isinstance(data, Tensor) else data


def _placed(array: Any, device: Device) -> Any:
    """The array on a device; where it is, if none is named."""
    if device is None:
        return array
    target = backend.get(device)
    home = backend.of(array)
    return array if home is target else target.asarray(home.to_numpy(array))


def as_tensor(data: Any, dtype: Any = None, device: Device = None) -> Tensor:
    """A tensor of the data, copied only if it must be."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if type(data) in backend.MODULES and dtype in (None, data.dtype):
        return Tensor(_placed(data, device))
    return tensor(data, dtype, device)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares its memory with a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type(array).__name__}")
    return Tensor(np.asarray(array))


# ---- filled ----------------------------------------------------------------------------------


def _shape(size: tuple[Any, ...]) -> tuple[int, ...]:
    """``zeros(2, 3)`` and ``zeros((2, 3))`` alike."""
    one = len(size) == 1 and not isinstance(size[0], (int, np.integer))
    sizes = tuple(int(n) for n in (size[0] if one else size))
    if any(n < 0 for n in sizes):
        raise ValueError(f"a shape cannot be negative: {sizes}")
    return sizes


def full(
    size: Any,
    fill_value: Any,
    dtype: Any = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor filled with one number."""
    if dtype is None:
        kinds: dict[str, Any] = {"b": np.bool_, "i": np.int64, "u": np.int64}
        dtype = kinds.get(np.asarray(fill_value).dtype.kind, np.float32)
    xp = backend.get(device or "cpu").xp
    made = Tensor(xp.full(_shape((size,)), fill_value, dtype=dtype))
    return made.requires_grad_() if requires_grad else made


def zeros(
    *size: Any, dtype: Any = np.float32, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros."""
    return full(_shape(size), 0, dtype, device, requires_grad)


def ones(
    *size: Any, dtype: Any = np.float32, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of ones."""
    return full(_shape(size), 1, dtype, device, requires_grad)


def empty(
    *size: Any, dtype: Any = np.float32, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose values are whatever was in memory."""
    made = Tensor(backend.get(device or "cpu").xp.empty(_shape(size), dtype=dtype))
    return made.requires_grad_() if requires_grad else made


def full_like(input: Tensor, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor of one number, in the shape, dtype and place of another."""
    return full(input.shape, fill_value, dtype or input.dtype, input.device)


def zeros_like(input: Tensor, dtype: Any = None) -> Tensor:
    """Zeros in the shape, dtype and place of another tensor."""
    return full_like(input, 0, dtype)


def ones_like(input: Tensor, dtype: Any = None) -> Tensor:
    """Ones in the shape, dtype and place of another tensor."""
    return full_like(input, 1, dtype)


def empty_like(input: Tensor, dtype: Any = None) -> Tensor:
    """Memory in the shape, dtype and place of another tensor."""
    return empty(input.shape, dtype=dtype or input.dtype, device=input.device)


def eye(n: int, m: int | None = None, dtype: Any = np.float32, device: Device = None) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    return Tensor(backend.get(device or "cpu").xp.eye(n, m, dtype=dtype))


# ---- counted ---------------------------------------------------------------------------------


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    dtype: Any = None,
    device: Device = None,
) -> Tensor:
    """Numbers from ``start`` (0 if only one is given) up to but without ``end``."""
    first, last = (0, start) if end is None else (start, end)
    whole = all(isinstance(value, (int, np.integer)) for value in (first, last, step))
    dtype = dtype or (np.int64 if whole else np.float32)
    return Tensor(backend.get(device or "cpu").xp.arange(first, last, step).astype(dtype))


def linspace(
    start: float, end: float, steps: int, dtype: Any = np.float32, device: Device = None
) -> Tensor:
    """``steps`` numbers at equal distances from ``start`` to ``end``, both included."""
    xp = backend.get(device or "cpu").xp
    return Tensor(xp.linspace(start, end, steps).astype(dtype))


def meshgrid(*tensors: Tensor, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: one tensor for each axis."""
    xp = backend.xp_of(tensors[0].data)
    return tuple(Tensor(g) for g in xp.meshgrid(*[t.data for t in tensors], indexing=indexing))


# ---- drawn -----------------------------------------------------------------------------------


def rand(
    *size: Any, dtype: Any = np.float32, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Uniform numbers in [0, 1), the same bits on every device."""
    made = Tensor(random.noise.uniform(_shape(size), dtype, backend.get(device or "cpu")))
    return made.requires_grad_() if requires_grad else made


def randn(
    *size: Any, dtype: Any = np.float32, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal numbers, equal on every device up to rounding."""
    made = Tensor(random.noise.normal(_shape(size), dtype, backend.get(device or "cpu")))
    return made.requires_grad_() if requires_grad else made


def normal(
    mean: float, std: float, size: Any, dtype: Any = np.float32, device: Device = None
) -> Tensor:
    """Normal numbers of a mean and a standard deviation."""
    return randn(size, dtype=dtype, device=device) * std + mean


def rand_like(input: Tensor, dtype: Any = None) -> Tensor:
    """Uniform numbers in the shape, dtype and place of another tensor."""
    return rand(input.shape, dtype=dtype or input.dtype, device=input.device)


def randint(
    low: int, high: Any = None, size: Any = (), dtype: Any = np.int64, device: Device = None
) -> Tensor:
    """Integers from ``low`` (0 if only one is given) up to but without ``high``."""
    if isinstance(high, (tuple, list)):  # randint(10, (2, 3))
        high, size = None, high
    first, last = (0, low) if high is None else (low, high)
    if first >= last:
        raise ValueError(f"randint: no integers from {first} up to {last}")
    return Tensor(_placed(random.host.integers(first, last, _shape((size,)), dtype), device))


def randperm(n: int, device: Device = None) -> Tensor:
    """The integers below ``n`` in random order."""
    return Tensor(_placed(random.host.permutation(n), device))
