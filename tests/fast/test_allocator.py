"""Freed memory is used again, unless the user said otherwise."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys

import pytest

from tinygen.fast.allocator import SET_BY_USER, keep_freed_memory

if platform.libc_ver()[0] != "glibc":
    pytest.skip("the thresholds are glibc's", allow_module_level=True)

if not hasattr(ctypes.CDLL(None), "mallinfo2"):
    pytest.skip("glibc before 2.33 does not tell what it keeps", allow_module_level=True)

KEPT = """
import ctypes
import numpy as np
import tinygen.fast

class MallInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = MallInfo
array = np.ones(16_000_000, np.uint8)
of_the_system = mallinfo().hblkhd
del array
print(of_the_system, mallinfo().fordblks)
"""


def of_the_system_and_kept(**environment: str) -> tuple[int, int]:
    """Bytes fetched from the system for arrays alone, and bytes kept after an array was freed."""
    usual = {name: value for name, value in os.environ.items() if name not in SET_BY_USER}
    finished = subprocess.run(
        [sys.executable, "-c", KEPT], env=usual | environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    fetched, kept = map(int, finished.stdout.split())
    return fetched, kept


def test_the_memory_of_a_freed_array_is_kept() -> None:
    fetched, kept = of_the_system_and_kept()
    assert fetched < 16_000_000 <= kept


def test_thresholds_from_the_environment_are_left_alone() -> None:
    fetched, kept = of_the_system_and_kept(MALLOC_MMAP_THRESHOLD_="1000000")
    assert kept < 16_000_000 <= fetched


@pytest.mark.parametrize("name", SET_BY_USER)
def test_it_says_whether_it_did_anything(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in SET_BY_USER:
        monkeypatch.delenv(other, raising=False)
    assert keep_freed_memory()
    monkeypatch.setenv(name, "")
    assert not keep_freed_memory()


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
