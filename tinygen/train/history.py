"""What a training run recorded: a row of numbers for every epoch, and what was found wrong."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

from tinygen.io.files import whole_file
from tinygen.io.messages import text

__all__ = ["Averages", "Best", "History"]

Row = dict[str, Any]


class History(Mapping[str, list[float]]):
    """The numbers of a run, by row (an epoch) and by column (``history["val_loss"]``).

    Attributes
    ----------
    rows : list of dict
        One for each finished epoch, its name to its number.
    findings : list of dict
        What the diagnosis warned of: ``"epoch"``, ``"kind"`` and ``"message"``.
    health : list of dict
        What the diagnosis measured at the first batch of each epoch: ``"epoch"``, and by layer or
        parameter ``"dead"``, ``"saturated"`` and ``"update_ratio"``.
    interrupted : bool
        Whether Ctrl-C ended the run before its time.
    stopped : str or None
        Why the run ended early, in words; None if it did not.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.findings: list[Row] = []
        self.health: list[Row] = []
        self.interrupted = False
        self.stopped: str | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for row in self.rows for name in row))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, name: str) -> list[float]:
        """One number for each epoch, NaN for an epoch that has none."""
        if name not in list(self):
            raise KeyError(f"the history has no column {name!r}, only {', '.join(self) or 'none'}")
        return [row.get(name, math.nan) for row in self.rows]

    def __repr__(self) -> str:
        ending = "interrupted" if self.interrupted else self.stopped
        lines = [f"<History of {len(self.rows)} epochs{f', {ending}' if ending else ''}>"]
        lines += ["  " + describe(row) for row in self.rows]
        return "\n".join(lines)

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table with a header and a line for each epoch, whole or not at all.

        Parameters
        ----------
        path : str or path
        """
        with whole_file(path, "w") as file:
            writer = csv.DictWriter(file, fieldnames=list(self), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    def write_json_lines(self, path: str | os.PathLike[str]) -> None:
        """Write an object for each epoch on a line of its own, whole or not at all.

        JSON knows neither NaN nor infinity: they are written as null.

        Parameters
        ----------
        path : str or path
        """
        with whole_file(path, "w") as file:
            for row in self.rows:
                known = {
                    name: value if math.isfinite(value) else None for name, value in row.items()
                }
                file.write(json.dumps(known, allow_nan=False) + "\n")

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run goes on from."""
        return {"rows": self.rows, "findings": self.findings, "health": self.health}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved history; how that run ended is forgotten."""
        self.rows = [dict(row) for row in state["rows"]]
        self.findings = [dict(finding) for finding in state["findings"]]
        self.health = [dict(measured) for measured in state["health"]]


class Averages:
    """The means of named numbers over items, batches counting by their size."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.items: dict[str, int] = {}

    def add(self, numbers: Mapping[str, float], items: int) -> None:
        """Take in the means over a batch of so many items."""
        for name, value in numbers.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * items
            self.items[name] = self.items.get(name, 0) + items

    def means(self) -> dict[str, float]:
        """Return the means over all items so far."""
        return {name: self.sums[name] / self.items[name] for name in self.sums}


class Best:
    """The best value so far of a number that should fall (or rise).

    Parameters
    ----------
    mode : {"min", "max"}
        Whether less or more is better.
    min_delta : float
        By how much a value must be better to count.

    Raises
    ------
    ValueError
        If the mode is another one.
    """

    def __init__(self, mode: str = "min", min_delta: float = 0.0) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' (less is better) or 'max', got {mode!r}")
        self.mode, self.min_delta = mode, min_delta
        self.value: float | None = None
        self.epoch = 0

    def update(self, value: float, epoch: int) -> bool:
        """Return whether a value is the best so far, and remember it then; NaN never is."""
        if math.isnan(value):
            return False
        if self.value is not None:
            gain = self.value - value if self.mode == "min" else value - self.value
            if not gain > self.min_delta:
                return False
        self.value, self.epoch = value, epoch
        return True


def describe(row: Mapping[str, Any]) -> str:
    """The numbers of an epoch on one line."""
    numbers = [
        f"{name} {value:.3g}" if name.startswith("lr") else f"{name} {value:#.4g}"
        for name, value in row.items()
        if name not in ("epoch", "step", "seconds")
    ]
    said = text("training epoch", epoch=row["epoch"]), text("training time", seconds=row["seconds"])
    return "  ".join([said[0], *numbers, said[1]])
