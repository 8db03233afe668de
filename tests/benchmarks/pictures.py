"""The findings as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.plots import save_figure
from tinygen.plots.style import GRID, MARKS, PALETTE, TEXT, look, new_figure

from .frameworks import FRAMEWORKS, REFERENCE
from .tasks import BATCHES, SIDES, STEPS, Task
from .times import Rounds, Row, growth, rows_of, size_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

RATIO_TICKS = (0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 12, 20, 40)
TIME_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

STYLES = {
    name: {"color": colour, "marker": mark}
    for name, colour, mark in zip(FRAMEWORKS, PALETTE, MARKS, strict=False)
}


def draw(findings: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Save the pictures of those sections that have times; give Markdown that shows them.

    Parameters
    ----------
    findings : mapping
        From a section's name to what it found.
    folder : Path
        Where the pictures go.

    Returns
    -------
    dict
        From a section's name to a line for each of its pictures.
    """
    shown = {}
    for name, title in (("steps", "each choosing its kernels"), ("avx2", "limited to AVX2")):
        if REFERENCE in _timed(findings, name):
            _ratios(findings[name]["rounds"], title, folder / f"{name}.png")
            shown[name] = f"![Ratio to PyTorch for each workload, {title}]({name}.png)"
    if _timed(findings, "scaling"):
        rounds = findings["scaling"]["rounds"]
        _growth(rounds, BATCHES, "images in a batch", folder / "batch.png")
        _growth(rounds, SIDES, "pixels of an image", folder / "area.png")
        shown["scaling"] = (
            "![Time against batch size](batch.png)\n\n![Time against image area](area.png)"
        )
    return shown


def _timed(findings: Mapping[str, Any], name: str) -> set[str]:
    """The frameworks that have times in a section."""
    rounds = findings.get(name, {}).get("rounds", [])
    return {framework for times in rounds for task in times.values() for framework in task}


def _ratios(rounds: Rounds, title: str, path: Path) -> None:
    """A row for each workload, a mark for each framework, a line from best to worst round."""
    with look():
        figure = new_figure(7.5, 5)
        axes = figure.add_subplot()
        axes.set_xscale("log")
        measured = [key for key in STEPS if REFERENCE in rows_of(key, rounds)]
        for height, key in enumerate(reversed(measured)):
            _row_of_ratios(axes, height, rows_of(key, rounds))
            axes.axhline(height + 0.5, color=GRID, linewidth=0.8)
        axes.axvline(1, color=TEXT, linewidth=1.2)
        axes.set_yticks(range(len(measured)), [_short(key) for key in reversed(measured)])
        axes.set_ylim(-0.5, len(measured) - 0.5)
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0)
        low, high = axes.get_xlim()
        axes.set_xlim(min(0.75 * low, 0.45), max(1.1 * high, 2.2))
        _label_ticks(axes.xaxis, RATIO_TICKS)
        axes.set_xlabel("time of a training step / time of PyTorch eager (20th percentiles)")
        axes.set_title(f"Left of 1 is faster than PyTorch eager; {title}")
        handles, labels = axes.get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
        save_figure(figure, path)


def _short(key: str) -> str:
    return STEPS[key].title.split(",")[0].split(":")[0].replace(" over 28 rows", "")


def _label_ticks(axis: Axis, ticks: Sequence[float]) -> None:
    """Plain numbers on a logarithmic axis, those of them that are in sight."""
    low, high = axis.get_view_interval()
    seen = [tick for tick in ticks if low <= tick <= high]
    axis.set_ticks(seen, [f"{tick:g}" for tick in seen])
    axis.set_ticks([], minor=True)


def _row_of_ratios(axes: Axes, height: float, rows: Mapping[str, Row]) -> None:
    reference = rows[REFERENCE]
    names = [name for name in FRAMEWORKS if name in rows and name != REFERENCE]
    for place, name in enumerate(names):
        at = height + 0.4 - 0.8 * (place + 0.5) / len(names)
        ratio, ratios = rows[name].p20 / reference.p20, rows[name].ratios(reference)
        axes.plot([min(ratios), max(ratios)], [at, at], color=STYLES[name]["color"], linewidth=1.2)
        axes.plot(
            ratio, at, **STYLES[name], linestyle="", markersize=6, label=FRAMEWORKS[name].title
        )
        if name == "tinygen":
            axes.annotate(
                f"{ratio:.2f}", (min(ratios), at), (-4, 0), textcoords="offset points",
                ha="right", va="center", fontsize=8, fontweight="bold",
                color=STYLES[name]["color"], bbox={"facecolor": "white", "linewidth": 0, "pad": 1},
            )  # fmt: skip


def _growth(rounds: Rounds, tasks: Mapping[str, Task], what: str, path: Path) -> None:
    """Time against size on logarithmic axes, beside a line of slope 1."""
    with look():
        figure = new_figure(5.6, 3.8)
        axes = figure.add_subplot()
        for name, framework in FRAMEWORKS.items():
            times = growth(tasks, rounds, name)
            if times:
                milliseconds = [1e3 * seconds for seconds in times.values()]
                axes.plot([*times], milliseconds, **STYLES[name], label=framework.title)
        sizes = [size_of(task) for task in tasks.values()]
        linear = [0.6 * milliseconds[-1] * size / sizes[-1] for size in sizes]
        axes.plot(sizes, linear, color=TEXT, linewidth=1, linestyle=":", label="linear")
        axes.set_xscale("log")
        axes.set_yscale("log")
        _label_ticks(axes.xaxis, sizes)
        _label_ticks(axes.yaxis, TIME_TICKS)
        axes.set_xlabel(what)
        axes.set_ylabel("ms for a training step")
        axes.set_title("The CNN of W1: time against size")
        axes.legend()
        save_figure(figure, path)
