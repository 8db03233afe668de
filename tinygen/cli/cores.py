"""The processor cores, and how many of them other programs use.

Two programs that multiply matrices on the same cores do not share the speed: the threads of each
wait for one another, and those that wait hold the cores.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tinygen.io.messages import text

__all__ = ["Use", "available", "say_if_busy", "use"]

SECONDS = 0.2
"""How long the cores are watched."""

STATISTICS = Path("/proc/stat")

IDLE = slice(3, 5)
"""Where a core's line has its ticks of idleness and of waiting for disks: proc_stat(5)."""

GUESTS = 8
"""From here on stand ticks that were counted before, as those of a user."""


class Use(NamedTuple):
    """How many cores other programs use, of how many that this process may use."""

    busy: float
    cores: int

    @property
    def is_high(self) -> bool:
        """Whether a training will suffer."""
        return self.busy > self.cores / 2


def available() -> int:
    """How many processor cores this process may use."""
    return len(_own_cores()) if sys.platform == "linux" else os.cpu_count() or 1


def use() -> Use | None:
    """What other programs do: on Linux now, elsewhere as the load average of the last minute.

    Returns
    -------
    Use or None
        None where the system does not tell.
    """
    busy = _busy_now()
    if busy is None and hasattr(os, "getloadavg"):
        busy = os.getloadavg()[0]
    return None if busy is None else Use(busy, available())


def say_if_busy() -> None:
    """Print a line if other programs will slow the training."""
    found = use()
    if found and found.is_high:
        print(text("busy", busy=found.busy, cores=found.cores))


def _busy_now() -> float | None:
    """How many of this process's cores others keep busy, watched for a moment."""
    before, own_before = _ticks(), time.process_time()
    if not before:
        return None
    time.sleep(SECONDS)
    after, own = _ticks(), time.process_time() - own_before
    spans = [
        (working - before[core][0], passed - before[core][1])
        for core, (working, passed) in after.items()
        if core in before
    ]
    if not spans or not all(passed > 0 for _, passed in spans):
        return None
    return max(0.0, sum(worked / passed for worked, passed in spans) - own / SECONDS)


def _ticks() -> dict[str, tuple[int, int]]:
    """The ticks of each of this process's cores, those with work and all; empty if not known."""
    try:
        lines = [line.split() for line in STATISTICS.read_text().splitlines()]
        named = {f"cpu{core}" for core in _own_cores()}
        counts = {words[0]: list(map(int, words[1:])) for words in lines if words[0] in named}
    except (OSError, ValueError, IndexError):
        return {}
    return {
        core: (sum(ticks[:GUESTS]) - sum(ticks[IDLE]), sum(ticks[:GUESTS]))
        for core, ticks in counts.items()
    }


def _own_cores() -> set[int]:
    """The numbers of the cores that this process may use; only Linux tells."""
    return os.sched_getaffinity(0) if sys.platform == "linux" else set()
