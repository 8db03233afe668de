"""What the stand-in counts, and the habits it forbids although CuPy tolerates them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass


class DeviceSynchronizedError(RuntimeError):
    """The host waited for the device inside ``no_sync()``."""


@dataclass
class Counters:
    """Events that cost time on a GPU, since the last ``reset()``."""

    launches: int = 0
    """Kernels started. A view starts none."""
    to_device: int = 0
    """Arrays copied from the host."""
    to_host: int = 0
    """Arrays copied to the host; each is a synchronization as well."""
    syncs: int = 0
    """Times the host had to wait for the device."""

    def reset(self) -> None:
        """Set every counter to zero."""
        self.launches = self.to_device = self.to_host = self.syncs = 0


@dataclass
class Strictness:
    """Errors that CuPy does not raise; each one stands for a silent fault there."""

    numpy_functions: bool = True
    """``np.sum(x)``: CuPy serves it, slowly, and a stray ``np.`` goes unseen."""
    float64_results: bool = True
    """A float64 result of float32 operands: 2 to 64 times slower on a GPU."""
    host_indices: bool = True
    """``x[numpy_array]``: CuPy copies the index to the device at every call."""
    duplicate_writes: bool = True
    """``x[[0, 0]] = v``: which value is stored is undefined on a GPU."""


counters = Counters()
strict = Strictness()
_sync_allowed = True


def synchronize() -> None:
    """Record that the host waits for the device."""
    counters.syncs += 1
    if not _sync_allowed:
        raise DeviceSynchronizedError(
            "the host waits for the device inside no_sync(): something reads a value "
            "(item, float, bool, print, nonzero, a boolean mask, get, asnumpy)"
        )


@contextlib.contextmanager
def no_sync() -> Iterator[None]:
    """Make every wait for the device an error inside the block."""
    global _sync_allowed
    before, _sync_allowed = _sync_allowed, False
    try:
        yield
    finally:
        _sync_allowed = before


@contextlib.contextmanager
def relaxed(*switches: str) -> Iterator[None]:
    """Turn the named switches of `Strictness` off inside the block."""
    before = {name: getattr(strict, name) for name in switches}
    for name in switches:
        setattr(strict, name, False)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(strict, name, value)
