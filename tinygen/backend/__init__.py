"""NumPy or CuPy: which of the two owns an array, how data moves, where kernels are found.

The array decides. An op asks for the module that made its inputs and is ordinary NumPy from there
on, so CPU and GPU live side by side in one process. CuPy is imported when it is first asked for,
never before, and a GPU that cannot be used says why (``tinygen doctor``).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from tinygen.backend.diagnosis import BackendError, load_cupy
from tinygen.backend.kernels import kernel, plain

__all__ = [
    "MODULES", "Array", "Backend", "BackendError", "backends", "get", "kernel", "of", "plain",
    "xp_of",
]  # fmt: skip

Array = Any
"""A device array: ``numpy.ndarray`` or ``cupy.ndarray``."""

MODULES: dict[type, ModuleType] = {np.ndarray: np}
"""The module that owns each type of array. CuPy enters when it is first asked for."""


class Backend:
    """What NumPy and CuPy do not share; everything else is used as ``backend.xp.name``.

    Attributes
    ----------
    name : str
        ``"numpy"`` or ``"cupy"``.
    device : str
        PyTorch's name for the place: ``"cpu"`` or ``"cuda"``.
    xp : module
        The array module.
    """

    name = "numpy"
    device = "cpu"

    def __init__(self, xp: ModuleType) -> None:
        self.xp = xp

    def __repr__(self) -> str:
        return f"<Backend {self.name} on {self.device}>"

    def asarray(self, x: Any, dtype: Any = None) -> Array:
        """Bring host data (array, list, number) to the device: the only door in."""
        return self.xp.asarray(x, dtype=dtype)

    def to_numpy(self, x: Array) -> np.ndarray:
        """Bring a device array to the host: the only door out. On a GPU it waits."""
        return np.asarray(x)

    def erf(self, x: Array) -> Array:
        """The error function, which neither module has (CuPy keeps it in ``cupyx``)."""
        from tinygen.backend.special import erf

        return erf(self.xp, x)

    def synchronize(self) -> None:
        """Wait until the device has finished all it was given."""

    def memory(self) -> dict[str, int]:
        """Bytes used, held by the device's memory pool, and free (empty on the CPU)."""
        return {}


class CupyBackend(Backend):
    """One NVIDIA GPU through CuPy."""

    name = "cupy"
    device = "cuda"

    def to_numpy(self, x: Array) -> np.ndarray:
        host: np.ndarray = self.xp.asnumpy(x)
        return host

    def synchronize(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()

    def memory(self) -> dict[str, int]:
        pool = self.xp.get_default_memory_pool()
        used, held = pool.used_bytes(), pool.total_bytes()
        free, _ = self.xp.cuda.runtime.memGetInfo()
        return {"used": used, "held": held, "free": int(free) + held - used}


_numpy = Backend(np)
_by_module: dict[ModuleType, Backend] = {np: _numpy}
_aliases = {"numpy": "numpy", "cpu": "numpy", "cupy": "cupy", "cuda": "cupy", "cuda:0": "cupy"}


def get(name: str = "numpy") -> Backend:
    """The backend of a name, PyTorch's device names included.

    Parameters
    ----------
    name : str
        ``"numpy"`` or ``"cpu"``; ``"cupy"`` or ``"cuda"``.

    Raises
    ------
    BackendError
        If a GPU is asked for and cannot be used; the message says what to install or change.
    ValueError
        If the name is unknown.
    """
    kind = _aliases.get(str(name))
    if kind is None:
        raise ValueError(f"unknown device {name!r}: choose 'cpu' (NumPy) or 'cuda' (CuPy)")
    if kind == "numpy":
        return _numpy
    cupy = load_cupy()
    if cupy not in _by_module:
        _by_module[cupy] = CupyBackend(cupy)
        MODULES[cupy.ndarray] = cupy
    return _by_module[cupy]


def xp_of(array: Array) -> ModuleType:
    """The module that owns an array: ``numpy`` or ``cupy``."""
    try:
        return MODULES[type(array)]
    except KeyError:
        raise TypeError(
            f"expected a NumPy or CuPy array, got {type(array).__name__}: "
            "make a tensor of it with tg.tensor(...)"
        ) from None


def of(array: Array) -> Backend:
    """The backend that owns an array."""
    return _by_module[xp_of(array)]


def backends() -> list[Backend]:
    """The backends in use in this process: NumPy, and CuPy once it was asked for."""
    return list(_by_module.values())
