"""How good a classifier is, and how sure it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.host import class_labels, class_names, host
from tinygen.plots.style import (
    BLUE,
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "confusion_matrix", "precision_recall_plot", "reliability_diagram", "roc_curve_plot",
]  # fmt: skip

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
    cell = 0.52 if size <= FEW else 0.34
    longest = max(len(name) for name in names)
    with look():
        side = size * cell + 0.085 * longest
        figure = new_figure(side + 2.0, side + 0.75 + (0.3 if title else 0))
        axes = figure.add_subplot()
        axes.imshow(_cell_colours(shares), aspect="equal", interpolation="nearest")
        axes.set_xticks(range(size), names, rotation=90 if longest > 3 else 0)
        axes.set_yticks(range(size), names)
        axes.set(xlabel="taken for", ylabel="true class", title=title)
        axes.grid(False)
        axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="#C8C8C8", linewidth=0.5)
        axes.tick_params(which="both", length=0)
        axes.spines[:].set_visible(False)
        for row, column in zip(*counts.nonzero(), strict=True):
            _write_cell(axes, int(row), int(column), counts[row, column], shares[row, column], size)
        _write_totals(axes, shares.diagonal(), totals)
    return finished(figure, file)


def _counts(matrix: Any) -> np.ndarray:
    counts = host(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(
            "confusion_matrix wants counts of shape (K, K), true classes by guesses, got "
            f"{counts.shape}: make them with tinygen.metrics.confusion_matrix(y_true, y_pred)"
        )
    whole = np.rint(counts.astype(np.float64))
    if (counts < 0).any() or not np.array_equal(whole, counts):
        raise ValueError(
            "confusion_matrix wants counts, whole numbers from 0: it works out the shares of each "
            "row itself, so pass the matrix before it is normalized"
        )
    return whole.astype(np.int64)


def _cell_colours(shares: np.ndarray) -> np.ndarray:
    """Blue on the diagonal, orange elsewhere; the root of a share, to show small ones."""
    is_right = np.eye(len(shares), dtype=bool)[..., None]
    right, wrong = shades_of(BLUE)(shares), shades_of(VERMILION)(np.sqrt(shares))
    return np.where(is_right, right, wrong)[..., :3]


def _write_cell(axes: Axes, row: int, column: int, count: int, share: float, size: int) -> None:
    """The count, and below it the percentage where there is room."""
    is_dark = share > 0.5 if row == column else share > 0.4
    style: dict[str, Any] = {
        "ha": "center", "va": "center_baseline", "color": "white" if is_dark else TEXT,
    }  # fmt: skip
    weight = "bold" if row == column else "normal"
    if size > FEW:
        axes.text(
            column, row, f"{count}", fontsize=8 if count < 1000 else 6.8, weight=weight, **style
        )
        return
    axes.text(column, row - 0.14, f"{count}", fontsize=9.5, weight=weight, **style)
    axes.text(column, row + 0.24, _percent(share), fontsize=7, **style)


def _percent(share: float) -> str:
    """Never rounded up to all, nor down to nothing."""
    percent = 100 * share
    if 99.95 <= percent < 100:
        return ">99.9%"
    if percent < 0.05:
        return "<0.1%"
    return "100%" if percent == 100 else f"{percent:.1f}%"


def _write_totals(axes: Axes, recalls: np.ndarray, totals: np.ndarray) -> None:
    """Right of the rows: how many were right, of how many."""
    size = len(totals)
    style: dict[str, Any] = {"va": "center", "ha": "right", "fontsize": 8.5}
    unit = 1.0 if size <= FEW else 0.52 / 0.34
    for row, (recall, total) in enumerate(zip(recalls, totals, strict=True)):
        text = _percent(recall) if total else "–"
        axes.text(size - 0.5 + 1.3 * unit, row, text, weight="bold", color=BLUE, **style)
        axes.text(size - 0.5 + 2.4 * unit, row, f"{total:,}", color=FAINT, **style)
    style["va"] = "bottom"
    axes.text(size - 0.5 + 1.3 * unit, -0.6, "right", weight="bold", color=BLUE, **style)
    axes.text(size - 0.5 + 2.4 * unit, -0.6, "of", color=FAINT, **style)


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
        figure, axes = _square(title, len(lines))
        diagonal(axes, "guessing")
        _draw_lines(axes, lines)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        _legend(figure, axes, len(lines), "lower right")
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
        figure, axes = _square(title, len(lines))
        if len(shares) == 1:
            axes.axhline(shares.pop(), color=FAINT, linewidth=1, linestyle=":", label="guessing")
        _draw_lines(axes, lines, drawstyle="steps-pre")
        axes.set(xlabel="recall", ylabel="precision")
        _legend(figure, axes, len(lines), "lower left")
        if all(_at(line[0][::-1], line[1][::-1], 0.9) > 0.9 for line in lines):
            where = (0.12, 0.38, 0.6, 0.46)
            _enlarge(axes, lines, (0.9, 1.002), (0.9, 1.002), where, drawstyle="steps-pre")
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


def _square(title: str, count: int) -> tuple[Figure, Axes]:
    """Axes from 0 to 1 in both directions; many curves have their legend beside them."""
    figure = new_figure(4.4 if count <= 4 else 6.2, 4.2)
    axes = figure.add_subplot()
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", title=title)
    return figure, axes


def _draw_lines(axes: Axes, lines: Sequence[Line], **style: Any) -> None:
    for number, (x, y, label) in enumerate(lines):
        axes.plot(x, y, label=label, **line_style(number), **style)


def _legend(figure: Figure, axes: Axes, count: int, corner: Any) -> None:
    if count <= 4:
        axes.legend(loc=corner)
    else:
        figure.legend(loc="outside right center")


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
    inset = axes.inset_axes(where)
    _draw_lines(inset, lines, **{"linewidth": 1.4, **style})
    inset.set(xlim=xlim, ylim=ylim)
    inset.tick_params(labelsize=7.5)
    inset.spines[:].set_visible(True)
    axes.indicate_inset_zoom(inset, edgecolor=FAINT, alpha=0.8)


# ---- calibration -----------------------------------------------------------------------------


def reliability_diagram(
    y_true: Any, y_prob: Any, bins: int = 15, title: str = "", file: File = None
) -> Figure:
    """Whether a classifier that says 80 % is right in 80 % of cases.

    Bars below the diagonal are too sure, above it not sure enough; orange is the gap. Below, how
    many examples there are of each confidence. The expected calibration error is the mean gap,
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
    gaps = (mean_confidence - share_right)[filled]
    error = float((counts[filled] * np.abs(gaps)).sum() / len(confidence))
    is_binary = host(y_prob).ndim == 1
    centres, width = (np.arange(bins) + 0.5) / bins, 1 / bins
    with look():
        figure = new_figure(4.4, 5.2)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        edge: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.8}
        upper.bar(centres[filled], share_right[filled], width, color=BLUE, label="found", **edge)
        upper.bar(
            centres[filled], gaps, width, bottom=share_right[filled], color=VERMILION, alpha=0.45,
            hatch="////", label="gap to the confidence", **edge,
        )  # fmt: skip
        diagonal(upper, "well calibrated")
        found = "share of class 1" if is_binary else "share that was right"
        upper.set(ylim=(0, 1.02), ylabel=found, title=title)
        upper.legend(
            loc="upper left", title=f"calibration error {100 * error:.2f} %", alignment="left"
        )
        lower.bar(centres, counts, width, color=FAINT, **edge)
        if counts.max() > 20 * max(1, int(counts[filled].min())):
            lower.set_yscale("log")
        lower.set(xlim=(0, 1), ylabel="examples")
        lower.set_xlabel("probability of class 1" if is_binary else "confidence of the guess")
    return finished(figure, file)


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
