"""What the times depend on beside the code: processor, BLAS kernels, threads, environment."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

THREAD_COUNTS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

# OpenBLAS for NumPy; oneDNN, ATen and MKL for PyTorch.
ONLY_AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}

# All choose other kernels than the processor's own; some containers export them. (`tinygen doctor`
# has such a list, but importing it would bring tinygen into every framework's process.)
OVERRIDES = (*ONLY_AVX2, "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES")

_PREFIXES, _SUFFIXES = ("scipy_openblas_", "openblas_"), ("64_", "")


def child_environment(
    inherited: Mapping[str, str], threads: int, avx2_only: bool
) -> dict[str, str]:
    """The environment every framework runs in: the same threads, and no overridden kernels."""
    environment = {key: value for key, value in inherited.items() if key not in OVERRIDES}
    environment |= dict.fromkeys(THREAD_COUNTS, str(threads))
    if avx2_only:
        environment |= ONLY_AVX2
        environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(_numpy_features_above_avx2())
    return environment


def _numpy_simd() -> list[str]:
    return np.show_config(mode="dicts")["SIMD Extensions"]["found"]


def _numpy_features_above_avx2() -> list[str]:
    return [name for name in _numpy_simd() if name.startswith("AVX512") or name == "X86_V4"]


def processor() -> str:
    """The processor's name, with the number of logical processors and their present load."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        if named:
            name = named[0].partition(":")[2].strip()
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} logical processors{load}"


def numpy_build() -> str:
    """NumPy's version, its BLAS with the kernels chosen at run time, and its own SIMD level."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return (
        f"NumPy {np.__version__}, {blas['name']} {blas['version']} (core type {openblas_core()}, "
        f"{_openblas_threads()} threads), SIMD {numpy_simd()}"
    )


def numpy_simd() -> str:
    """The levels above the baseline that NumPy's own loops use."""
    return " ".join(_numpy_simd()) or "baseline"


def openblas_core() -> str:
    """The core type that the OpenBLAS loaded in this process has chosen (Linux only)."""
    get_core_name = _from_openblas("get_corename")
    if get_core_name is None:
        return "not known"
    get_core_name.restype = ctypes.c_char_p
    return get_core_name().decode()


def _openblas_threads() -> str:
    get_threads = _from_openblas("get_num_threads")
    return str(get_threads()) if get_threads else "an unknown number of"


def _from_openblas(name: str) -> Any:
    """A function of the OpenBLAS in this process, under whichever name this build gives it."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return None
    paths = {line.split()[-1] for line in maps.read_text().splitlines() if "openblas" in line}
    for path in sorted(paths):
        library = ctypes.CDLL(path)
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                if hasattr(library, prefix + name + suffix):
                    return getattr(library, prefix + name + suffix)
    return None


def forget_peak_memory() -> None:
    """Let the peak of this process's memory begin again from what it has now (Linux only)."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(kind: str) -> float:
    """MiB of memory that this process has (``VmRSS``), or has had at most (``VmHWM``)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) / 1024
    raise KeyError(kind)
