"""``tinygen reset``: the stub of an exercise again, and the file as it was beside it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from tinygen.cli.course.check import add_exercise, add_folder
from tinygen.cli.options import Commands, command
from tinygen.io.messages import text

__all__ = ["add_arguments", "run"]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    reset = command(commands, "reset")
    add_exercise(reset)
    add_folder(reset)


def run(options: Namespace) -> int:
    """Put the stub back.

    Parameters
    ----------
    options : Namespace
        ``exercise`` and ``folder``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    LessonError
        If there is no such exercise, or no folder with exercises.
    OSError
        If writing fails.
    """
    from tinygen.teach.course import find_exercise
    from tinygen.teach.progress import Progress
    from tinygen.teach.student import course_folder, file_of, put_back

    exercise = find_exercise(options.exercise)
    folder = course_folder(options.folder)
    file = file_of(exercise, folder)
    backup = put_back(exercise, file)
    progress = Progress.load(folder)
    progress.unmark(exercise.number)
    progress.save()
    print(text("reset done", name=exercise.name, file=file))
    if backup is not None:
        print(text("reset backup", backup=backup))
    return 0
