"""From the rounds' times to a table of minima, 20th percentiles and ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from .frameworks import FRAMEWORKS, REFERENCE
from .workloads import WORKLOADS

LOSS_TOLERANCE = 5e-4
LOSSES_AGREE = f"The losses of the first steps agree within {LOSS_TOLERANCE:g} (relative)."

# rounds[r][workload][framework] = {"minimum": ..., "p20": ..., "steps": ...}
Times = dict[str, float]
Round = dict[str, dict[str, Times]]


@dataclass(frozen=True)
class Row:
    """One framework's times on one workload over all rounds.

    The minimum is that of all rounds, the 20th percentile the median of the rounds' percentiles.
    """

    framework: str
    minimum: float
    p20: float
    p20_of_rounds: dict[int, float]


def rows_of(workload: str, rounds: Sequence[Round]) -> list[Row]:
    """The workload's frameworks, the fastest first."""
    rows = []
    for framework in FRAMEWORKS:
        times = {
            number: results[workload][framework]
            for number, results in enumerate(rounds)
            if framework in results.get(workload, {})
        }
        if times:
            p20_of_rounds = {number: measured["p20"] for number, measured in times.items()}
            minimum = min(measured["minimum"] for measured in times.values())
            rows.append(Row(framework, minimum, median(p20_of_rounds.values()), p20_of_rounds))
    return sorted(rows, key=lambda row: row.p20)


def _fastest(rows: Sequence[Row], condition: Callable[[Row], bool]) -> Row | None:
    return next((row for row in rows if condition(row)), None)


def _range_of_ratios(row: Row, reference: Row) -> str:
    """Smallest and largest ratio of 20th percentiles within one round."""
    ratios = [
        p20 / reference.p20_of_rounds[number]
        for number, p20 in row.p20_of_rounds.items()
        if number in reference.p20_of_rounds
    ]
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else "-"


def _cells(row: Row, reference: Row | None, peer: Row | None) -> list[str]:
    cells = [FRAMEWORKS[row.framework].title, f"{row.minimum:.2f}", f"{row.p20:.2f}"]
    if reference:
        cells += [f"{row.minimum / reference.minimum:.2f}", f"{row.p20 / reference.p20:.2f}"]
        cells.append(_range_of_ratios(row, reference))
    else:
        cells += ["-", "-", "-"]
    cells.append(f"{row.p20 / peer.p20:.2f}" if peer else "-")
    return cells


def table(rounds: Sequence[Round]) -> str:
    """A markdown table of all workloads; ratios below 1 are faster than what they refer to."""
    reference_title = FRAMEWORKS[REFERENCE].title
    header = [
        "workload",
        "framework",
        "min",
        "p20",
        f"min / {reference_title}",
        f"p20 / {reference_title}",
        "p20 ratio in single rounds",
        "p20 / fastest NumPy peer",
    ]
    lines = [_line(header), _line(["---", "---", *["--:"] * (len(header) - 2)])]
    for key, workload in WORKLOADS.items():
        rows = rows_of(key, rounds)
        reference = _fastest(rows, lambda row: row.framework == REFERENCE)
        peer = _fastest(rows, lambda row: FRAMEWORKS[row.framework].is_numpy_peer)
        name = f"{key} {workload.title} ({workload.unit})"
        for row in rows:
            lines.append(_line([name, *_cells(row, reference, peer)]))
            name = ""
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def loss_warnings(losses: dict[str, dict[str, list[float]]]) -> list[str]:
    """A line for each framework whose first losses are not the reference's.

    Parameters
    ----------
    losses : dict
        ``losses[workload][framework]``: the losses of the first steps. The reference is PyTorch,
        or the first framework where PyTorch is not installed.
    """
    warnings = []
    for workload, by_framework in losses.items():
        if not by_framework:
            continue
        reference = REFERENCE if REFERENCE in by_framework else next(iter(by_framework))
        expected = by_framework[reference]
        for framework, seen in by_framework.items():
            difference = max(abs(a - b) / abs(b) for a, b in zip(seen, expected, strict=True))
            if not difference <= LOSS_TOLERANCE:  # written so that nan warns as well
                warnings.append(
                    f"WARNING: {workload}: the losses of {framework}, {_numbers(seen)}, differ "
                    f"from those of {reference}, {_numbers(expected)}, by {difference:.1e}"
                )
    return warnings


def _numbers(losses: Sequence[float]) -> str:
    return ", ".join(f"{loss:.5g}" for loss in losses)
