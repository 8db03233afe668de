"""Freed memory stays with the process, for the next array.

A network in training frees and asks for the same large arrays at every step. glibc gives each of
them back to the system and fetches it anew, page by page, each filled with zeros: for an addition
that takes longer than adding. Its two thresholds are raised once, for the whole process; who has
set them in the environment is left alone, and so is every other C library.
"""

from __future__ import annotations

import ctypes
import os
import platform

from tinygen.fast.choices import FREE_MEMORY, LARGEST_FROM_HEAP

__all__ = ["keep_freed_memory"]

SET_BY_USER = ("GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")

# From glibc's malloc.h; see mallopt(3).
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3


def keep_freed_memory() -> bool:
    """Raise glibc's thresholds; False where that is not possible or not wanted."""
    if platform.libc_ver()[0] != "glibc" or any(name in os.environ for name in SET_BY_USER):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(
        mallopt(M_MMAP_THRESHOLD, LARGEST_FROM_HEAP) and mallopt(M_TRIM_THRESHOLD, FREE_MEMORY)
    )
