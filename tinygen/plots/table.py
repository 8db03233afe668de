"""Pictures in rows and columns, pixel by pixel.

Everything is placed in whole pixels of the page, and a pixel of a picture becomes a square of
them: nothing is blurred and nothing lies between two pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.style import DPI, FAINT, TEXT, VERMILION, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["Scale", "Table"]

COLUMN = 960  # pixels that a column of text is wide: letters are sized for it
TILE = 160  # a picture is not enlarged beyond this
MARGIN = 16
POINT = DPI / 72  # pixels
LINE = 1.45  # from line to line, in letter sizes
SIZES = {"title": 11.0, "note": 8.5, "label": 8.5}
SMALLEST = 6.0


@dataclass
class Scale:
    """Which colours stand for which values."""

    colours: Colormap
    low: float
    high: float
    label: str = ""


@dataclass
class Table:
    """Pictures of one size in rows and columns, with words around them.

    Attributes
    ----------
    pictures : uint8 array of shape (rows, columns, H, W, 3)
    count : int, optional
        How many there are, in reading order; the rest of the last row stays empty.
    title, note : str
        Above all: a heading and what it means.
    labels : sequence of str
        Above each picture, in reading order.
    column_labels, row_labels : sequence of str
        Above the columns and left of the rows.
    framed : collection of (row, column)
        Pictures with a frame in orange.
    padding : int
        Pixels of a picture between two.
    zoom : int, optional
        How many pixels of the page show one of a picture; by default as many as a column allows.
    scale : Scale, optional
        Drawn on the right.
    """

    pictures: np.ndarray
    count: int | None = None
    title: str = ""
    note: str = ""
    labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    row_labels: Sequence[str] = ()
    framed: Collection[tuple[int, int]] = field(default_factory=tuple)
    padding: int = 2
    zoom: int | None = None
    scale: Scale | None = None

    def draw(self) -> Figure:
        """The figure: one axes whose units are pixels of the page."""
        from matplotlib.figure import Figure

        rows, columns, height, width, _ = self.pictures.shape
        zoom = self.zoom or _zoom(columns, height, width, self.padding)
        gap, tile = self.padding * zoom, (width * zoom, height * zoom)
        across = columns * (tile[0] + gap) - gap
        size = max(1.0, across / COLUMN)  # of letters: a wide picture will be shown smaller
        label_size = self._label_size(tile[0], size)
        line = {name: _pixels(LINE * POINT * size * points) for name, points in SIZES.items()}

        words = max((_width(name, SIZES["label"] * size) for name in self.row_labels), default=0)
        left = MARGIN + (_pixels(words) + line["label"] // 2 if words else 0)
        title_bottom = MARGIN + line["title"] * _lines(self.title)
        note_bottom = title_bottom + line["note"] * _lines(self.note)
        top = note_bottom + (line["label"] if any(self.column_labels) else 0)
        if note_bottom > MARGIN:
            top += line["label"] // 3
        above = line["label"] if any(self.labels) else 0
        pitch = above + tile[1] + gap

        bar = _bar_width(self.scale, size)
        page_height = top + rows * pitch - gap + MARGIN
        heading = max(
            _width(self.title, SIZES["title"] * size, bold=True),
            _width(self.note, SIZES["note"] * size),
        )
        page_width = max(left + across + bar + MARGIN, _pixels(heading) + 2 * MARGIN)

        figure = Figure(figsize=(page_width / DPI, page_height / DPI), dpi=DPI, facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        with look():
            _write(axes, MARGIN, MARGIN, self.title, SIZES["title"] * size, weight="bold")
            _write(axes, MARGIN, title_bottom, self.note, SIZES["note"] * size, color=FAINT)
            for column, name in enumerate(self.column_labels):
                centre = left + column * (tile[0] + gap) + tile[0] / 2
                text = _fitting(name, label_size, tile[0] + gap)
                _write(axes, centre, top - line["label"] * 0.95, text, label_size, ha="center")
            for row, name in enumerate(self.row_labels):
                middle = top + row * pitch + above + tile[1] / 2
                style = {"ha": "right", "va": "center"}
                _write(
                    axes, left - line["label"] // 2, middle, name, SIZES["label"] * size, **style
                )
            for place in range(rows * columns if self.count is None else self.count):
                row, column = divmod(place, columns)
                corner = left + column * (tile[0] + gap), top + row * pitch + above
                _tile(axes, self.pictures[row, column], corner, tile)
                if (row, column) in self.framed:
                    _frame(axes, corner, tile, max(1.5, gap / POINT / 2))
                if place < len(self.labels):
                    text = _fitting(self.labels[place], label_size, tile[0] + gap)
                    above_tile = corner[1] - above * 0.95
                    _write(axes, corner[0] + tile[0] / 2, above_tile, text, label_size, ha="center")
            if self.scale is not None:
                middle = top + (rows * pitch - gap) // 2
                _bar(axes, self.scale, left + across, middle, rows * pitch - gap, size)
        axes.set(xlim=(0, page_width), ylim=(page_height, 0), aspect="auto")
        return figure

    def _label_size(self, room: int, size: float) -> float:
        """Points for the labels of pictures: smaller where that makes them fit."""
        names = [*self.labels, *self.column_labels]
        wanted = SIZES["label"] * size
        widest = max((_width(name, wanted) for name in names), default=0.0)
        return max(SMALLEST * size, wanted * min(1.0, room / widest)) if widest else wanted


def _zoom(columns: int, height: int, width: int, padding: int) -> int:
    """The largest whole number with which the pictures fill a column, and none is too large."""
    return max(1, min(COLUMN // (columns * (width + padding)), TILE // max(height, width)))


def _pixels(length: float) -> int:
    return round(length + 0.5)


def _lines(text: str) -> int:
    return text.count("\n") + 1 if text else 0


@lru_cache(maxsize=4096)
def _width(text: str, points: float, bold: bool = False) -> float:
    """Pixels that the longest line of a text needs."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    drawn = [line for line in text.split("\n") if line.strip()]
    ends = [TextPath((0, 0), line, size=points, prop=font).get_extents().x1 for line in drawn]
    return max(ends, default=0.0) * POINT


