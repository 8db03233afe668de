"""``tinygen solution``: how it can be written, for whoever has solved it or asks for it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from tinygen.cli.course.check import add_exercise, add_folder
from tinygen.cli.errors import RefusedError
from tinygen.cli.options import Commands, command
from tinygen.io.messages import text

__all__ = ["add_arguments", "run"]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    solution = command(commands, "solution")
    add_exercise(solution)
    solution.add_argument("--reveal", action="store_true", help=text("solution help reveal"))
    add_folder(solution)


def run(options: Namespace) -> int:
    """Show the solution of an exercise.

    Parameters
    ----------
    options : Namespace
        ``exercise``, ``reveal`` and ``folder``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    LessonError
        If there is no such exercise, or no folder with exercises.
    RefusedError
        If the exercise has not passed, and ``reveal`` was not given.
    """
    from tinygen.teach.cells import without_marks
    from tinygen.teach.course import find_exercise
    from tinygen.teach.progress import Progress
    from tinygen.teach.showing.terminal import code
    from tinygen.teach.student import course_folder

    exercise = find_exercise(options.exercise)
    if not options.reveal:
        progress = Progress.load(course_folder(options.folder))
        if not progress.done(exercise.number):
            raise RefusedError(text("solution refused", number=exercise.number))
    source = without_marks(exercise.source)
    if sys.stdout.isatty():
        code(source)
    else:
        print(source)  # into a file or another program, as it is
    return 0
