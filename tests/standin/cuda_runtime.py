"""Stand-in for ``cupy.cuda.runtime``: a machine with one GPU and a recent driver."""

from __future__ import annotations

from typing import Any

from tests.standin.accounting import synchronize

_CUDA_VERSION = 13020
_MEMORY_BYTES = 1 << 34


class CUDARuntimeError(RuntimeError):
    """What the CUDA runtime raises."""


def driverGetVersion() -> int:  # noqa: N802 (CuPy's name)
    """Return the CUDA version that the driver supports, 1000 * major + 10 * minor."""
    return _CUDA_VERSION


def runtimeGetVersion() -> int:  # noqa: N802 (CuPy's name)
    """Return the CUDA version that this CuPy was built for."""
    return _CUDA_VERSION


def getDeviceCount() -> int:  # noqa: N802 (CuPy's name)
    """Return the number of GPUs."""
    return 1


def getDevice() -> int:  # noqa: N802 (CuPy's name)
    """Return the number of the current GPU."""
    return 0


def getDeviceProperties(device: int) -> dict[str, Any]:  # noqa: N802 (CuPy's name)
    """Describe a GPU."""
    return {"name": b"stand-in", "major": 9, "minor": 0, "totalGlobalMem": _MEMORY_BYTES}


def memGetInfo() -> tuple[int, int]:  # noqa: N802 (CuPy's name)
    """Return the free and the total memory in bytes."""
    return _MEMORY_BYTES, _MEMORY_BYTES


def deviceSynchronize() -> None:  # noqa: N802 (CuPy's name)
    """Wait for everything that was launched."""
    synchronize()
