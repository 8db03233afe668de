"""What the times depend on beside the code: processor, BLAS kernels, threads, environment."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

# Both choose other OpenBLAS kernels than the processor's own; some containers export them.
BLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

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

_CORE_NAME_FUNCTIONS = (
    "scipy_openblas_get_corename64_",
    "scipy_openblas_get_corename",
    "openblas_get_corename64_",
    "openblas_get_corename",
)


def child_environment(
    inherited: Mapping[str, str], threads: int, avx2_only: bool
) -> dict[str, str]:
    """The environment every framework runs in: the same threads, and no overridden kernels."""
    environment = {key: value for key, value in inherited.items() if key not in BLAS_OVERRIDES}
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
    core = _openblas_core() or "not known"
    simd = " ".join(_numpy_simd()) or "baseline"
    return (
        f"NumPy {np.__version__}, {blas['name']} {blas['version']} (core type {core}), SIMD {simd}"
    )


def _openblas_core() -> str | None:
    """The core type that the OpenBLAS loaded in this process has chosen (Linux only)."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return None
    paths = {line.split()[-1] for line in maps.read_text().splitlines() if "openblas" in line}
    for path in sorted(paths):
        library = ctypes.CDLL(path)
        for name in _CORE_NAME_FUNCTIONS:
            if hasattr(library, name):
                get_core_name = getattr(library, name)
                get_core_name.restype = ctypes.c_char_p
                return get_core_name().decode()
    return None
