"""What a classifier saw and what it said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_predictions"]

BLUE, VERMILION = "#0072B2", "#C44E00"
"""Told apart by the colour-blind. In print without colour, the words say it too."""

TEXT, FAINT, PALE = "#222222", "#666666", "#E3E3E3"

INCHES = 0.82
"""The width of a picture on paper. All other lengths are in widths of a picture."""

MARGIN, TITLE, HEADING, BETWEEN, COLUMN = 0.4, 0.72, 0.3, 0.2, 1.24


def plot_predictions(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    title: str,
    names: Sequence[str] | None = None,
    columns: int = 10,
    rows: int = 2,
) -> Figure:
    """Pictures that were classified rightly, and those that were not, the surest mistakes first.

    Below each picture stand the class it was taken for, the probability that the model gave to it
    (also as a bar), and, for a mistake, the true class.

    Parameters
    ----------
    images : array of shape (N, H, W)
        Light on dark, of any scale; drawn dark on light, which prints better.
    labels : integer array of shape (N,)
    probabilities : array of shape (N, classes)
    title : str
    names : sequence of str, optional
        What to call the classes; by default their numbers.
    columns, rows : int
        How many pictures side by side, and how many rows of each kind at most.

    Returns
    -------
    matplotlib.figure.Figure
        It is not shown; see :func:`tinygen.plots.save_figure`.

    Raises
    ------
    ValueError
        If the arrays do not belong together.
    """
    from matplotlib.figure import Figure

    images, labels, probabilities = map(np.asarray, (images, labels, probabilities))
    _check(images, labels, probabilities)
    names = names or [str(number) for number in range(probabilities.shape[1])]
    guesses = probabilities.argmax(axis=1)
    is_right = guesses == labels
    right = _examples(labels, is_right, columns * rows)
    wrong = _surest(probabilities, ~is_right, columns * rows)
    blocks = [
        Block(right, BLUE, 1.6, f"Right: {is_right.sum():,} of {len(labels):,}",
              "The first of each class. Below: what it was taken for, and how surely."),
        Block(wrong, VERMILION, 1.8, f"Wrong: {(~is_right).sum():,} of {len(labels):,}",
              "The surest mistakes. Below: what it was taken for, how surely, and what it is."),
    ]  # fmt: skip
    blocks = [block for block in blocks if len(block.chosen)]

    width = columns * COLUMN - (COLUMN - 1)
    height = TITLE + sum(block.height(columns) + BETWEEN for block in blocks) - 2 * BETWEEN
    figure = Figure(figsize=((width + 2 * MARGIN) * INCHES, (height + 2 * MARGIN) * INCHES))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-MARGIN, width + MARGIN), ylim=(height + MARGIN, -MARGIN))
    axes.set_axis_off()
    _write(axes, 0, 0.12, title, size=15, weight="bold")

    top = TITLE
    for block in blocks:
        _write(axes, 0, top, block.heading, size=12, color=block.colour, weight="bold")
        _write(axes, 3 * COLUMN, top, block.explanation, size=9, color=FAINT)
        for place, number in enumerate(block.chosen):
            left, upper = place % columns * COLUMN, top + HEADING + place // columns * block.row
            guess, label = int(guesses[number]), int(labels[number])
            _tile(axes, images[number], left, upper, block.colour)
            confidence = float(probabilities[number, guess])
            _verdict(axes, left, upper, names[guess], confidence, block.colour)
            if guess != label:
                _write(axes, left, upper + 1.5, f"is {names[label]}", size=10, weight="bold")
        top += block.height(columns) + BETWEEN
    return figure


class Block(NamedTuple):
    """Pictures in rows under a heading."""

    chosen: np.ndarray
    colour: str
    row: float
    """From one row to the next."""
    heading: str
    explanation: str

    def height(self, columns: int) -> float:
        """The heading and all rows."""
        return HEADING + -(-len(self.chosen) // columns) * self.row


def _check(images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    if images.ndim != 3 or labels.ndim != 1 or probabilities.ndim != 2:
        raise ValueError(
            "plot_predictions wants images (N, H, W), labels (N,) and probabilities (N, classes), "
            f"got the shapes {images.shape}, {labels.shape} and {probabilities.shape}"
        )
    if not len(images) == len(labels) == len(probabilities) > 0:
        raise ValueError(
            f"plot_predictions got {len(images)} images, {len(labels)} labels and "
            f"{len(probabilities)} rows of probabilities: pass one of each for every picture"
        )


def _examples(labels: np.ndarray, chosen: np.ndarray, count: int) -> np.ndarray:
    """The first chosen ones of each class in turn: a class to a column where there are ten."""
    of_class = [np.flatnonzero(chosen & (labels == label)) for label in np.unique(labels)]
    turns = chain.from_iterable(zip_longest(*of_class))
    return np.array([number for number in turns if number is not None], np.int64)[:count]


def _surest(probabilities: np.ndarray, chosen: np.ndarray, count: int) -> np.ndarray:
    """The chosen ones with the highest probabilities, the highest first."""
    order = np.flatnonzero(chosen)
    return order[np.argsort(-probabilities[order].max(axis=1), kind="stable")][:count]


def _tile(axes: Axes, image: np.ndarray, left: float, top: float, colour: str) -> None:
    """A picture in a thin frame."""
    axes.imshow(
        image,
        cmap="gray_r",
        extent=(left, left + 1, top + 1, top),
        interpolation="nearest",
        aspect="auto",
        zorder=1,
    )
    axes.plot(
        [left, left + 1, left + 1, left, left],
        [top, top, top + 1, top + 1, top],
        color=colour,
        linewidth=1.1,
        zorder=2,
    )


def _verdict(
    axes: Axes, left: float, top: float, name: str, confidence: float, colour: str
) -> None:
    """A bar as long as the confidence, and below it the class and the confidence in numbers."""
    for length, shade in ((1.0, PALE), (confidence, colour)):
        axes.plot(
            [left, left + length], [top + 1.09] * 2,
            color=shade, linewidth=4, solid_capstyle="butt",
        )  # fmt: skip
    _write(axes, left, top + 1.27, name, color=colour, size=11, weight="bold")
    _write(axes, left + 1, top + 1.27, _percent(confidence), ha="right", size=9)


def _percent(probability: float) -> str:
    """A probability in percent, never rounded up to certainty."""
    percent = 100 * probability
    if percent >= 99.95:
        return ">99.9%"
    return f"{percent:.1f}%" if percent >= 99 else f"{percent:.0f}%"


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    axes.text(x, y, text, **{"color": TEXT, "va": "center", **style})
