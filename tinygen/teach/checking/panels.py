"""The picture of an answer: yours, expected, and the difference, beside each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tinygen.io.messages import text
from tinygen.teach.checking.comparison import Pair, exact
from tinygen.teach.checking.diagnosis import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = ["can_draw", "draw", "picture_name"]

MOST_NUMBERS = 9
"""Rows and columns of a heat map up to which each cell has its number."""

MOST_BARS = 16
"""Elements of a row up to which they are marks, and not a line."""

STRETCHED = 2.5
"""A heat map that is so many times as long as wide fills its place: its cells are no squares."""

NO_NUMBER = "#BBBBBB"


def can_draw(verdict: Verdict) -> bool:
    """Whether there is something to draw: an array of numbers.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    bool
    """
    pair = verdict.shown
    return (
        pair is not None
        and pair.numeric
        and pair.comparable
        and pair.expected.size > 1
        and "c" not in (pair.yours.dtype.kind, pair.expected.dtype.kind)
    )


def picture_name(verdict: Verdict) -> str:
    """What to call the picture's file.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    str
    """
    assert verdict.shown is not None, "asked only where something can be drawn"
    name = re.sub(r"\W+", "_", verdict.shown.path).strip("_")
    return f"{verdict.exercise.number}_{name}.png"


def draw(verdict: Verdict) -> Figure:
    """Yours, expected, and the difference.

    Parameters
    ----------
    verdict : Verdict
        One for which :func:`can_draw` holds.

    Returns
    -------
    matplotlib.figure.Figure
        Lines of what has one axis; else heat maps of the slice with the worst element.
    """
    from tinygen.plots.style import look

    pair = verdict.shown
    assert pair is not None, "asked only where something can be drawn"
    worst = pair.worst if pair.failing else tuple(size // 2 for size in pair.expected.shape)
    axes = _axes_shown(pair.expected.shape)
    index = tuple(slice(None) if a in axes else worst[a] for a in range(len(worst)))
    parts = [exact(array)[index] for array in (pair.yours, pair.expected)]
    marked = tuple(worst[axis] for axis in axes) if pair.failing else None
    with look():
        title = f"{verdict.exercise.number} {verdict.exercise.name}: {_slice_name(pair, index)}"
        title += f"   ({verdict.case})" if verdict.case else ""
        if len(axes) == 1:
            return _lines(parts, marked, title, axes[0])
        return _maps(parts, marked, title, axes)


def _axes_shown(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The last two axes, or one, along which there is more than one element."""
    return tuple(axis for axis, size in enumerate(shape) if size > 1)[-2:]


def _slice_name(pair: Pair, index: Sequence[int | slice]) -> str:
    if all(isinstance(part, slice) for part in index):
        return pair.path
    return f"{pair.path}[{', '.join(':' if isinstance(p, slice) else str(p) for p in index)}]"


# ---- one axis ------------------------------------------------------------------------------------


def _lines(
    parts: Sequence[np.ndarray], marked: tuple[int, ...] | None, title: str, axis: int
) -> Figure:
    from tinygen.plots.style import BLUE, FAINT, VERMILION, new_figure

    yours, expected = parts
    figure = new_figure(7.2, 2.9)
    left, right = figure.subplots(1, 2)
    places = np.arange(len(yours))
    style = {"marker": "o"} if len(yours) <= MOST_BARS else {}
    left.plot(places, expected, color=FAINT, linewidth=4, alpha=0.45, label=text("check expected"))
    left.plot(places, yours, color=BLUE, linewidth=1.4, label=text("check yours"), **style)
    left.set_title(text("check yours and expected"))
    left.legend()
    right.axhline(0, color=FAINT, linewidth=0.8)
    right.vlines(places, 0, yours - expected, color=VERMILION, linewidth=1.6)
    right.plot(places, yours - expected, "o", color=VERMILION, markersize=3.5)
    right.set_title(text("check difference"))
    _roomy(right, yours - expected)
    for axes in (left, right):
        axes.set_xlabel(text("check index", axis=axis))
        _whole_ticks(axes.xaxis)
        if marked is not None:
            axes.axvline(marked[0], color=VERMILION, linewidth=6, alpha=0.12)
    figure.suptitle(title, x=0.01, ha="left", fontsize=9.5)
    return figure


