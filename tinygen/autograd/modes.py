"""Switches of the current thread: is a graph being built, are arrays handled bare, is anomaly
mode on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]


class Modes:
    """The switches, with their defaults."""

    __slots__ = ("anomaly", "arrays", "grad")

    def __init__(self) -> None:
        self.grad = True  # record ops, so that they can be differentiated
        self.arrays = False  # inside forward and first-order backward: ops take and give arrays
        self.anomaly = False  # check every value and remember every line


class _Thread(threading.local):
    """One set of switches for each thread."""

    def __init__(self) -> None:
        self.modes = Modes()


thread = _Thread()


@contextlib.contextmanager
def calculating_with_tensors() -> Iterator[None]:
    """Let a hook calculate with Tensors in the midst of a walk that handles bare arrays."""
    modes = thread.modes
    before, modes.arrays = modes.arrays, False
    try:
        yield
    finally:
        modes.arrays = before


class set_grad_enabled(contextlib.ContextDecorator):  # noqa: N801 - PyTorch's name
    """Record ops or not, until the end of the ``with`` block or of the decorated function.

    Parameters
    ----------
    mode : bool
        True to record ops so that they can be differentiated.
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._before: list[bool] = []

    def _recreate_cm(self) -> set_grad_enabled:
        """A decorated function may run in several threads: each call has its own."""
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        self._before.append(thread.modes.grad)
        thread.modes.grad = self.mode

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        thread.modes.grad = self._before.pop()


class no_grad(set_grad_enabled):  # noqa: N801 - PyTorch's name
    """Compute without recording: ``with tg.no_grad():`` or ``@tg.no_grad()``."""

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(set_grad_enabled):  # noqa: N801 - PyTorch's name
    """Record again inside a ``no_grad`` block."""

    def __init__(self) -> None:
        super().__init__(True)


def is_grad_enabled() -> bool:
    """Whether ops are being recorded in this thread."""
    return thread.modes.grad
