"""From the findings to a page of tables in Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from .frameworks import BEST, FRAMEWORKS, REFERENCE
from .kernels import limits_without_effect
from .tasks import BATCHES, INFERENCE, SIDES, STEPS, TASKS, Task
from .times import (
    TOLERANCE,
    Rounds,
    best_of_pytorch,
    exponent,
    fastest,
    growth,
    result_warnings,
    rows_of,
    size_of,
)

FLAT_MIB, FLAT_BLOCKS = 2.0, 900
SLOPES_OF_LINEAR = (0.8, 1.15)
LARGE_END = 3

Section = Mapping[str, Any]


# ---- tables ------------------------------------------------------------------------------------


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table in Markdown; all columns but the first ``words`` are numbers."""
    marks = ["---"] * words + ["--:"] * (len(header) - words)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def _number(value: float) -> str:
    """Four digits, as many as a time deserves."""
    return f"{value:.{max(0, 3 - math.floor(math.log10(value)))}f}" if value > 0 else f"{value:g}"


def _ratio(value: float, other: float | None) -> str:
    return f"{value / other:.2f}" if other else "-"


def summary(tasks: Mapping[str, Task], rounds: Rounds) -> str:
    """tinygen beside PyTorch: 20th percentiles, and the ratios of them and of the minima."""
    header = [
        "p20", "tinygen", "PyTorch eager", "PyTorch's best", "tinygen / eager",
        "of the minima", "in single rounds", "tinygen / best", "of the minima",
    ]  # fmt: skip
    return _table(header, (_summary_cells(key, tasks[key], rounds) for key in tasks))


def _summary_cells(key: str, task: Task, rounds: Rounds) -> list[str]:
    rows = rows_of(key, rounds)
    ours, eager, best = rows.get("tinygen"), rows.get(REFERENCE), best_of_pytorch(rows)
    times = [_number(task.in_unit(row.p20)) if row else "-" for row in (ours, eager, best)]
    cells = [f"{task.title} ({task.unit})", *times]
    if ours is None or eager is None or best is None:
        return cells + ["-"] * 5
    ratios = ours.ratios(eager)
    return [
        *cells,
        f"**{ours.p20 / eager.p20:.2f}**",
        _ratio(ours.minimum, eager.minimum),
        f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else "-",
        f"**{ours.p20 / best.p20:.2f}**",
        _ratio(ours.minimum, min(rows[name].minimum for name in BEST if name in rows)),
    ]


def details(tasks: Mapping[str, Task], rounds: Rounds) -> str:
    """Every framework's times; ratios below 1 are faster than what they refer to."""
    peers = [name for name, framework in FRAMEWORKS.items() if framework.is_numpy_peer]
    eager = FRAMEWORKS[REFERENCE].title
    header = [
        "", "", "min", "p20", f"min / {eager}", f"p20 / {eager}", "p20 / fastest NumPy peer",
    ]  # fmt: skip
    lines = []
    for key, task in tasks.items():
        rows = rows_of(key, rounds)
        reference, peer = rows.get(REFERENCE), fastest(rows, peers)
        title = f"{task.title} ({task.unit})"
        for row in rows.values():
            times = [_number(task.in_unit(seconds)) for seconds in (row.minimum, row.p20)]
            ratios = [
                _ratio(row.minimum, reference and reference.minimum),
                _ratio(row.p20, reference and reference.p20),
                _ratio(row.p20, peer and peer.p20),
            ]
            lines.append([title, FRAMEWORKS[row.framework].title, *times, *ratios])
            title = ""
    return _table(header, lines, words=2)


# ---- sections ----------------------------------------------------------------------------------


def _times(tasks: Mapping[str, Task], section: Section) -> list[str]:
    """The parts of every section in which frameworks take turns."""
    measured = {key: task for key, task in tasks.items() if section["results"].get(key)}
    warnings = result_warnings(section["results"])
    parts = [f"{section['how']}."]
    if section["rounds"]:
        parts += [summary(measured, section["rounds"]), details(measured, section["rounds"])]
    agreed = f"The results of the first steps agree within {TOLERANCE:g} (relative)."
    parts.append("\n\n".join(warnings) or agreed)
    if section["left_out"]:
        parts.append("Left out:\n\n" + _bullets(section["left_out"]))
    return parts


def _steps(section: Section) -> list[str]:
    return _times(STEPS, section)


def _avx2(section: Section) -> list[str]:
    own, limited = section["kernels"]["own"], section["kernels"]["limited"]
    proof = _table(
        ["what the libraries report", "by their own choice", "limited"],
        ([name, own.get(name, "-"), limited[name]] for name in limited),
        words=3,
    )
    verdict = [
        f"WARNING: {name} is not limited to AVX2." for name in limits_without_effect(limited)
    ] or ["Each limit took effect."]
    note = "MKL does not say which kernels it chose; its speed, free and limited, tells."
    return [proof, *verdict, note, *_times(STEPS, section)]


def _inference(section: Section) -> list[str]:
    return _times(INFERENCE, section)


