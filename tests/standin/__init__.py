"""A strict stand-in for CuPy, for machines without a GPU.

NumPy computes; CuPy's names, signatures and refusals surround it, so a test that passes on
the stand-in uses nothing that CuPy lacks. What is frozen of CuPy is in ``cupy_api.json``;
``contract.py`` states the behaviour, and checks the stand-in or a real CuPy against it.

    from tests import standin

    standin.install()                  # from here on `import cupy` finds the stand-in
    import cupy

    with standin.no_sync():            # a wait for the device is an error
        step()
    standin.counters.launches          # also to_device, to_host, syncs
    with standin.relaxed("float64_results"):
        ...                            # one of the extra refusals off
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np

from tests.standin import compiler, creation, cuda, cuda_runtime, kernels, operators, rng
from tests.standin.accounting import (
    DeviceSynchronizedError,
    counters,
    no_sync,
    relaxed,
    strict,
)
from tests.standin.array import ndarray, wrap
from tests.standin.compiler import CompilerMissingError
from tests.standin.frozen import API, VERSION
from tests.standin.functions import FrozenModule
from tests.standin.raw_kernels import RawKernel
from tests.standin.reductions import ReductionKernel
from tests.standin.ufuncs import ufunc

__all__ = [
    "CompilerMissingError",
    "DeviceSynchronizedError",
    "compiler",
    "counters",
    "cupy",
    "cupyx",
    "install",
    "no_sync",
    "relaxed",
    "strict",
    "uninstall",
]


def _as_strided(
    x: ndarray, shape: tuple[int, ...] | None = None, strides: tuple[int, ...] | None = None
) -> ndarray:
    """View with any strides. CuPy lets one write through it; here that raises."""
    return wrap(np.lib.stride_tricks.as_strided(x._host, shape, strides, writeable=False))


def _sliding_window_view(
    x: ndarray,
    window_shape: int | tuple[int, ...],
    axis: int | tuple[int, ...] | None = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> ndarray:
    """View of all windows. CuPy lets one write through it; here that raises."""
    return wrap(np.lib.stride_tricks.sliding_window_view(x._host, window_shape, axis))


def _scatter_add(a: ndarray, slices: object, value: object) -> None:
    """Add at indices, duplicates included."""
    cupy.add.at(a, slices, value)


def _empty_pinned(shape: tuple[int, ...], dtype: Any = float, order: Any = "C") -> np.ndarray:
    """Allocate a host array that a GPU could read by itself."""
    return np.empty(shape, dtype, order=order)


def _module(name: str, **members: object) -> ModuleType:
    """Make a module that holds what is given."""
    module = ModuleType(name, f"Stand-in for {name}.")
    vars(module).update(members)
    return module


def _build_cupy() -> FrozenModule:
    """Put the parts together."""
    module = FrozenModule("cupy", np, API["cupy"])
    pool = cuda.MemoryPool()
    stride_tricks = _module(
        "cupy.lib.stride_tricks",
        as_strided=_as_strided,
        sliding_window_view=_sliding_window_view,
    )
    vars(module).update(
        __version__=VERSION,
        __path__=[],  # makes `import cupy.linalg` possible
        ndarray=ndarray,
        ufunc=ufunc,
        array=creation.array,
        asarray=creation.asarray,
        asanyarray=creation.asarray,
        ascontiguousarray=creation.ascontiguousarray,
        asnumpy=creation.asnumpy,
        get_array_module=creation.get_array_module,
        is_available=cuda.is_available,
        get_default_memory_pool=lambda: pool,
        get_default_pinned_memory_pool=lambda: pool,
        ElementwiseKernel=kernels.ElementwiseKernel,
        RawKernel=RawKernel,
        ReductionKernel=ReductionKernel,
        cuda=cuda,
        random=rng,
        linalg=FrozenModule("cupy.linalg", np.linalg, API["cupy.linalg"]),
        fft=FrozenModule("cupy.fft", np.fft, API["cupy.fft"]),
        lib=_module("cupy.lib", stride_tricks=stride_tricks),
    )
    operators.attach(module)
    return module


def _build_cupyx() -> FrozenModule:
    """Put the few parts of CuPy's extensions together; NumPy has none of their names."""
    module = FrozenModule("cupyx", ModuleType("nothing"), API["cupyx"])
    vars(module).update(
        DeviceSynchronized=DeviceSynchronizedError,
        scatter_add=_scatter_add,
        rsqrt=lambda x: cupy.reciprocal(cupy.sqrt(x)),
        empty_pinned=_empty_pinned,
    )
    return module


cupy = _build_cupy()
cupyx = _build_cupyx()

_MODULES: dict[str, ModuleType] = {
    "cupy": cupy,
    "cupyx": cupyx,
    "cupy.cuda": cuda,
    "cupy.cuda.runtime": cuda_runtime,
    "cupy.random": rng,
    "cupy.linalg": cupy.linalg,
    "cupy.fft": cupy.fft,
    "cupy.lib": cupy.lib,
    "cupy.lib.stride_tricks": cupy.lib.stride_tricks,
}
_displaced: dict[str, ModuleType] = {}


def install() -> ModuleType:
    """Let ``import cupy`` and ``import cupyx`` find the stand-in; return it."""
    if sys.modules.get("cupy") is not cupy:
        _displaced.update({name: m for name, m in sys.modules.items() if _is_cupy(name)})
        _remove_cupy()
        sys.modules.update(_MODULES)
    return cupy


def uninstall() -> None:
    """Undo `install`; a real CuPy that was imported before comes back."""
    if sys.modules.get("cupy") is cupy:
        _remove_cupy()
        sys.modules.update(_displaced)
        _displaced.clear()


def _is_cupy(name: str) -> bool:
    """Whether a module belongs to CuPy."""
    return name.partition(".")[0] in ("cupy", "cupyx")


def _remove_cupy() -> None:
    """Forget every imported module of CuPy."""
    for name in [name for name in sys.modules if _is_cupy(name)]:
        del sys.modules[name]
