"""Pictures in rows and columns, pixel by pixel.

Everything is placed in whole pixels of the page, and a pixel of a picture becomes a square of
them: nothing is blurred and nothing lies between two pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.style import DPI, FAINT, TEXT, VERMILION, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["Scale", "Table", "text_width"]

COLUMN = 1040  # pixels that a column of text is wide: letters are sized for it
TILE = 160  # a picture is not enlarged beyond this
MARGIN = 16
POINT = DPI / 72  # pixels
LINE = 1.45  # from line to line, in letter sizes
TITLE, LABEL, SMALLEST = 11.0, 8.5, 6.0  # points
HAIRLINE = 208  # the grey of a thin outline


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
    column_labels, row_labels, corner : sequences of str, str
        Above the columns, left of the rows, and left of the column labels.
    framed : collection of (row, column)
        Pictures with a frame in orange.
    outlined : bool
        Whether a thin grey line runs around each picture: for those that may be white.
    padding : int
        Pixels of a picture between two.
    zoom : int, optional
        How many pixels of the page show one of a picture; by default as many as a column allows.
    largest : int
        Pixels beyond which a picture is not enlarged by default.
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
    corner: str = ""
    framed: Collection[tuple[int, int]] = ()
    outlined: bool = False
    padding: int = 2
    zoom: int | None = None
    largest: int = TILE
    scale: Scale | None = None

    def draw(self) -> Figure:
        """The figure: one axes whose units are pixels of the page."""
        from matplotlib.figure import Figure

        place = self.layout()
        page = (place.width / DPI, place.height / DPI)
        figure = Figure(figsize=page, dpi=DPI, facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        with look():
            self._write_heading(axes, place)
            self._write_labels(axes, place)
            for number in range(self._count):
                self._draw_picture(axes, place, *divmod(number, self.pictures.shape[1]))
            if self.scale is not None:
                _draw_scale(axes, self.scale, place)
        axes.set(xlim=(0, place.width), ylim=(place.height, 0), aspect="auto")
        return figure

    def layout(self) -> Layout:
        """Where everything is on the page."""
        rows, columns, height, width, _ = self.pictures.shape
        zoom = self.zoom or _zoom(columns, height, width, self.padding, self.largest)
        gap = self.padding * zoom
        across = columns * (width * zoom + gap) - gap
        size = max(1.0, across / COLUMN)
        line = whole(LINE * POINT * LABEL * size)
        beside = max((text_width(name, LABEL * size) for name in self._beside), default=0.0)
        heading = whole(LINE * POINT * TITLE * size) if self.title else 0
        heading += line if self.note else 0
        heading += line // 3 if heading else 0
        above = line if any(self.labels) else 0
        top = MARGIN + heading + (line if any(self.column_labels) else 0)
        left = MARGIN + (whole(beside) + line // 2 if beside else 0)
        down = rows * (above + height * zoom + gap) - gap
        title = text_width(self.title, TITLE * size, bold=True)
        words = max(title, text_width(self.note, LABEL * size))
        right = left + across + _scale_width(self.scale, size) + MARGIN
        return Layout(
            zoom=zoom, size=size, line=line, left=left, top=top, above=above,
            tile=(width * zoom, height * zoom),
            pitch=(width * zoom + gap, above + height * zoom + gap),
            grid=(across, down),
            width=max(right, whole(words) + 2 * MARGIN),
            height=top + down + MARGIN,
        )  # fmt: skip

    @property
    def _count(self) -> int:
        rows, columns = self.pictures.shape[:2]
        return rows * columns if self.count is None else self.count

    @property
    def _beside(self) -> list[str]:
        """What is written left of the pictures."""
        return [name for name in (self.corner, *self.row_labels) if name]

    def _write_heading(self, axes: Axes, place: Layout) -> None:
        title = whole(LINE * POINT * TITLE * place.size) if self.title else 0
        write(axes, MARGIN, MARGIN, self.title, TITLE * place.size, weight="bold", va="top")
        note = LABEL * place.size
        write(axes, MARGIN, MARGIN + title, self.note, note, color=FAINT, va="top")

    def _write_labels(self, axes: Axes, place: Layout) -> None:
        """What stands above and beside the pictures."""
        points = self._label_size(place)
        baseline = place.top - 0.32 * place.line
        beside = place.left - place.line // 2
        write(axes, beside, baseline, self.corner, LABEL * place.size, ha="right")
        for column, name in enumerate(self.column_labels):
            centre = place.left + column * place.pitch[0] + place.tile[0] / 2
            write(axes, centre, baseline, _fitting(name, points, place), points, ha="center")
        for row, name in enumerate(self.row_labels):
            middle = place.corner(row, 0)[1] + place.tile[1] / 2
            style = {"ha": "right", "va": "center_baseline"}
            write(axes, beside, middle, name, LABEL * place.size, **style)
        for number, name in enumerate(self.labels):
            left, top = place.corner(*divmod(number, self.pictures.shape[1]))
            centre, text = left + place.tile[0] / 2, _fitting(name, points, place)
            write(axes, centre, top - 0.32 * place.line, text, points, ha="center")

    def _label_size(self, place: Layout) -> float:
        """Points for the labels above pictures: smaller where that makes them fit."""
        names = [*self.labels, *self.column_labels]
        wanted = LABEL * place.size
        widest = max((text_width(name, wanted) for name in names), default=0.0)
        share = min(1.0, place.tile[0] / widest) if widest else 1.0
        return max(SMALLEST * place.size, wanted * share)

    def _draw_picture(self, axes: Axes, place: Layout, row: int, column: int) -> None:
        (left, top), (width, height) = place.corner(row, column), place.tile
        if self.outlined:
            grey = np.full((1, 1, 3), HAIRLINE, np.uint8)
            _draw_pixels(axes, grey, (left - 1, top - 1), (width + 2, height + 2))
        _draw_pixels(axes, self.pictures[row, column], (left, top), (width, height))
        if (row, column) in self.framed:
            thickness = min(max(3, self.padding * place.zoom // 2), 6)
            _draw_frame(axes, (left, top), place.tile, thickness)


@dataclass
class Layout:
    """Where everything of a table is on the page, in pixels."""

    zoom: int
    size: float
    """How much larger letters are: a wide picture will be shown smaller."""
    line: int
    left: int
    top: int
    above: int
    """Of each picture, for its label."""
    tile: tuple[int, int]
    pitch: tuple[int, int]
    grid: tuple[int, int]
    """Width and height of all pictures together."""
    width: int
    height: int

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The upper left corner of a picture."""
        x, y = self.left + column * self.pitch[0], self.top + row * self.pitch[1]
        return x, y + self.above


