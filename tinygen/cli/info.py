"""``tinygen info``: what is inside a file that tinygen wrote."""

from __future__ import annotations

from argparse import Namespace

from tinygen.cli.errors import UsageError
from tinygen.io import describe
from tinygen.io.messages import text

__all__ = ["run"]


def run(options: Namespace) -> int:
    """Print what the file says.

    Parameters
    ----------
    options : Namespace
        ``file``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no such file.
    CheckpointError
        If it is damaged, or something else.
    """
    if not options.file.is_file():
        raise UsageError(text("no such file", path=options.file))
    print(describe(options.file))
    return 0
