"""One look for all pictures: colours for every eye, sizes for a column, and how they are saved.

The colours begin with those of M. Okabe and K. Ito, "Color Universal Design" (2008). No two are
alike to the colour-blind; what differs in colour differs in dashes, marks or words as well, so
that a print without colour says the same.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tinygen.plots.saving import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["BLUE", "GREEN", "PALETTE", "VERMILION", "File", "diverging_map", "look"]

File = str | os.PathLike[str] | IO[bytes] | None
"""Where a picture goes: a path whose ending names the format, an open file (PNG), or nowhere."""

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"

PALETTE = (
    BLUE, VERMILION, GREEN, "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7B3F00", "#332288",
    "#F0E442",
)  # fmt: skip
"""Colours of lines and classes, in this order. The last one is for areas, too pale for lines."""

DASHES = ("-", "--", "-.", ":")
MARKS = ("o", "s", "^", "D", "v", "P", "X")

TEXT, FAINT, GRID = "#222222", "#595959", "#DDDDDD"

DPI = 160
"""Pixels for an inch, as :func:`tinygen.plots.save_figure` has them."""

SETTINGS: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same everywhere
    "font.size": 9,
    "text.color": TEXT,
    "figure.facecolor": "white",
    "figure.dpi": DPI,
    "axes.facecolor": "white",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": TEXT,
    "axes.labelsize": 9,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "grid.linestyle": "-",
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "legend.fontsize": 8.5,
}


@contextmanager
def look() -> Iterator[None]:
    """What is drawn inside has the look of this package, whatever the user's own settings are."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of some inches that arranges what is put on it; make it inside `look`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def finished(figure: Figure, file: File) -> Figure:
    """Save a figure if a file was named, whole or not at all, and hand it on."""
    with look():
        _settle(figure)
        if isinstance(file, (str, os.PathLike)):
            save_figure(figure, Path(file))
        elif file is not None:
            picture = io.BytesIO()
            figure.savefig(picture, format="png")
            file.write(picture.getvalue())
    return figure


def _settle(figure: Figure) -> None:
    """Arrange a figure once and for all: else each drawing would move things a little, and choose
    and draw the ticks by the user's own settings."""
    for axes in figure.axes:
        axes.tick_params(labelsize=SETTINGS["xtick.labelsize"])
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def colour_and_mark(number: int) -> tuple[str, str]:
    """How a class is marked: colours first, and the next mark when they are used up."""
    return PALETTE[number % len(PALETTE)], MARKS[number // len(PALETTE) % len(MARKS)]


def line_style(number: int) -> dict[str, Any]:
    """How a line is drawn: colour and dashes change together, so that grey print tells as well."""
    lines = PALETTE[:-1]
    return {"color": lines[number % len(lines)], "linestyle": DASHES[number % len(DASHES)]}


def diverging_map() -> Colormap:
    """Blue below zero, white at zero, orange above: apart for every eye."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = ["#00304F", BLUE, "#8CC6E8", "#FFFFFF", "#F5B88A", VERMILION, "#5E2600"]
    middle_included = 257
    return LinearSegmentedColormap.from_list("blue_white_orange", shades, N=middle_included)


def shades_of(colour: str) -> Colormap:
    """From white to a colour."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(f"white_{colour}", ["#FFFFFF", colour])


def diagonal(axes: Axes, label: str | None = None) -> None:
    """The line from (0, 0) to (1, 1), for comparison."""
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (2, 2)), label=label)
