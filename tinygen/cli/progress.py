"""Showing how far a training run is: a bar in a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

__all__ = ["Progress"]

LINES_PER_RUN = 10

MEMORY = 0.9
"""How much of the shown loss is the past: the loss of single batches jumps too much to read."""


class Progress:
    """How many of the items are done, how fast, with which loss, and how long it will take.

    A context manager; it draws a bar of rich where the output is a terminal, and prints about ten
    lines where it is a file or a pipe.

    Parameters
    ----------
    total : int
        The number of items (pictures, for instance) in the whole run.
    unit : str
        What they are called, in the plural.
    """

    def __init__(self, total: int, unit: str) -> None:
        self.total, self.unit = total, unit
        self.done = 0
        self.loss: float | None = None
        self._show = _Bar(self) if sys.stdout.isatty() else _Lines(self)

    def __enter__(self) -> Progress:
        self._started = time.perf_counter()
        self._show.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._show.stop()

    def advance(self, items: int, loss: float) -> None:
        """Some more items are done, and this was their loss."""
        self.done += items
        self.loss = loss if self.loss is None else MEMORY * self.loss + (1 - MEMORY) * loss
        self._show.update()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._started

    def status(self) -> str:
        """Loss, speed and time left, in words."""
        speed = self.done / max(self.seconds, 1e-9)
        left = (self.total - self.done) / speed
        return f"loss {self.loss:.3f}, {speed:,.0f} {self.unit}/s, {left:.0f} s left"


class _Lines:
    """A line for each tenth of the run."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._printed = 0

    def start(self) -> None:
        pass

    def update(self) -> None:
        progress = self._progress
        tenths = progress.done * LINES_PER_RUN // progress.total
        if tenths > self._printed:
            self._printed = tenths
            print(f"  {progress.done / progress.total:4.0%}  {progress.status()}", flush=True)

    def stop(self) -> None:
        pass


class _Bar:
    """A bar that fills."""

    def __init__(self, progress: Progress) -> None:
        from rich import progress as rich

        self._progress = progress
        self._bar = rich.Progress(
            rich.TextColumn("  "),
            rich.BarColumn(),
            rich.TaskProgressColumn(),
            rich.TextColumn("{task.description}"),
        )
        self._task = self._bar.add_task("", total=progress.total)

    def start(self) -> None:
        self._bar.start()

    def update(self) -> None:
        progress = self._progress
        self._bar.update(self._task, completed=progress.done, description=progress.status())

    def stop(self) -> None:
        self._bar.stop()
