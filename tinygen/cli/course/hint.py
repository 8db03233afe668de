"""``tinygen hint``: a question, then a pointer, then nearly the answer."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from tinygen.cli.course.check import add_exercise, add_folder
from tinygen.cli.options import Commands, command
from tinygen.io.messages import text

__all__ = ["add_arguments", "run"]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    hint = command(commands, "hint")
    add_exercise(hint)
    add_folder(hint)


def run(options: Namespace) -> int:
    """Show one hint more than last time.

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
    """
    from tinygen.teach.course import find_exercise
    from tinygen.teach.progress import Progress
    from tinygen.teach.showing.terminal import words
    from tinygen.teach.student import course_folder

    exercise = find_exercise(options.exercise)
    progress = Progress.load(course_folder(options.folder))
    count = len(exercise.hints)
    read = min(progress.hints.get(exercise.number, 0) + 1, count)
    progress.hints[exercise.number] = read
    progress.save()
    for number, hint in enumerate(exercise.hints[:read], 1):
        print(text("hint number", number=number, count=count))
        words(hint)
    after = "hint more" if read < count else "hint last"
    print(text(after, number=exercise.number))
    return 0
