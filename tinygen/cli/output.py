"""The folder for the results."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from tinygen.cli.errors import UsageError
from tinygen.io.messages import text

__all__ = ["check", "prepare"]


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


def check(folder: Path) -> None:
    """Find out before the work whether a folder could be made and written to, and leave no trace.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        If it could not.
    """
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        reason = os.strerror(errno.ENOTDIR)
    elif not os.access(place, os.W_OK | os.X_OK):
        reason = os.strerror(errno.EACCES)
    else:
        return
    raise UsageError(text("no place for output", folder=folder, reason=reason))
