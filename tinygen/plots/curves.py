"""How training went: losses and metrics over epochs or steps."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygen.plots.host import host
from tinygen.plots.style import FAINT, File, finished, line_style, look, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["loss_curves", "metric_curves"]

History = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | os.PathLike[str]

PARTS = {
    "train": "training", "training": "training",
    "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test",
}  # fmt: skip
TIMES = ("epoch", "step", "iteration", "batch")
OTHERS = {"lr", "rate", "seconds", "time", "speed", "second", "timestamp", "images", "memory"}
"""Last words of columns that are no metrics."""

LOWER_IS_BETTER = {
    "loss", "error", "err", "cer", "wer", "mse", "mae", "rmse", "nll", "bpd", "perplexity", "fid",
    "distance", "ece", "kl", "divergence",
}  # fmt: skip

ORDER = ("training", "validation", "test")

MANY = 50  # points: more than these are smoothed
WIDE = 30.0  # the largest value by the smallest: more than this goes on a logarithmic scale


class Series(NamedTuple):
    """A column: what it measures, on which part of the data, and its values over time."""

    metric: str
    part: str
    times: np.ndarray
    values: np.ndarray


def loss_curves(
    history: History,
    names: Sequence[str] | None = None,
    log: bool | None = None,
    smoothing: int | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """Losses while a model was trained: training and validation, with the best validation marked.

    Parameters
    ----------
    history : mapping of str to sequence, sequence of mappings, or path of a CSV file
        Columns such as ``epoch``, ``train_loss`` (or ``loss``) and ``val_loss``. What is NaN,
        None or empty was not measured at that time. Several losses, as those of a GAN
        (``generator_loss``, ``discriminator_loss``), go into one picture.
    names : sequence of str, optional
        Which columns; by default all whose name has the word ``loss``.
    log : bool, optional
        A logarithmic scale; by default where the values span more than a factor of 30.
    smoothing : int, optional
        Over how many points around each the mean is drawn; the raw values stay visible behind
        it. By default a twenty-fifth of the points, of more than 50.
    title : str
        Above the picture.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no such column, columns have different lengths, or a number is out of range.
    """
    columns = _read(history)
    names = _chosen(columns, names, [name for name in columns if _is_loss(name)], "loss_curves")
    time, series = _series(columns, names)
    with look():
        figure = new_figure(6.0, 3.6)
        axes = figure.add_subplot()
        _draw(axes, series, log, smoothing, False, time)
        axes.set(xlabel=time, ylabel="loss", title=title)
    return finished(figure, file)


def metric_curves(
    history: History,
    names: Sequence[str] | None = None,
    log: bool = False,
    smoothing: int | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """Metrics while a model was trained: a picture for each, with the best validation marked.

    Parameters
    ----------
    history : mapping of str to sequence, sequence of mappings, or path of a CSV file
        As for :func:`loss_curves`.
    names : sequence of str, optional
        Which columns; by default all that are neither losses nor times, rates and speeds. A
        column and its ``val_`` double share a picture.
    log : bool
        A logarithmic scale.
    smoothing : int, optional
        As for :func:`loss_curves`.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        An axes for each metric. The lowest value is the best of what is called an error, a loss
        or a distance, the highest of everything else.

    Raises
    ------
    ValueError
        If there is no such column, columns have different lengths, or a number is out of range.
    """
    columns = _read(history)
    usual = [name for name in columns if _is_metric(name)]
    time, series = _series(columns, _chosen(columns, names, usual, "metric_curves"))
    metrics = list(dict.fromkeys(one.metric for one in series))
    across = min(len(metrics), 2)
    down = -(-len(metrics) // across)
    with look():
        figure = new_figure(max(6.0, 3.6 * across), 3.2 * down + (0.3 if title else 0))
        for place, metric in enumerate(metrics):
            axes = figure.add_subplot(down, across, place + 1)
            shown = [one for one in series if one.metric == metric]
            _draw(axes, shown, log, smoothing, _higher_is_better(metric), time)
            axes.set_title(metric.replace("_", " "), fontsize=9.5, weight="normal")
            axes.set_xlabel(time)
        if title:
            figure.suptitle(title, x=0.01, ha="left", weight="bold")
    return finished(figure, file)


# ---- reading a history -----------------------------------------------------------------------


def _read(history: History) -> dict[str, np.ndarray]:
    """Columns of numbers by name; NaN where nothing was measured."""
    if isinstance(history, (str, os.PathLike)):
        with open(history, newline="", encoding="utf-8") as file:
            return _from_rows(list(csv.DictReader(file)), str(history))
    if not isinstance(history, Mapping):
        return _from_rows(list(history), "the history")
    columns = {name: _numbers(values) for name, values in history.items()}
    found = {name: values for name, values in columns.items() if values is not None}
    if len({len(values) for values in found.values()}) > 1:
        lengths = ", ".join(f"{name}: {len(values)}" for name, values in found.items())
        raise ValueError(
            f"the columns of a history have one length, got {lengths}; put NaN where nothing was "
            "measured"
        )
    return found


def _from_rows(rows: Sequence[Mapping[str, Any]], source: str) -> dict[str, np.ndarray]:
    """Rows as columns; a row need not have all of them."""
    if not rows:
        raise ValueError(f"{source} has no rows yet: train for an epoch first")
    names = dict.fromkeys(name for row in rows for name in row if name)
    columns = {name: _numbers([row.get(name) for row in rows]) for name in names}
    return {name: values for name, values in columns.items() if values is not None}


def _numbers(values: Any) -> np.ndarray | None:
    """A column as numbers, or None where one of them is a word or there is none at all."""
    try:
        column = [math.nan if value in (None, "") else float(value) for value in host(values)]
    except (TypeError, ValueError):
        return None
    numbers = np.array(column, dtype=np.float64)
    return None if np.isnan(numbers).all() else numbers


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9@]+", name.lower()) if word]


def _metric_and_part(name: str) -> tuple[str, str]:
    """``val_loss`` is the loss in validation; what names no part was measured in training."""
    words = _words(name)
    part = next((PARTS[word] for word in words if word in PARTS), "training")
    rest = [word for word in words if word not in PARTS]
    return "_".join(rest) or "loss", part


def _is_loss(name: str) -> bool:
    return "loss" in _words(name)


def _is_metric(name: str) -> bool:
    words = _words(name)
    is_other = not words or words[-1] in OTHERS or name in TIMES or _is_loss(name)
    return not is_other


def _higher_is_better(metric: str) -> bool:
    return LOWER_IS_BETTER.isdisjoint(metric.split("_"))


def _chosen(
    columns: Mapping[str, np.ndarray],
    names: Sequence[str] | None,
    usual: Sequence[str],
    caller: str,
) -> Sequence[str]:
    missing = [name for name in names or () if name not in columns]
    if missing or not (names or usual):
        what = f"has no numbers called {', '.join(missing)}" if missing else "has nothing to draw"
        raise ValueError(
            f"{caller}: the history {what}; its columns of numbers are "
            f"{', '.join(columns) or 'none'}: name some of them in names=[...]"
        )
    return names or usual


def _series(columns: Mapping[str, np.ndarray], names: Sequence[str]) -> tuple[str, list[Series]]:
    """What time is counted in, and the measured points of each column."""
    time, places = _times(columns)
    series = []
    for name in names:
        metric, part = _metric_and_part(name)
        is_measured = np.isfinite(columns[name])
        if not is_measured.any():
            raise ValueError(f"{name} is NaN or infinite at all times: training has diverged")
        series.append(Series(metric, part, places[is_measured], columns[name][is_measured]))
    return time, series


def _times(columns: Mapping[str, np.ndarray]) -> tuple[str, np.ndarray]:
    """The first column of time that always grows, else a count from 1."""
    for time in TIMES:
        if time in columns and (len(columns[time]) == 1 or (np.diff(columns[time]) > 0).all()):
            return time, columns[time]
    length = len(next(iter(columns.values()), ()))
    return "epoch" if length <= MANY else "step", np.arange(1, length + 1, dtype=np.float64)


# ---- drawing ---------------------------------------------------------------------------------


def _draw(
    axes: Axes,
    series: Sequence[Series],
    log: bool | None,
    smoothing: int | None,
    higher_is_better: bool,
    time: str,
) -> None:
    """A line for each series, and a star at the best validation of each metric."""
    from matplotlib.ticker import MaxNLocator

    if smoothing is not None and smoothing < 1:
        raise ValueError(f"smoothing counts points, 1 for none; got {smoothing}")
    is_alone = len({one.metric for one in series}) == 1
    for number, one in enumerate(series):
        style = line_style(ORDER.index(one.part) if is_alone else number)
        width = _usual_smoothing(len(one.values)) if smoothing is None else smoothing
        if width > 1:
            pale = {"color": style["color"], "linewidth": 0.8, "alpha": 0.3}
            axes.plot(one.times, one.values, label="_raw", **pale)
        mark: dict[str, Any] = {"marker": "o", "markersize": 3.5} if len(one.values) <= 30 else {}
        name = _name(one, series)
        axes.plot(one.times, smoothed(one.values, width), label=name, **style, **mark)
    for one in series:
        if one.part == "validation":
            _mark_best(axes, one, higher_is_better, "" if is_alone else one.metric, time)
    if log or (log is None and _spans_much(series)):
        _make_logarithmic(axes, series)
    if all(float(time).is_integer() for one in series for time in one.times):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="best")


def _name(one: Series, series: Sequence[Series]) -> str:
    """What a line is called: by what tells it from the others."""
    metric = one.metric.replace("_", " ")
    if len({other.metric for other in series}) == 1:
        return one.part
    return metric if len({other.part for other in series}) == 1 else f"{metric}, {one.part}"


def _usual_smoothing(count: int) -> int:
    return 1 if count <= MANY else max(3, count // 25)


def smoothed(values: np.ndarray, width: int) -> np.ndarray:
    """The mean of so many points around each: as many on both sides in the beginning, where a
    loss falls fast; of those that there are at the end."""
    half, count = width // 2, len(values)
    place = np.arange(count)
    start = np.maximum(place - half, 0)
    stop = np.minimum(np.minimum(place + half, 2 * place) + 1, count)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[stop] - sums[start]) / (stop - start)


def _mark_best(axes: Axes, one: Series, higher_is_better: bool, metric: str, unit: str) -> None:
    place = int(one.values.argmax() if higher_is_better else one.values.argmin())
    time, value = one.times[place], one.values[place]
    name = f"best {metric.replace('_', ' ')}".strip()
    axes.plot(
        [time], [value], marker="*", markersize=12, linestyle="none", zorder=4,
        color="#F0E442", markeredgecolor="#222222", label=f"{name}: {value:.4g}, {unit} {time:g}",
    )  # fmt: skip
    axes.axvline(time, color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)


def _spans_much(series: Sequence[Series]) -> bool:
    low = min(float(one.values.min()) for one in series)
    high = max(float(one.values.max()) for one in series)
    return low > 0 and high / low > WIDE


def _make_logarithmic(axes: Axes, series: Sequence[Series]) -> None:
    low = min(float(one.values.min()) for one in series)
    if low <= 0:
        raise ValueError(
            f"a logarithmic scale has no place for {low:.4g}: pass log=False, or plot a quantity "
            "that stays above 0"
        )
    axes.set_yscale("log")
    axes.grid(True, which="minor", linewidth=0.3)
