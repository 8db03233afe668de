"""``tinygen start``: a folder of the student's, with the lessons and the exercises."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from tinygen.cli.options import Commands, command
from tinygen.io.messages import text

__all__ = ["add_arguments", "run"]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    start = command(commands, "start")
    start.add_argument("folder", type=Path, metavar="DIR", help=text("start help folder"))


def run(options: Namespace) -> int:
    """Lay the folder.

    Parameters
    ----------
    options : Namespace
        ``folder``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If nothing can be written there.
    LessonError
        If the package has no lessons.
    OSError
        If writing fails.
    """
    from tinygen.cli.output import prepare
    from tinygen.teach.laying import lay

    prepare(options.folder)
    laid, kept = lay(options.folder)
    print(text("start laid", count=len(laid), folder=options.folder))
    if kept:
        print(text("start kept", count=len(kept)))
    print(text("start next", folder=options.folder))
    return 0
