"""``tinygen step``: a lesson, step by step, in the terminal."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.cli.course.check import add_folder
from tinygen.cli.options import Commands, at_least, command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.teach.course import Lesson
    from tinygen.teach.progress import Progress

__all__ = ["add_arguments", "run"]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    step = command(commands, "step")
    step.add_argument("lesson", metavar="LESSON", help=text("step help lesson"))
    step.add_argument("--auto", action="store_true", help=text("step help auto"))
    step.add_argument("--mine", action="store_true", help=text("step help mine"))
    step.add_argument(
        "--from", dest="start", type=at_least(1), metavar="N", help=text("step help from")
    )
    add_folder(step)


def run(options: Namespace) -> int:
    """Step through a lesson.

    Parameters
    ----------
    options : Namespace
        ``lesson``, ``auto``, ``mine``, ``start`` and ``folder``.

    Returns
    -------
    int
        The exit code: 1 if a cell failed.

    Raises
    ------
    LessonError
        If there is no such lesson.
    UsageError
        If there is no such step, or none of the student's exercises can be looked for.
    RefusedError
        If a file of the student's cannot be run.
    """
    from tinygen.cli.errors import FAILED, UsageError
    from tinygen.teach.course import find_lesson
    from tinygen.teach.progress import Progress
    from tinygen.teach.showing.stepper import Stepper, steps_of
    from tinygen.teach.showing.terminal import can_ask

    lesson = find_lesson(options.lesson)
    steps = len(steps_of(lesson))
    if options.start is not None and options.start > steps:
        values = {"number": lesson.number, "steps": steps, "given": options.start}
        raise UsageError(text("step no step", **values))
    own = _own(lesson, options.folder) if options.mine else None
    progress = None if options.auto or not can_ask() else Progress.load(options.folder)
    start = 0 if options.start is None else options.start - 1
    if progress is not None and options.start is None:
        start = _resumed(lesson, progress, steps)
    stepper = Stepper(lesson, progress, own)
    stepper.walk(start)
    return FAILED if stepper.has_failed else 0


def _resumed(lesson: Lesson, progress: Progress, steps: int) -> int:
    """The step at which the learner quit; the first one if there is none."""
    from tinygen.teach.showing.terminal import say

    number = progress.position.get(lesson.number, 0)
    if not 0 < number < steps:
        return 0
    say(text("step resumed", number=lesson.number, step=number + 1, steps=steps))
    return number


def _own(lesson: Lesson, chosen: Path | None) -> dict[str, Any]:
    """The student's functions that have passed, and what is said of them."""
    from tinygen.cli.errors import RefusedError, UsageError
    from tinygen.teach.cells import LessonError
    from tinygen.teach.course import find_exercise
    from tinygen.teach.mine import own_functions
    from tinygen.teach.progress import Progress
    from tinygen.teach.showing.terminal import say
    from tinygen.teach.student import course_folder

    try:
        folder = course_folder(chosen)
    except LessonError as error:
        raise UsageError(text("step no folder", reason=error)) from error
    try:
        own = own_functions(Progress.load(folder), lesson)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise RefusedError(text("step mine broken", reason=reason)) from error
    names = ", ".join(f"{find_exercise(number).name} ({number})" for number in own)
    say(text("step mine", names=names) if own else text("step none mine", folder=folder))
    return own
