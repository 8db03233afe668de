"""Boxes on pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.host import class_labels, class_names, host, images_of
from tinygen.plots.images import balanced, columns_of, in_rows
from tinygen.plots.style import VERMILION, File, finished, look
from tinygen.plots.table import POINT, Table, text_width, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_boxes"]

TRUTH = "#F0E442"
LARGEST = 320  # pixels of the page for a picture: there is something to read in it


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
    found = [_boxes(values, place) for place, values in enumerate(boxes)]
    real = None if truth is None else [_boxes(values, place) for place, values in enumerate(truth)]
    if columns is None:
        columns = balanced(count, min(4, count**0.5))
    rows = in_rows(pictures, columns_of(columns, count, "draw_boxes"))
    table = Table(rows, count, title, padding=max(1, width // 20), largest=LARGEST)
    place = table.layout()
    figure = table.draw()
    axes = figure.axes[0]
    with look():
        for number in range(count):
            corner = place.corner(*divmod(number, table.pictures.shape[1]))
            frame = Frame(axes, corner, place.zoom, place.tile, place.size)
            for box in () if real is None else real[number]:
                frame.outline(box, TRUTH, "--")
            for box in found[number]:
                frame.outline(box, VERMILION, "-")
            kinds = None if labels is None else labels[number]
            sure = None if scores is None else scores[number]
            frame.tag(found[number], _words(len(found[number]), kinds, sure, names))
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


def _words(count: int, labels: Any, scores: Any, names: Sequence[str] | None) -> list[str]:
    """What is written at each box of a picture."""
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
        words.append(": ".join(part for part in (name, score) if part))
    return words


@dataclass
class Frame:
    """A picture on the page, to draw on in its own pixels."""

    axes: Axes
    corner: tuple[int, int]
    zoom: int
    size: tuple[int, int]
    """Of the picture on the page."""
    letters: float
    """How much larger they are than usual."""

    def outline(self, box: np.ndarray, colour: str, dashes: str) -> None:
        """A box with a dark line around its own, to be seen on any picture."""
        from matplotlib.patches import Rectangle

        left, top, right, bottom = self._on_page(box)
        for line, width, style in (("#000000", 3.0, "-"), (colour, 1.6, dashes)):
            drawn: dict[str, Any] = {
                "edgecolor": line,
                "linewidth": width * self.letters,
                "linestyle": style,
            }
            size = right - left, bottom - top
            self.axes.add_patch(Rectangle((left, top), *size, fill=False, zorder=2, **drawn))

    def tag(self, boxes: np.ndarray, words: list[str]) -> None:
        """Words at each box, where they lie inside the picture and on no other words."""
        points = 7.5 * self.letters
        taken: list[np.ndarray] = []
        for box, text in zip(boxes, words, strict=True):
            if not text:
                continue
            size = text_width(text, points, bold=True) + 8, points * POINT * 1.3
            place = self._free_place(self._on_page(box), size, taken)
            taken.append(place)
            style: dict[str, Any] = {"weight": "bold", "color": "white", "ha": "center"}
            ground: dict[str, Any] = {"facecolor": "#B34700", "edgecolor": "none", "zorder": 3}
            left, top, right, bottom = place
            self._fill(place, **ground)
            middle = (left + right) / 2, (top + bottom) / 2
            write(self.axes, *middle, text, points, va="center_baseline", zorder=4, **style)

    def _on_page(self, box: np.ndarray) -> np.ndarray:
        """From pixels of the picture to those of the page."""
        return box * self.zoom + np.tile(self.corner, 2)

    def _fill(self, box: np.ndarray, **style: Any) -> None:
        from matplotlib.patches import Rectangle

        left, top, right, bottom = box
        self.axes.add_patch(Rectangle((left, top), right - left, bottom - top, **style))

    def _free_place(
        self, box: np.ndarray, size: tuple[float, float], taken: list[np.ndarray]
    ) -> np.ndarray:
        """The first of the places at a box that is free; above it if none is."""
        left, top, right, bottom = box
        width, height = size
        corners = [
            (left, top - height), (right - width, top - height), (left, bottom),
            (right - width, bottom), (left, top), (right - width, bottom - height),
        ]  # fmt: skip
        page = np.array(self.corner)
        places = []
        for corner in corners:
            inside = np.clip(corner, page, np.maximum(page + self.size - size, page))
            places.append(np.concatenate([inside, inside + size]))
        free = [place for place in places if not any(_overlap(place, other) for other in taken)]
        return (free or places)[0]


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())
