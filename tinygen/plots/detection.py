"""Boxes on pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.host import class_labels, class_names, host, images_of
from tinygen.plots.style import VERMILION, File, finished, look, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_boxes"]

TRUTH = "#F0E442"


def draw_boxes(
    images: Any,
    boxes: Sequence[Any],
    labels: Sequence[Any] | None = None,
    scores: Sequence[Any] | None = None,
    truth: Sequence[Any] | None = None,
    names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """Pictures with the boxes that a detector found, and the true ones dashed in yellow.

    Parameters
    ----------
    images : Tensor or array of shape (N, C, H, W), (N, H, W, C) or (N, H, W)
        As for :func:`image_grid`.
    boxes : sequence of N Tensors or arrays of shape (M, 4)
        For each picture, left, top, right and bottom of each box in pixels; M may be 0 and differ.
        The right and lower edges are where the next pixel begins.
    labels : sequence of N integer arrays of shape (M,), optional
        The class of each box.
    scores : sequence of N arrays of shape (M,), optional
        How sure the detector is.
    truth : sequence of N arrays of shape (M, 4), optional
        The true boxes.
    names : sequence of str, optional
        What to call the classes.
    columns : int, optional
        Pictures in a row.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        An axes for each picture.

    Raises
    ------
    ValueError
        If there is not an entry for each picture, or a box is not left < right, top < bottom.
    """
    pictures = images_of(images, "draw_boxes")
    count, height, width, _ = pictures.shape
    for name, given in (("boxes", boxes), ("labels", labels), ("scores", scores), ("truth", truth)):
        if given is not None and len(given) != count:
            raise ValueError(
                f"draw_boxes got {count} images and {len(given)} entries of {name}: pass one for "
                "each image, an empty one where there is nothing"
            )
    across = columns or min(count, 4 if count != 9 else 3)
    down = math.ceil(count / across)
    side = max(1.5, 6.4 / across)
    with look():
        figure = new_figure(side * across, side * height / width * down + (0.35 if title else 0.05))
        for place in range(count):
            axes = figure.add_subplot(down, across, place + 1)
            axes.imshow(pictures[place], interpolation="nearest", extent=(0, width, height, 0))
            axes.set_axis_off()
            found = _boxes(boxes[place], place)
            words = _words(
                len(found),
                None if labels is None else labels[place],
                None if scores is None else scores[place],
                names,
            )
            for box in () if truth is None else _boxes(truth[place], place):
                _outline(axes, box, TRUTH, "--")
            for box, (text, colour) in zip(found, words, strict=True):
                _outline(axes, box, colour, "-")
                _tag(axes, box, text, colour, (height, width))
            axes.set(xlim=(0, width), ylim=(height, 0))
        if title:
            figure.suptitle(title, x=0.01, ha="left", weight="bold")
    return finished(figure, file)


def _boxes(values: Any, place: int) -> np.ndarray:
    """The boxes of one picture, (M, 4)."""
    found = host(values).astype(np.float64)
    if found.size == 0:
        return np.zeros((0, 4))
    if found.ndim != 2 or found.shape[1] != 4:
        raise ValueError(
            f"draw_boxes wants boxes of shape (M, 4) for each image, got {found.shape} for image "
            f"{place}"
        )
    is_wrong = ~((found[:, 0] < found[:, 2]) & (found[:, 1] < found[:, 3]))
    if is_wrong.any():
        raise ValueError(
            f"a box is (left, top, right, bottom) with left < right and top < bottom, got "
            f"{found[is_wrong][0].tolist()} for image {place}: from a corner and a size make "
            "(x, y, x + w, y + h)"
        )
    return found


def _words(
    count: int, labels: Any, scores: Any, names: Sequence[str] | None
) -> list[tuple[str, str]]:
    """What is written at each box of a picture, and its colour."""
    kinds = None if labels is None else class_labels(labels, count, "draw_boxes")
    called: Sequence[str] = ()
    if kinds is not None:
        called = class_names(
            names, max(len(names or ()), int(kinds.max(initial=0)) + 1), "draw_boxes"
        )
    sure = None if scores is None else host(scores)
    if sure is not None and sure.shape != (count,):
        raise ValueError(f"draw_boxes got {count} boxes and scores of shape {sure.shape}")
    words = []
    for number in range(count):
        name = "" if kinds is None else called[kinds[number]]
        score = "" if sure is None else f"{100 * float(sure[number]):.0f} %"
        words.append((f"{name} {score}".strip(), VERMILION))
    return words


def _outline(axes: Axes, box: np.ndarray, colour: str, dashes: str) -> None:
    """A box with a dark line around its own, to be seen on any picture."""
    from matplotlib.patches import Rectangle

    left, top, right, bottom = box
    for line, width, style in (("#000000", 3.0, "-"), (colour, 1.6, dashes)):
        axes.add_patch(
            Rectangle(
                (left, top),
                right - left,
                bottom - top,
                fill=False,
                edgecolor=line,
                linewidth=width,
                linestyle=style,
            )  # fmt: skip
        )


def _tag(axes: Axes, box: np.ndarray, text: str, colour: str, size: tuple[int, int]) -> None:
    """Words above a box, inside it where it touches the upper edge."""
    if not text:
        return
    left, top, right, _ = box
    is_high = top < 0.12 * size[0]
    is_right = left > 0.65 * size[1]
    axes.text(
        min(right, size[1]) if is_right else max(left, 0), max(top, 0), text,
        fontsize=8, weight="bold", color="white",
        ha="right" if is_right else "left", va="top" if is_high else "bottom",
        bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2}, clip_on=True,
    )  # fmt: skip