def _memory(section: Section) -> list[str]:
    header = ["MiB", "", "peak of the step", "/ PyTorch eager", "process before", "process at peak"]
    lines = []
    for task, answers in section["mib"].items():
        title = STEPS[task].title
        steps = {name: mib["peak"] - mib["before"] for name, mib in answers.items()}
        for name, mib in sorted(answers.items(), key=lambda item: steps[item[0]]):
            ratio = _ratio(steps[name], steps.get(REFERENCE))
            process = [f"{mib['before']:.1f}", f"{mib['peak']:.1f}"]
            lines.append([title, FRAMEWORKS[name].title, f"{steps[name]:.1f}", ratio, *process])
            title = ""
    how = (
        f"Each row is a fresh process. The kernel's count of its peak memory (`VmHWM`) begins "
        f"anew when network and inputs are there; the peak of the first {section['steps']} steps, "
        "less what the process had before them (`VmRSS`), is the step's. It includes gradients, "
        "Adam's moments, and what a library makes at its first step."
    )
    return [how, _table(header, lines, words=2)]


def _import(section: Section) -> list[str]:
    seconds = section["seconds"]
    lines = []
    for name, times in sorted(seconds.items(), key=lambda item: min(item[1])):
        lines.append([
            f"`import {name}`",
            *(f"{1e3 * value:.0f}" for value in (min(times), median(times))),
            *(
                _ratio(of(times), of(seconds["torch"]) if "torch" in seconds else None)
                for of in (min, median)
            ),
        ])  # fmt: skip
    header = ["ms", "min", "median", "min / torch", "median / torch"]
    rounds = len(next(iter(seconds.values())))
    return [f"{rounds} fresh processes each, in turns, after one that is not counted.",
            _table(header, lines)]  # fmt: skip


def _scaling(section: Section) -> list[str]:
    low, high = SLOPES_OF_LINEAR
    rule = (
        f"{section['how']}. The network of W1, minima in ms. The exponent is the slope of the "
        f"logarithm of the time over that of the size, fitted to all sizes and to the largest "
        f"{LARGE_END}; the latter from {low:g} to {high:g} counts as linear."
    )
    tables = [
        growth_table(title, tasks, section["rounds"])
        for title, tasks in (("batch, 28x28", BATCHES), ("pixels, batch 64", SIDES))
    ]
    return [rule, *tables, *result_warnings(section["results"])]


def growth_table(title: str, tasks: Mapping[str, Task], rounds: Rounds) -> str:
    """Each framework's milliseconds for all sizes, and whether they grow like the sizes."""
    low, high = SLOPES_OF_LINEAR
    lines = []
    for name, framework in FRAMEWORKS.items():
        seconds = growth(tasks, rounds, name)
        if len(seconds) < LARGE_END:
            continue
        slope = exponent([*seconds][-LARGE_END:], [*seconds.values()][-LARGE_END:])
        lines.append([
            framework.title,
            *(_number(1e3 * value) for value in seconds.values()),
            f"{exponent([*seconds], [*seconds.values()]):.2f}",
            f"{slope:.2f}",
            "linear" if low <= slope <= high else "not linear",
        ])  # fmt: skip
    sizes = (str(size_of(task)) for task in tasks.values())
    return _table([title, *sizes, "exponent", f"of the largest {LARGE_END}", "check"], lines)


def _leak(section: Section) -> list[str]:
    if "left_out" in section:
        return [section["left_out"]]
    (early, late), (first, last), blocks = section["marks"], section["mib"], section["blocks"]
    grown, new_blocks = last - first, blocks[1] - blocks[0]
    is_flat = grown <= FLAT_MIB and new_blocks <= FLAT_BLOCKS
    return [
        f"tinygen, training steps of the CNN of W1, {TASKS['small'].title}: the process has "
        f"{first:.1f} MiB after {early:,} steps and {last:.1f} MiB after {late:,}, and Python "
        f"{new_blocks:+,} blocks of memory: **{'no leak' if is_flat else 'it GROWS'}**. Up to "
        f"{FLAT_MIB:g} MiB (the allocator's own unrest) and {FLAT_BLOCKS:,} blocks (one in "
        f"{(late - early) // FLAT_BLOCKS} steps) count as none."
    ]


TITLES: dict[str, tuple[str, Callable[[Section], list[str]]]] = {
    "steps": ("Training steps", _steps),
    "avx2": ("Training steps, all limited to AVX2", _avx2),
    "inference": ("Inference", _inference),
    "memory": ("Peak memory of a training step", _memory),
    "import": ("Import", _import),
    "scaling": ("Growth with the batch and with the image", _scaling),
    "leak": ("Ten thousand steps", _leak),
}


def _conditions(section: Section) -> list[str]:
    """The lines without which the tables say nothing."""
    lines = [
        f"{section['date']}; {section['processor']} at the start",
        f"Python {section['python']}, {section['threads']} threads for each framework",
        *section.get("versions", []),
    ]
    if section["unset"]:
        lines.append(f"Unset for the frameworks: {', '.join(section['unset'])}")
    return lines


def page(findings: Mapping[str, Section], pictures: Mapping[str, str]) -> str:
    """All that was found, a chapter for each section.

    Parameters
    ----------
    findings : mapping
        From a section's name to what it found.
    pictures : mapping
        From a section's name to the Markdown of its pictures.
    """
    parts = [
        "# What was measured",
        "Written by `python -m tests.benchmarks`; `../README.md` has the rules. All times are "
        "those of this machine and say nothing about others. Ratios below 1 are in tinygen's "
        "favour.",
    ]
    for name, (title, write) in TITLES.items():
        if name in findings:
            section = findings[name]
            parts += [f"## {title}", _bullets(_conditions(section)), *write(section)]
            parts += [pictures[name]] if name in pictures else []
    return "\n\n".join(parts) + "\n"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
