"""Compiles the text of a kernel with g++ and loads it, through a cache on disk."""

from __future__ import annotations

import ctypes
import functools
import getpass
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

_PRELUDE = Path(__file__).with_name("cuda_on_host.hpp").read_text(encoding="utf-8")
_COMMAND = ("g++", "-std=c++17", "-O1", "-w", "-shared", "-fPIC")


class CompilerMissingError(unittest.SkipTest):
    """There is no g++: a test that launches a kernel is skipped, and says so."""


def is_available() -> bool:
    """Whether kernels can be compiled on this machine."""
    return shutil.which(_COMMAND[0]) is not None


@functools.cache
def load(source: str) -> ctypes.CDLL:
    """Compile CUDA C++ for the host and load it.

    Raises
    ------
    CompilerMissingError
        There is no g++.
    RuntimeError
        The source does not compile.
    """
    if not is_available():
        raise CompilerMissingError("the stand-in needs g++ to run CUDA kernels on the host")
    text = _PRELUDE + source
    key = hashlib.sha256("\n".join((*_COMMAND, text)).encode()).hexdigest()
    library = _cache_folder() / f"{key[:32]}.so"
    if not library.exists():
        _compile(text, library)
    return ctypes.CDLL(str(library))


def _cache_folder() -> Path:
    """Return this user's folder for compiled kernels."""
    user = getattr(os, "getuid", getpass.getuser)()
    folder = Path(tempfile.gettempdir()) / f"cupy-standin-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _compile(text: str, library: Path) -> None:
    """Compile beside the cache and move into it: other processes see all of it or nothing."""
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        source_file, built = Path(folder) / "kernel.cpp", Path(folder) / "kernel.so"
        source_file.write_text(text, encoding="utf-8")
        command = [*_COMMAND, "-o", str(built), str(source_file)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise RuntimeError(f"kernel does not compile:\n{finished.stderr}")
        os.replace(built, library)
