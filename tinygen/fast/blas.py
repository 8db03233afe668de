"""How many threads NumPy's BLAS uses: asked, and changed for a while.

Only the OpenBLAS that NumPy's own packages bring can be told. For any other (Accelerate, MKL,
a system's) :func:`threads` says None and nothing is ever changed.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

__all__ = ["single_threaded", "threads"]

_PREFIXES = ("scipy_openblas", "openblas")
_SUFFIXES = ("64_", "")

_lock = threading.Lock()
_users = 0  # how many calls want one thread at this moment
_before = 1  # what the user had set before the first of them


@functools.cache
def _controls() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The functions of the OpenBLAS beside NumPy that get and set its number of threads."""
    package = Path(np.__file__).parent
    folders = (package.parent / "numpy.libs", package / ".dylibs")
    for path in (path for folder in folders for path in sorted(folder.glob("*openblas*"))):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                names = [f"{prefix}_{verb}_num_threads{suffix}" for verb in ("get", "set")]
                if all(hasattr(library, name) for name in names):
                    get, set_ = (getattr(library, name) for name in names)
                    return get, set_
    return None


def threads() -> int | None:
    """The number of threads that the user's BLAS works with; None if it cannot be told."""
    controls = _controls()
    if controls is None:
        return None
    with _lock:
        return _before if _users else controls[0]()


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """One BLAS thread inside a ``with`` block; the user's setting again when the last one ends.

    Several Python threads may be inside at once: the first changes the setting, the last one
    restores it, also after an exception.
    """
    global _users, _before
    controls = _controls()
    if controls is None:
        yield
        return
    get, set_ = controls
    with _lock:
        if _users == 0:
            _before = get()
            if _before != 1:
                set_(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0 and _before != 1:
                set_(_before)