def _roomy(axes: Axes, difference: np.ndarray) -> None:
    """A scale around 0, also where nothing differs."""
    finite = np.abs(difference[np.isfinite(difference)])
    largest = float(finite.max(initial=0.0)) or 1.0
    axes.set_ylim(-1.15 * largest, 1.15 * largest)


def _whole_ticks(axis: Axis) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


# ---- two axes ------------------------------------------------------------------------------------


def _maps(
    parts: Sequence[np.ndarray], marked: tuple[int, ...] | None, title: str, axes: tuple[int, ...]
) -> Figure:
    from tinygen.plots.style import diverging_map, new_figure

    yours, expected = parts
    rows, columns = yours.shape
    stretched = not 1 / STRETCHED < columns / rows < STRETCHED
    figure = new_figure(8.4, 1.65 + min(max(2.3 * rows / columns, 0.9), 2.6))
    panels = figure.subplots(1, 3)
    values = _scale(np.concatenate([yours.ravel(), expected.ravel()]))
    with np.errstate(invalid="ignore"):
        difference = yours - expected
    difference[yours == expected] = 0  # the same infinity
    kinds = (
        ("check yours", yours, values),
        ("check expected", expected, values),
        ("check difference", difference, (diverging_map(), _around_zero(difference))),
    )
    for panel, (label, array, (colours, norm)) in zip(panels, kinds, strict=True):
        colours = colours.with_extremes(bad=NO_NUMBER)
        image = panel.imshow(
            array, cmap=colours, norm=norm, aspect="auto" if stretched else "equal"
        )
        lost = "" if np.isfinite(array).all() else text("check grey")
        panel.set_title(text(label) + lost)
        panel.grid(visible=False)
        panel.spines[:].set_visible(True)
        panel.set_xlabel(text("check index", axis=axes[1]))
        _whole_ticks(panel.xaxis)
        _whole_ticks(panel.yaxis)
        _numbers(panel, array, norm, colours)
        if marked is not None:
            _frame(panel, marked)
        _colour_bar(figure, panel, image)
    panels[0].set_ylabel(text("check index", axis=axes[0]))
    figure.suptitle(title, x=0.01, ha="left", fontsize=9.5)
    return figure


def _colour_bar(figure: Figure, panel: Axes, image: AxesImage) -> None:
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    form = ScalarFormatter(useMathText=True)
    form.set_powerlimits((-2, 4))
    figure.colorbar(
        image, ax=panel, location="bottom", shrink=0.85, aspect=25, ticks=MaxNLocator(4),
        format=form,
    )  # fmt: skip


def _scale(values: np.ndarray) -> tuple[Colormap, Normalize]:
    """Shades for numbers of one sign, two colours for numbers of both."""
    from matplotlib.colors import Normalize

    from tinygen.plots.style import BLUE, diverging_map, shades_of

    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    if low < 0:
        return diverging_map(), _around_zero(finite)
    return shades_of(BLUE), Normalize(0.0, high or 1.0)


def _around_zero(values: np.ndarray) -> Normalize:
    from matplotlib.colors import Normalize

    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0.0)) or 1.0
    return Normalize(-largest, largest)


def _numbers(panel: Axes, array: np.ndarray, norm: Normalize, colours: Colormap) -> None:
    """A number in each cell, if they are few."""
    if max(array.shape) > MOST_NUMBERS:
        return
    size = 7.5 if array.shape[1] <= 5 else 6 if array.shape[1] <= 7 else 5
    for (row, column), value in np.ndenumerate(array):
        dark = np.isfinite(value) and sum(colours(norm(value))[:3]) < 1.5
        panel.text(
            column, row, _short(value), ha="center", va="center", fontsize=size,
            color="white" if dark else "#222222",
        )  # fmt: skip


def _short(value: float) -> str:
    """At most five letters, or six with a sign."""
    if value == 0 or not np.isfinite(value):
        return f"{value:.0f}"
    size = abs(value)
    if size < 0.01 or size >= 1000:
        return re.sub(r"e([+-])0?", r"e\1", f"{value:.0e}").replace("e+", "e")
    if value == round(value):
        return f"{value:.0f}"
    return f"{value:.2f}" if size < 10 else f"{value:.1f}" if size < 100 else f"{value:.0f}"


def _frame(panel: Axes, place: tuple[int, ...]) -> None:
    """A frame around the worst element."""
    from matplotlib.patches import Rectangle

    row, column = place
    panel.add_patch(
        Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="black", linewidth=1.6)
    )
