"""Looking up a fast kernel by name; without one, the plain code that it doubles is used.

The kernels live in ``tinygen.fast``, which may be deleted: then nothing is found and the plain
ops, the ones to read, do all the work.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

__all__ = ["choice", "kernel", "plain"]

Kernel = Callable[..., Any]
Table = dict[tuple[str, str], Kernel]


class _Choice(threading.local):
    plain = False


choice = _Choice()
"""Whether this thread wants plain code."""
_table: Table | None = None


@contextlib.contextmanager
def plain() -> Iterator[None]:
    """Run the plain code everywhere inside a ``with`` block, whatever fast kernels exist."""
    before, choice.plain = choice.plain, True
    try:
        yield
    finally:
        choice.plain = before


def kernel(xp: ModuleType, name: str) -> Kernel | None:
    """The fast kernel of a name for an array module, or None: then use the plain code."""
    if choice.plain:
        return None
    return _kernels().get((xp.__name__, name))


def _kernels() -> Table:
    """The table of ``tinygen.fast``, loaded at the first question."""
    global _table
    if _table is None:
        there = importlib.util.find_spec("tinygen.fast") is not None
        _table = importlib.import_module("tinygen.fast").KERNELS if there else {}
    return _table