def _zoom(columns: int, height: int, width: int, padding: int, largest: int) -> int:
    """The largest whole number with which the pictures fill a column, and none is too large."""
    return max(1, min(COLUMN // (columns * (width + padding)), largest // max(height, width)))


# ---- words -----------------------------------------------------------------------------------


def whole(length: float) -> int:
    """The next whole number of pixels."""
    return int(-(-length // 1))


@lru_cache(maxsize=4096)
def text_width(text: str, points: float, bold: bool = False) -> float:
    """Pixels that a line of text needs."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    path = TextPath((0, 0), text.replace("$", r"\$"), size=points, prop=font)
    return float(path.get_extents().x1) * POINT


def _fitting(text: str, points: float, place: Layout) -> str:
    """The text, or as much of its beginning as fits above a picture, and an ellipsis."""
    room = max(place.pitch[0] - 0.3 * points * POINT, place.tile[0])
    if text_width(text, points) <= room:
        return text
    lengths = range(len(text) - 1, 0, -1)
    kept = next((n for n in lengths if text_width(text[:n] + "…", points) <= room), 0)
    return text[:kept].rstrip() + "…"


def write(axes: Axes, x: float, y: float, text: str, points: float, **style: Any) -> None:
    """A line of text, by default standing on ``y``; dollars are no formulas."""
    if text:
        style = {"va": "baseline", "color": TEXT, **style}
        axes.text(x, y, text, fontsize=points, parse_math=False, **style)


# ---- pixels ----------------------------------------------------------------------------------


def _draw_pixels(
    axes: Axes, picture: np.ndarray, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    """A picture with its upper left corner at a pixel."""
    (left, top), (width, height) = corner, size
    extent = (left, left + width, top + height, top)
    axes.imshow(picture, extent=extent, interpolation="nearest", aspect="auto", zorder=1)


def _draw_frame(axes: Axes, corner: tuple[int, int], size: tuple[int, int], thickness: int) -> None:
    """A frame around a picture, outside of it."""
    from matplotlib.patches import Rectangle

    out = thickness / 2
    axes.add_patch(
        Rectangle(
            (corner[0] - out, corner[1] - out),
            size[0] + thickness,
            size[1] + thickness,
            fill=False,
            edgecolor=VERMILION,
            linewidth=thickness / POINT,
            zorder=2,
            joinstyle="miter",
        )  # fmt: skip
    )


# ---- the scale -------------------------------------------------------------------------------


def _marks(scale: Scale) -> list[tuple[float, str]]:
    """What is written beside the scale: where, from 0 to 1, and which value."""
    values = (scale.low, (scale.low + scale.high) / 2, scale.high)
    texts = [f"{value:.2g}".replace("-", "−") if value else "0" for value in values]
    return list(zip((0.0, 0.5, 1.0), texts, strict=True))


def _scale_width(scale: Scale | None, size: float) -> int:
    """Pixels right of the pictures."""
    if scale is None:
        return 0
    points = LABEL * size
    values = max(text_width(text, points) for _, text in _marks(scale))
    label = LINE * points * POINT if scale.label else 0
    return whole(size * 56 + values + label)


def _draw_scale(axes: Axes, scale: Scale, place: Layout) -> None:
    """The colours from the low end to the high one, with values and what they mean."""
    points, unit = LABEL * place.size, place.size
    upper = place.top + place.above
    room = place.grid[1] - place.above
    height, width = min(room, whole(unit * 480)), whole(unit * 16)
    x = place.left + place.grid[0] + whole(unit * 24)
    top = upper + (room - height) // 2
    shades = scale.colours(np.linspace(1, 0, height))[:, None, :3]
    _draw_pixels(axes, (shades * 255 + 0.5).astype(np.uint8), (x, top), (width, height))
    inset = points * POINT / 2  # the end values stay beside the scale
    for share, text in _marks(scale):
        y = top + inset + (1 - share) * (height - 2 * inset)
        write(axes, x + width + unit * 8, y, text, points, va="center_baseline")
    values = max(text_width(text, points) for _, text in _marks(scale))
    style = {"rotation": 90, "va": "center", "ha": "left", "color": FAINT}
    write(axes, x + width + unit * 16 + values, top + height / 2, scale.label, points, **style)
