"""Writing a picture whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_figure"]


def save_figure(figure: Figure, path: str | Path, dpi: int = 160) -> Path:
    """Write a figure to a file, in the format that the file's ending names.

    It is written under another name beside the file and renamed when complete: whatever
    interrupts it, the file is the old one or the new one, whole.

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
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(path.suffix, f".{path.stem}-", path.parent)
    os.close(handle)
    try:
        figure.savefig(unfinished, dpi=dpi)
        os.chmod(unfinished, 0o666 & ~_umask())
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    return path


def _umask() -> int:
    """What the user keeps others from; mkstemp makes files that only the user can read."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