def _fitting(text: str, points: float, room: float) -> str:
    """The text, or as much of its beginning as there is room for, and an ellipsis."""
    if _width(text, points) <= room:
        return text
    kept = next(
        (n for n in range(len(text) - 1, 0, -1) if _width(text[:n] + "…", points) <= room), 0
    )
    return text[:kept].rstrip() + "…"


def _write(axes: Axes, x: float, y: float, text: str, points: float, **style: Any) -> None:
    if text:
        style = {"va": "top", "linespacing": 1.2, "color": TEXT, **style}
        axes.text(x, y, text, fontsize=points, parse_math=False, **style)


def _tile(axes: Axes, picture: np.ndarray, corner: tuple[int, int], size: tuple[int, int]) -> None:
    """A picture with its upper left corner at a pixel."""
    (left, top), (width, height) = corner, size
    extent = (left, left + width, top + height, top)
    axes.imshow(picture, extent=extent, interpolation="nearest", aspect="auto", zorder=1)


def _frame(axes: Axes, corner: tuple[int, int], size: tuple[int, int], thickness: float) -> None:
    """A frame around a picture, outside of it."""
    from matplotlib.patches import Rectangle

    out = thickness * POINT / 2
    axes.add_patch(
        Rectangle(
            (corner[0] - out, corner[1] - out),
            size[0] + 2 * out,
            size[1] + 2 * out,
            fill=False,
            edgecolor=VERMILION,
            linewidth=thickness,
            zorder=2,
            joinstyle="miter",
        )  # fmt: skip
    )


# ---- the scale -------------------------------------------------------------------------------


def _ends(scale: Scale) -> list[tuple[float, str]]:
    """What is written beside the bar: where, from 0 to 1, and which value."""
    middle = (scale.low + scale.high) / 2
    return [
        (0.0, f"{scale.low:.2g}"),
        (0.5, f"{middle:.2g}" if middle else "0"),
        (1.0, f"{scale.high:.2g}"),
    ]


def _bar_width(scale: Scale | None, size: float) -> int:
    """Pixels right of the pictures."""
    if scale is None:
        return 0
    points = SIZES["label"] * size
    values = max(_width(text.replace("-", "−"), points) for _, text in _ends(scale))
    label = LINE * points * POINT if scale.label else 0
    return _pixels(size * 52 + values + label)


def _bar(axes: Axes, scale: Scale, left: int, middle: int, room: int, size: float) -> None:
    """The colours from the low end to the high one, with values and what they mean."""
    points = SIZES["label"] * size
    height = min(room, _pixels(size * 480))
    x, top, width = left + _pixels(size * 24), middle - height // 2, _pixels(size * 16)
    shades = scale.colours(np.linspace(1, 0, 256))[:, None, :3]
    _tile(axes, (shades * 255 + 0.5).astype(np.uint8), (x, top), (width, height))
    inset = points * POINT / 2  # the end values stay beside the bar
    for place, text in _ends(scale):
        y = top + inset + (1 - place) * (height - 2 * inset)
        _write(axes, x + width + size * 8, y, text.replace("-", "−"), points, va="center_baseline")
    if scale.label:
        values = max(_width(text.replace("-", "−"), points) for _, text in _ends(scale))
        style = {"rotation": 90, "va": "center", "ha": "left", "color": FAINT}
        _write(axes, x + width + size * 12 + values, middle, scale.label, points, **style)
