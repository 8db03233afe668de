"""Stand-in for ``cupy.cuda``: devices, streams, events and memory pools that do nothing."""

from __future__ import annotations

import time
from typing import Any

from tests.standin import cuda_runtime as runtime
from tests.standin.accounting import synchronize

__all__ = [
    "Device",
    "Event",
    "MemoryPool",
    "Stream",
    "get_current_stream",
    "get_device_id",
    "get_elapsed_time",
    "is_available",
    "runtime",
]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(
        f"the stand-in does not imitate cupy.cuda.{name}: add it to tests/standin/cuda.py "
        f"or do without it"
    )


class _Current:
    """Something that ``with`` makes current; there is only one of each kind."""

    def use(self) -> Any:
        """Make it current."""
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def synchronize(self) -> None:
        """Wait for it."""
        synchronize()


class Device(_Current):
    """The only GPU."""

    compute_capability = "90"

    def __init__(self, device: int = 0) -> None:
        self.id = int(device)

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"


class Stream(_Current):
    """A queue of launches; here each launch is over when it returns."""

    null: Stream
    ptr = 0

    def __init__(self, null: bool = False, non_blocking: bool = False) -> None:
        self.is_null = null


Stream.null = Stream(null=True)


class Event(_Current):
    """A moment on a stream."""

    def __init__(self, block: bool = False, disable_timing: bool = False) -> None:
        self.seconds = 0.0

    def record(self, stream: Stream | None = None) -> None:
        """Note the time."""
        self.seconds = time.perf_counter()


class MemoryPool:
    """A memory pool that never holds anything."""

    def used_bytes(self) -> int:
        """Return the bytes in use."""
        return 0

    def total_bytes(self) -> int:
        """Return the bytes held."""
        return 0

    def n_free_blocks(self) -> int:
        """Return the number of free blocks."""
        return 0

    def free_all_blocks(self, stream: Stream | None = None) -> None:
        """Give free memory back."""

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        """Limit the memory held."""


def is_available() -> bool:
    """Whether there is a GPU."""
    return True


def get_current_stream(device_id: int | None = None) -> Stream:
    """Return the only stream."""
    return Stream.null


def get_device_id() -> int:
    """Return the number of the current GPU."""
    return 0


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """Return the milliseconds between two events."""
    return (end_event.seconds - start_event.seconds) * 1e3
