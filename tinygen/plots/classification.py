"""How good a classifier is, and how sure it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.host import class_labels, class_names, host
from tinygen.plots.style import (
    BLUE,
    DPI,
    FAINT,
    TEXT,
    VERMILION,
    File,
    diagonal,
    finished,
    line_style,
    look,
    new_figure,
    shades_of,
)
from tinygen.plots.table import text_width, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "confusion_matrix", "precision_recall_plot", "reliability_diagram", "roc_curve_plot",
]  # fmt: skip

INSIDE = 4  # curves: up to these, the legend has room among them
FEW = 12  # classes: up to these, a cell has room for two numbers


def confusion_matrix(
    matrix: Any,
    names: Sequence[str] | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """What was taken for what: counts, and the share of each true class.

    A row is a true class, a column what it was taken for. Blue cells are right, orange ones are
    errors, darker where the share of the row is larger (small errors are shown darker than in
    proportion, or one would not see them). With up to 12 classes the percentage of the row stands
    in the cell; the column on the right has the share that was right, and the number of examples.

    Parameters
    ----------
    matrix : Tensor or array of shape (K, K)
        Counts, as :func:`tinygen.metrics.confusion_matrix` gives them.
    names : sequence of K str, optional
        What to call the classes; by default their numbers.
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
        If the matrix is not square, has negative entries, or shares instead of counts.
    """
    counts = _counts(matrix)
    size = len(counts)
    names = class_names(names, size, "confusion_matrix")
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    cell = 83 if size <= FEW else 42
    with look():
        figure, axes = _cells(size, cell, names, title)
        axes.imshow(_cell_colours(shares), aspect="auto", interpolation="nearest")
        for row, column in zip(*counts.nonzero(), strict=True):
            _write_cell(axes, int(row), int(column), int(counts[row, column]), totals[row], cell)
        _write_totals(axes, counts.diagonal(), totals, cell)
    return finished(figure, file)


def _cells(size: int, cell: int, names: list[str], title: str) -> tuple[Figure, Axes]:
    """Axes with a square of so many pixels for each cell, and the classes around them."""
    from matplotlib.figure import Figure

    longest = whole(max(text_width(name, 8.5) for name in names))
    is_short = longest < 0.8 * cell
    left, below = longest + 76, (30 if is_short else longest + 12) + 46
    width, height = left + size * cell + 190, below + size * cell + (84 if title else 44)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    side = size * cell
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    axes.set_xticks(range(size), names, rotation=0 if is_short else 90)
    axes.set_yticks(range(size), names)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(False)
    axes.grid(which="minor", color="#C8C8C8", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set(visible=True, color="#C8C8C8", linewidth=0.5)
    words: dict[str, Any] = {"fontsize": 9, "color": TEXT}
    figure.text((left + side / 2) / width, 16 / height, "taken for", ha="center", **words)
    beside: dict[str, Any] = {"rotation": 90, "ha": "left", "va": "center", **words}
    figure.text(14 / width, (below + side / 2) / height, "true class", **beside)
    head: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": 11, "weight": "bold"}
    figure.text(14 / width, 1 - 14 / height, title, **head)
    return figure, axes


def _counts(matrix: Any) -> np.ndarray:
    counts = host(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(
            "confusion_matrix wants counts of shape (K, K), true classes by guesses, got "
            f"{counts.shape}: make them with tinygen.metrics.confusion_matrix(y_true, y_pred)"
        )
    rounded = np.rint(counts.astype(np.float64))
    if (counts < 0).any() or not np.array_equal(rounded, counts):
        raise ValueError(
            "confusion_matrix wants counts, whole numbers from 0: it works out the shares of each "
            "row itself, so pass the matrix before it is normalized"
        )
    return rounded.astype(np.int64)


def _cell_colours(shares: np.ndarray) -> np.ndarray:
    """Blue on the diagonal, orange elsewhere; the root of a share, to show small ones."""
    is_right = np.eye(len(shares), dtype=bool)[..., None]
    right, wrong = shades_of(BLUE)(shares), shades_of(VERMILION)(np.sqrt(shares))
    return np.where(is_right, right, wrong)[..., :3]


def _write_cell(axes: Axes, row: int, column: int, count: int, total: int, cell: int) -> None:
    """The count, and below it the percentage of the row where there is room."""
    share = count / total
    is_dark = share > 0.5 if row == column else share > 0.4
    style: dict[str, Any] = {
        "ha": "center", "va": "center_baseline", "color": "white" if is_dark else TEXT,
    }  # fmt: skip
    weight = "bold" if row == column else "normal"
    fits = 9.5 * 0.88 * cell / max(text_width(f"{count}", 9.5, bold=row == column), 1)
    if cell < 60:
        axes.text(column, row, f"{count}", fontsize=min(9, fits), weight=weight, **style)
        return
    axes.text(column, row - 0.14, f"{count}", fontsize=min(9.5, fits), weight=weight, **style)
    axes.text(column, row + 0.24, _percent(share), fontsize=7, **style)


def _percent(share: float) -> str:
    """Never rounded up to all, nor down to nothing."""
    percent = 100 * share
    if 99.95 <= percent < 100:
        return ">99.9%"
    if 0 < percent < 0.05:
        return "<0.1%"
    return f"{percent:.0f}%" if percent in (0, 100) else f"{percent:.1f}%"


def _write_totals(axes: Axes, right: np.ndarray, totals: np.ndarray, cell: int) -> None:
    """Right of the rows: how many were right, of how many."""
    end = len(totals) - 0.5
    style: dict[str, Any] = {"va": "center_baseline", "ha": "right", "fontsize": 8.5}
    bold: dict[str, Any] = {"weight": "bold", "color": BLUE, **style}
    for row, (count, total) in enumerate(zip(right, totals, strict=True)):
        text = _percent(count / total) if total else "–"
        axes.text(end + 88 / cell, row, text, **bold)
        axes.text(end + 174 / cell, row, f"{total:,}", color=FAINT, **style)
    axes.text(end + 88 / cell, -0.5 - 18 / cell, "right", **bold)
    axes.text(end + 174 / cell, -0.5 - 18 / cell, "of", color=FAINT, **style)


# ---- curves over thresholds ------------------------------------------------------------------


def roc_curve_plot(
    y_true: Any,
    y_score: Any,
    names: Sequence[str] | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """Receiver operating characteristic: true positives against false ones, with the area.

    Where all curves press into the corner, an inset shows the corner enlarged.

    Parameters
    ----------
    y_true : integer Tensor or array of shape (N,)
        Classes; of 0 and 1 where there is one score for each example.
    y_score : Tensor or array of shape (N,) or (N, K), or mapping of str to arrays of shape (N,)
        The score of class 1; or a score for each of K classes, which gives a curve of each class
        against the rest; or the scores of several models by their names.
    names : sequence of K str, optional
        What to call the classes.
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
        If the shapes do not belong together, a score is NaN, or there is only one class.
    """
    from tinygen.metrics import roc_auc_score, roc_curve

    cases = _cases(y_true, y_score, names, "roc_curve_plot")
    lines = []
    for name, truth, score in cases:
        false_positives, true_positives, _ = roc_curve(truth, score)
        label = _labelled(name, "AUC", float(roc_auc_score(truth, score)))
        lines.append((host(false_positives), host(true_positives), label))
    with look():
        figure, axes = _square(title, [label for _, _, label in lines])
        diagonal(axes, "guessing")
        _draw_lines(axes, lines)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        _legend(axes, len(lines), "lower right")
        if all(_at(line[0], line[1], 0.05) > 0.9 for line in lines):
            _enlarge(axes, lines, (0, 0.05), (0.9, 1.002), (0.34, 0.38, 0.6, 0.46))
    return finished(figure, file)


def precision_recall_plot(
    y_true: Any,
    y_score: Any,
    names: Sequence[str] | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """Precision against recall, with the average precision.

    Parameters
    ----------
    y_true : integer Tensor or array of shape (N,)
        As for :func:`roc_curve_plot`.
    y_score : Tensor or array of shape (N,) or (N, K), or mapping of str to arrays of shape (N,)
        As for :func:`roc_curve_plot`.
    names : sequence of K str, optional
        What to call the classes.
    title : str
        Above the picture.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        Steps, since between two thresholds nothing is known. The dotted line is the share of
        positives, the precision of guessing; with several classes there is none.

    Raises
    ------
    ValueError
        If the shapes do not belong together, a score is NaN, or there is only one class.
    """
    from tinygen.metrics import average_precision_score, precision_recall_curve

    cases = _cases(y_true, y_score, names, "precision_recall_plot")
    lines = []
    for name, truth, score in cases:
        precision, recall, _ = precision_recall_curve(truth, score)
        label = _labelled(name, "AP", float(average_precision_score(truth, score)))
        lines.append((host(recall), host(precision), label))
    shares = {float(truth.mean()) for _, truth, _ in cases}
    with look():
        figure, axes = _square(title, [label for _, _, label in lines])
        if len(shares) == 1:
            axes.axhline(shares.pop(), color=FAINT, linewidth=1, linestyle=":", label="guessing")
        _draw_lines(axes, lines, drawstyle="steps-post")
        axes.set(xlabel="recall", ylabel="precision")
        _legend(axes, len(lines), "lower left")
        if all(_at(line[0][::-1], line[1][::-1], 0.9) > 0.9 for line in lines):
            where = (0.12, 0.38, 0.6, 0.46)
            _enlarge(axes, lines, (0.9, 1.002), (0.9, 1.002), where, drawstyle="steps-post")
    return finished(figure, file)


Case = tuple[str, np.ndarray, np.ndarray]
Line = tuple[np.ndarray, np.ndarray, str]


def _cases(y_true: Any, y_score: Any, names: Sequence[str] | None, caller: str) -> list[Case]:
    """Name, truth of 0 and 1, and score of each curve."""
    if isinstance(y_score, Mapping):
        return [
            (str(model), *_binary(y_true, host(score), caller)) for model, score in y_score.items()
        ]
    score = host(y_score)
    if score.ndim == 1:
        return [("", *_binary(y_true, score, caller))]
    if score.ndim != 2:
        raise ValueError(
            f"{caller} wants scores of shape (N,) or (N, K), got {score.shape}: flatten them, or "
            "pass the scores of several models as a mapping"
        )
    labels = class_labels(y_true, len(score), caller)
    names = class_names(names, score.shape[1], caller)
    if labels.max() >= score.shape[1]:
        raise ValueError(
            f"{caller} got the label {labels.max()} and scores for {score.shape[1]} classes, "
            f"0 to {score.shape[1] - 1}"
        )
    return [
        (name, *_binary(labels == number, score[:, number], caller, name))
        for number, name in enumerate(names)
    ]


def _binary(
    y_true: Any, score: np.ndarray, caller: str, name: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    truth = class_labels(y_true, len(score), caller)
    if score.ndim != 1 or not np.isfinite(score).all():
        raise ValueError(
            f"{caller} wants a finite score for each example, got shape {score.shape} with "
            f"{int((~np.isfinite(score)).sum())} values NaN or infinite"
        )
    if truth.max(initial=0) > 1:
        raise ValueError(
            f"{caller} got one score for each example and labels up to {truth.max()}: pass the "
            f"scores of all {truth.max() + 1} classes, (N, K), or labels of 0 and 1"
        )
    if len(np.unique(truth)) < 2:
        which = f"class {name}" if name else "the labels"
        raise ValueError(
            f"{caller}: {which} has only positives or only negatives among {len(truth)} examples, "
            "so that one of the two rates is 0/0: pass more examples"
        )
    return truth, score


def _labelled(name: str, measure: str, value: float) -> str:
    """``cat: AUC 0.987``, never rounded up to 1."""
    text = ">0.9999" if 0.99995 <= value < 1 else f"{value:.4f}"
    return f"{name}: {measure} {text}" if name else f"{measure} {text}"


def _square(title: str, names: Sequence[str]) -> tuple[Figure, Axes]:
    """Axes from 0 to 1 in both directions; many curves have their legend beside them."""
    beside = max(text_width(name, 8.5) for name in names) / DPI + 0.7
    figure = new_figure(4.3 + (beside if len(names) > INSIDE else 0), 4.2)
    axes = figure.add_subplot()
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", title=title)
    return figure, axes


def _draw_lines(axes: Axes, lines: Sequence[Line], **style: Any) -> None:
    for number, (x, y, label) in enumerate(lines):
        axes.plot(x, y, label=label, **line_style(number), **style)


def _legend(axes: Axes, count: int, corner: Any) -> None:
    if count <= INSIDE:
        axes.legend(loc=corner)
    else:
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))


def _at(x: np.ndarray, y: np.ndarray, place: float) -> float:
    """The height of a curve over a place; ``x`` rises."""
    return float(np.interp(place, x, y))


def _enlarge(
    axes: Axes,
    lines: Sequence[Line],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    where: tuple[float, float, float, float],
    **style: Any,
) -> None:
    """A part of the picture, enlarged in a picture of its own."""
    from matplotlib.patches import Rectangle

    left, bottom, width, height = where
    page = (left - 0.11, bottom - 0.07), width + 0.16, height + 0.14
    blank: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "zorder": 3}
    axes.add_patch(Rectangle(*page, transform=axes.transAxes, **blank))
    corner = (xlim[0], ylim[0]), xlim[1] - xlim[0], ylim[1] - ylim[0]
    axes.add_patch(Rectangle(*corner, fill=False, edgecolor=FAINT, linewidth=1, zorder=4))
    inset = axes.inset_axes(where)
    inset.set_title("the corner, enlarged", fontsize=7.5, weight="normal", pad=3)
    _draw_lines(inset, lines, **{"linewidth": 1.4, **style})
    inset.set(xlim=xlim, ylim=ylim)
    inset.tick_params(labelsize=7.5)
    inset.spines[:].set_visible(True)


# ---- calibration -----------------------------------------------------------------------------


def reliability_diagram(
    y_true: Any, y_prob: Any, bins: int = 15, title: str = "", file: File = None
) -> Figure:
    """Whether a classifier that says 80 % is right in 80 % of cases.

    Bars are what was found; the hatched part is the gap to what was said, orange where it is too
    sure and pale blue where it is not sure enough. Below, how many examples there are of each
    confidence. The expected calibration error is the mean gap,
    weighted by them (M. Naeini, G. Cooper and M. Hauskrecht, AAAI 2015; C. Guo and others, "On
    calibration of modern neural networks", 2017).

    Parameters
    ----------
    y_true : integer Tensor or array of shape (N,)
        Classes.
    y_prob : Tensor or array of shape (N, K) or (N,)
        Probabilities of the classes (drawn is that of the guess), or of class 1 of two.
    bins : int
        Into how many equal parts [0, 1] is divided.
    title : str
        Above the picture.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes: the bars and the numbers of examples.

    Raises
    ------
    ValueError
        If the shapes do not belong together, or probabilities are not from 0 to 1.
    """
    confidence, is_right = _confidences(y_true, y_prob)
    if bins < 1:
        raise ValueError(f"reliability_diagram needs one bin at least, got {bins}")
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    filled = counts > 0
    number = np.maximum(counts, 1)
    mean_confidence = np.bincount(place, confidence, bins) / number
    share_right = np.bincount(place, is_right, bins) / number
    error = float((counts * np.abs(mean_confidence - share_right)).sum() / len(confidence))
    is_binary = host(y_prob).ndim == 1
    with look():
        figure = new_figure(4.4, 5.4)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        _draw_bars(upper, mean_confidence, share_right, counts)
        diagonal(upper, "well calibrated")
        found = "share of class 1" if is_binary else "share that was right"
        upper.set(ylim=(0, 1.02), ylabel=found, title=title)
        heading = f"expected calibration error {100 * error:.2f} %"
        figure.legend(loc="outside lower left", ncols=2, title=heading, alignment="left")
        centres = (np.arange(bins) + 0.5) / bins
        lower.bar(centres, counts, 1 / bins, color=FAINT, edgecolor="white", linewidth=0.8)
        if counts.max() > 20 * counts[filled].min():
            lower.set_yscale("log")
            lower.set_ylim(bottom=0.6)
        lower.set(xlim=(0, 1), ylabel="examples")
        lower.set_xlabel("probability of class 1" if is_binary else "confidence of the guess")
    return finished(figure, file)


def _draw_bars(axes: Axes, said: np.ndarray, found: np.ndarray, counts: np.ndarray) -> None:
    """For each bin what was found, up to what was said or the other way round."""
    bins = len(counts)
    centres = (np.arange(bins) + 0.5) / bins
    style: dict[str, Any] = {"width": 1 / bins, "edgecolor": "white", "linewidth": 0.8}
    both = np.where(counts > 0, np.minimum(said, found), 0)
    axes.bar(centres, both, color=BLUE, label="found", **style)
    for gap, colour, hatch, label in (
        (said - found, "#F5B88A", "////", "said, not found: too sure"),
        (found - said, "#9CCDEB", "\\\\\\\\", "found, not said: too unsure"),
    ):
        shown = np.where((counts > 0) & (gap > 0), gap, 0)
        part: dict[str, Any] = {"color": colour, "hatch": hatch, "label": label}
        axes.bar(centres, shown, bottom=both, **part, **style)


def _confidences(y_true: Any, y_prob: Any) -> tuple[np.ndarray, np.ndarray]:
    """How sure each guess was, and whether it was right."""
    rows = host(y_prob).astype(np.float64)
    if rows.ndim not in (1, 2) or rows.size == 0:
        raise ValueError(
            f"reliability_diagram wants probabilities of shape (N, K) or (N,), got {rows.shape}"
        )
    if not (np.isfinite(rows).all() and rows.min() >= 0 and rows.max() <= 1 + 1e-5):
        raise ValueError(
            "reliability_diagram wants probabilities from 0 to 1, got values from "
            f"{rows.min():.4g} to {rows.max():.4g}: apply softmax (or sigmoid) to the logits first"
        )
    rows = rows.clip(0, 1)
    labels = class_labels(y_true, len(rows), "reliability_diagram")
    if rows.ndim == 1:
        return rows, labels.astype(np.float64)
    return rows.max(axis=1), (rows.argmax(axis=1) == labels).astype(np.float64)
