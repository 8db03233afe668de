"""What the times of many rounds come down to, and whether all did the same work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from .frameworks import BEST, FRAMEWORKS, REFERENCE
from .tasks import Task

TOLERANCE = 5e-4

# rounds[r][task][framework] = {"minimum": seconds, "p20": seconds, "steps": count}
Rounds = Sequence[Mapping[str, Mapping[str, Mapping[str, float]]]]


@dataclass(frozen=True)
class Row:
    """One framework's times, in seconds, on one task over all rounds.

    The minimum is that of all rounds, the 20th percentile the median of the rounds' percentiles.
    """

    framework: str
    minimum: float
    p20: float
    p20_of_rounds: Mapping[int, float]

    def ratios(self, other: Row) -> list[float]:
        """The ratios of 20th percentiles within single rounds."""
        rounds = self.p20_of_rounds.keys() & other.p20_of_rounds.keys()
        return [self.p20_of_rounds[number] / other.p20_of_rounds[number] for number in rounds]


def rows_of(task: str, rounds: Rounds) -> dict[str, Row]:
    """The task's frameworks, the fastest first."""
    rows = []
    for framework in FRAMEWORKS:
        times = {
            number: results[task][framework]
            for number, results in enumerate(rounds)
            if framework in results.get(task, {})
        }
        if times:
            p20_of_rounds = {number: measured["p20"] for number, measured in times.items()}
            minimum = min(measured["minimum"] for measured in times.values())
            rows.append(Row(framework, minimum, median(p20_of_rounds.values()), p20_of_rounds))
    return {row.framework: row for row in sorted(rows, key=lambda row: row.p20)}


def fastest(rows: Mapping[str, Row], among: Iterable[str]) -> Row | None:
    """The first of some frameworks among rows that are sorted."""
    return next((row for name, row in rows.items() if name in among), None)


def best_of_pytorch(rows: Mapping[str, Row]) -> Row | None:
    """PyTorch with the settings that are fastest for this task."""
    return fastest(rows, BEST)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The power of the size that the time grows with: the slope between logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def size_of(task: Task) -> int:
    """The batch, or the number of an image's pixels."""
    return int(task.arguments.get("batch") or task.arguments["side"] ** 2)


def growth(tasks: Mapping[str, Task], rounds: Rounds, framework: str) -> dict[int, float]:
    """From each size to the least seconds of a step."""
    return {
        size_of(task): rows[framework].minimum
        for key, task in tasks.items()
        if framework in (rows := rows_of(key, rounds))
    }


def result_warnings(results: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """A line for each framework whose first results are not the reference's.

    Parameters
    ----------
    results : mapping
        ``results[task][framework]``: the losses of the first steps. The reference is PyTorch, or
        the first framework where PyTorch is not installed.
    """
    warnings = []
    for task, by_framework in results.items():
        if not by_framework:
            continue
        reference = REFERENCE if REFERENCE in by_framework else next(iter(by_framework))
        expected = by_framework[reference]
        for framework, seen in by_framework.items():
            difference = max(abs(a - b) / abs(b) for a, b in zip(seen, expected, strict=True))
            if not difference <= TOLERANCE:  # written so that nan warns as well
                warnings.append(
                    f"WARNING: {task}: the results of {framework}, {_numbers(seen)}, differ "
                    f"from those of {reference}, {_numbers(expected)}, by {difference:.1e}"
                )
    return warnings


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.5g}" for value in values)
