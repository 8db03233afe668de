"""Writing a picture whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.io.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_figure"]


def save_figure(figure: Figure, path: str | Path, dpi: int = 160) -> Path:
    """Write a figure to a file, in the format that the file's ending names.

    Whatever interrupts it, the file is the old one or the new one, whole.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : str or Path
        Its folder is made if need be.
    dpi : int
        Pixels for each inch of the figure.

    Returns
    -------
    Path
        Where the picture is.
    """
    path = Path(path)
    with whole_file(path) as file:
        figure.savefig(file, format=path.suffix[1:] or None, dpi=dpi)
    return path
