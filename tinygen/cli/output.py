"""The folder for the results."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tinygen.cli.errors import UsageError
from tinygen.io.messages import text

__all__ = ["prepare"]


def prepare(folder: Path) -> None:
    """Make a folder, and find out before the work whether it can be written to.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(
            text("no place for output", folder=folder, reason=error.strerror)
        ) from error
