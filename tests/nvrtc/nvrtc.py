"""NVRTC, NVIDIA's compiler for CUDA C++, called through ctypes."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path

INSTALL = "NVRTC is not installed: pip install nvidia-cuda-nvrtc-cu12 (no GPU is needed)"


@functools.cache
def library() -> ctypes.CDLL | None:
    """The library, from NVIDIA's Python package or from the system; None if there is none."""
    for path in _places():
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            continue
    return None


def _places() -> Iterator[str | Path]:
    packages = importlib.util.find_spec("nvidia")
    for folder in (packages and packages.submodule_search_locations) or ():
        yield from sorted(Path(folder).glob("**/libnvrtc.so*"), reverse=True)
    found = ctypes.util.find_library("nvrtc")
    if found:
        yield found


def version() -> tuple[int, int]:
    """The version of CUDA that it belongs to."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
    return major.value, minor.value


def compile_for(architecture: str, source: str, name: str) -> str:
    """Compile a source to machine code.

    Parameters
    ----------
    architecture : str
        ``"sm_90"`` for compute capability 9.0.
    source, name : str
        CUDA C++, and what the messages call it.

    Returns
    -------
    str
        What the compiler said: errors, warnings, or nothing.
    """
    program = ctypes.c_void_p()
    _call(
        "nvrtcCreateProgram", ctypes.byref(program), source.encode(), name.encode(), 0, None, None
    )
    options = [f"--gpu-architecture={architecture}".encode(), b"--std=c++17"]
    failed = _library().nvrtcCompileProgram(
        program, len(options), (ctypes.c_char_p * len(options))(*options)
    )
    size = ctypes.c_size_t()
    _call("nvrtcGetProgramLogSize", program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    _call("nvrtcGetProgramLog", program, log)
    _call("nvrtcDestroyProgram", ctypes.byref(program))
    said = log.value.decode(errors="replace").strip()
    return said or (f"NVRTC failed with code {failed} and said nothing" if failed else "")


def _library() -> ctypes.CDLL:
    found = library()
    if found is None:
        raise RuntimeError(INSTALL)
    return found


def _call(function: str, *arguments: object) -> None:
    code = getattr(_library(), function)(*arguments)
    if code:
        raise RuntimeError(f"{function} failed with code {code}")
