"""Why can CuPy not be used here? One question per known cause, each with its remedy.

``import cupy`` succeeds on a machine without a GPU, and its own message then speaks of an
insufficient driver version when there is no driver at all; so the causes are told apart here.
"""

from __future__ import annotations

import importlib
import platform
import sys
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["BackendError", "load_cupy", "report", "why_no_cupy"]

INSTALL = (
    "pip install 'cupy-cuda13x[ctk]' (or 'cupy-cuda12x[ctk]', to match the driver: nvidia-smi "
    "shows its CUDA)"
)

NO_DEVICE = "the driver lists no GPU: is CUDA_VISIBLE_DEVICES empty?"


class BackendError(RuntimeError):
    """A backend was asked for that cannot be used; the message says what to do."""


def load_cupy() -> ModuleType:
    """Import CuPy and prove that it computes.

    Raises
    ------
    BackendError
        If it is missing, broken, or has no usable GPU.
    """
    reason = why_no_cupy()
    if reason:
        raise BackendError(f"the GPU cannot be used: {reason}")
    return importlib.import_module("cupy")


def why_no_cupy() -> str:
    """The first cause found why CuPy cannot be used, with its remedy; empty when it can."""
    try:
        cupy = importlib.import_module("cupy")
    except ModuleNotFoundError as error:
        return _missing_module(error)
    except Exception as error:
        words = f"{type(error).__name__}: {_last_words(error)}"
        return f"CuPy is installed but does not import: {words}"
    if cupy in _proved:
        return ""
    reason = _driver_fault(cupy) or _compute_fault(cupy)
    if not reason:
        _proved.add(cupy)
    return reason


_proved: set[ModuleType] = set()


def _missing_module(error: ModuleNotFoundError) -> str:
    package = (error.name or "cupy").split(".")[0]
    if package in ("cupy", "cupy_backends"):
        return f"CuPy is not installed: {INSTALL}"
    return f"CuPy is installed but broken, it needs {error.name}: pip install {package}"


def _last_words(error: Exception) -> str:
    """The last line that says something: CuPy ends its message with a ruler of ``=``."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in reversed(lines) if line.strip("= ")), "no message")


def _driver_fault(cupy: Any) -> str:
    """What the driver says: absent, older than this CuPy, or without a device."""
    runtime = cupy.cuda.runtime
    try:
        driver, built_for = runtime.driverGetVersion(), runtime.runtimeGetVersion()
        if driver == 0:
            return "no NVIDIA driver on this machine (nvidia-smi fails too): install the driver"
        if driver // 1000 < built_for // 1000:
            return (
                f"the driver supports CUDA {_version(driver)}, this CuPy is built for CUDA "
                f"{_version(built_for)}: pip install cupy-cuda{driver // 1000}x instead, "
                "or update the driver"
            )
        if runtime.getDeviceCount() == 0:
            return NO_DEVICE
    except Exception as error:
        if "NoDevice" in str(error):  # the runtime raises where it could have answered 0
            return NO_DEVICE
        return f"the CUDA runtime does not answer: {error}"
    return ""


def _compute_fault(cupy: Any) -> str:
    """Run one kernel and one product: finds missing compilers, headers and cuBLAS."""
    try:
        ones = cupy.ones((2, 2), np.float32)
        cupy.asnumpy((ones + 1) @ ones)
    except Exception as error:
        major = cupy.cuda.runtime.runtimeGetVersion() // 1000
        first_line = str(error).strip().splitlines()[:1] or ["no message"]
        return (
            f"CuPy cannot compute: {type(error).__name__}: {first_line[0]}; "
            f"the CUDA libraries may be missing: pip install 'cupy-cuda{major}x[ctk]'"
        )
    return ""


def _version(number: int) -> str:
    """CUDA's 13020 as '13.2'."""
    return f"{number // 1000}.{number % 1000 // 10}"


def report() -> list[tuple[str, bool, str]]:
    """What is installed and what works: rows of (what, is it well, what to know or do)."""
    python = ".".join(map(str, sys.version_info[:3]))
    rows = [
        ("Python", sys.version_info >= (3, 10), f"{python} on {platform.platform(terse=True)}"),
        ("NumPy", int(np.__version__.split(".")[0]) >= 2, f"{np.__version__}, {_blas_name()}"),
    ]
    for package in ("matplotlib", "rich", "pillow"):
        rows.append(_package_row(package))
    reason = why_no_cupy()
    rows.append(("GPU", not reason, reason or _gpu_name()))
    return rows


def _package_row(package: str) -> tuple[str, bool, str]:
    import importlib.metadata  # here, as it would take a tenth of the time of import tinygen

    try:
        return package, True, importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return package, False, f"not installed: pip install {package}"


def _blas_name() -> str:
    """The linear-algebra library that NumPy multiplies matrices with."""
    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return f"BLAS {blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def _gpu_name() -> str:
    cupy = importlib.import_module("cupy")
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"]
    name = name.decode() if isinstance(name, bytes) else name
    return f"{name}, CuPy {cupy.__version__}"
