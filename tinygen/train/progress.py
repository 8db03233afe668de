"""Showing how far a training run is: a bar in a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tinygen.io.messages import text

__all__ = ["Progress", "duration"]

LINES_PER_RUN = 10

MEMORY = 0.9
"""How much of the shown loss is the past: the loss of single batches jumps too much to read."""

BAR_WIDTH = 20


class Progress:
    """How many of the batches are done, how fast, with which loss, and how long it will take.

    A context manager.

    Parameters
    ----------
    total : int or None
        The number of batches in the whole run, if it is known.
    unit : str
        What the batches consist of, in the plural: pictures, for instance.
    show : {"auto", "bar", "lines"} or None
        A bar drawn by rich, about ten lines, or nothing; "auto" draws the bar where the output is
        a terminal and prints lines where it is a file or a pipe.
    done : int
        How many batches an earlier run did.

    Raises
    ------
    ValueError
        If it shall be shown in another way.
    """

    def __init__(
        self, total: int | None, unit: str, show: str | None = "auto", done: int = 0
    ) -> None:
        if show == "auto":
            show = "bar" if sys.stdout.isatty() else "lines"
        if show not in WAYS:
            raise ValueError(f"progress is 'auto', 'bar', 'lines' or None, got {show!r}")
        self.total, self.unit, self.done = total, unit, done
        self.items = 0
        self.label = ""
        self.loss: float | None = None
        self._done_before = done
        self._paused = 0.0
        self._show = WAYS[show](self)

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
        """Another batch of so many items is done, and this was its loss."""
        self.done += 1
        self.items += items
        self.loss = loss if self.loss is None else MEMORY * self.loss + (1 - MEMORY) * loss
        self._show.update()

    def say(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        self._show.say(line)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave what happens in the block out of the speed."""
        began = time.perf_counter()
        yield
        self._paused += time.perf_counter() - began

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._started

    def status(self) -> str:
        """Loss, speed and time left, in words."""
        speed = self.items / max(self.seconds - self._paused, 1e-9)
        figures = f"{speed:,.{0 if speed >= 10 else 1}f}"
        said = [
            text("progress loss", loss=self.loss),
            text("progress speed", speed=figures, unit=self.unit),
        ]
        if self.total is not None:
            per_batch = self.seconds / (self.done - self._done_before)
            time_left = duration((self.total - self.done) * per_batch)
            said.append(text("progress left", time=time_left))
        return self.label + ", ".join(said)


def duration(seconds: float) -> str:
    """A time as people say it, in two units at most.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
    """
    whole = round(seconds)
    if whole < 60:
        return text("duration seconds", seconds=whole)
    if whole < 3600:
        return text("duration minutes", minutes=whole // 60, seconds=whole % 60)
    return text("duration hours", hours=whole // 3600, minutes=whole % 3600 // 60)


class _Nothing:
    """Silence."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self) -> None:
        pass

    def update(self) -> None:
        pass

    def say(self, line: str) -> None:
        pass

    def stop(self) -> None:
        pass


class _Lines(_Nothing):
    """A line for each tenth of the run."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(progress)
        self._printed = self._tenths()

    def _tenths(self) -> int:
        progress = self._progress
        return progress.done * LINES_PER_RUN // progress.total if progress.total else 0

    def update(self) -> None:
        tenths = self._tenths()
        if tenths > self._printed:
            self._printed = tenths
            share = self._progress.done / (self._progress.total or 1)
            self.say(f"  {share:4.0%}  {self._progress.status()}")

    def say(self, line: str) -> None:
        print(line, flush=True)


class _Bar(_Nothing):
    """A bar that fills."""

    def __init__(self, progress: Progress) -> None:
        from rich import progress as rich
        from rich.table import Column

        super().__init__(progress)
        self._bar = rich.Progress(
            rich.TextColumn(" "),
            rich.BarColumn(BAR_WIDTH),
            rich.TaskProgressColumn(),
            rich.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        )
        self._task = self._bar.add_task("", total=progress.total, completed=progress.done)

    def start(self) -> None:
        self._bar.start()

    def update(self) -> None:
        progress = self._progress
        self._bar.update(self._task, completed=progress.done, description=progress.status())

    def say(self, line: str) -> None:
        self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        self._bar.stop()


WAYS: dict[str | None, type[_Nothing]] = {"bar": _Bar, "lines": _Lines, None: _Nothing}
