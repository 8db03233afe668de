"""An exercise of the student's, from the file to the verdict."""

from __future__ import annotations

from pathlib import Path

from tinygen.io.messages import text
from tinygen.teach.cells import LessonError
from tinygen.teach.checking.diagnosis import Verdict, diagnose
from tinygen.teach.checking.panels import can_draw, draw, picture_name
from tinygen.teach.course import find_exercise, find_lesson, lessons
from tinygen.teach.exercises import Check, Exercise
from tinygen.teach.progress import Progress
from tinygen.teach.sandbox.running import reference_values, run_student
from tinygen.teach.student import file_of, near

__all__ = ["check_of", "checked", "chosen", "following", "next_to_do", "save_picture"]

PICTURES = "out"
"""The folder of the pictures, in that of the course."""


def check_of(exercise: Exercise) -> Check:
    """The check of an exercise.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    Check

    Raises
    ------
    LessonError
        If there is none.
    """
    checks = find_lesson(exercise.lesson).checks
    if exercise.number not in checks:
        raise LessonError(f"exercise {exercise.number} has no check")
    return checks[exercise.number]


def checked(exercise: Exercise, folder: Path, seed: int = 0) -> Verdict:
    """Judge what a student wrote.

    Parameters
    ----------
    exercise : Exercise
    folder : Path
        Of the course.
    seed : int
        Of the cases.

    Returns
    -------
    Verdict

    Raises
    ------
    LessonError, CannotRunError
        If the check itself fails.
    OSError
        If the student's file cannot be read.
    """
    check = check_of(exercise)
    cases = check.drawn(seed)
    file = file_of(exercise, folder)
    if not file.exists():
        return Verdict(exercise, "not-attempted", text("check no file", file=file), len(cases))
    outcome = run_student(file, exercise, check, cases)
    return diagnose(exercise, check, cases, outcome, reference_values(exercise, check, cases))


def save_picture(verdict: Verdict, folder: Path) -> Path | None:
    """Draw a verdict into a folder of the course.

    Parameters
    ----------
    verdict : Verdict
    folder : Path
        Of the course.

    Returns
    -------
    Path or None
        Where the picture is; None if there is nothing to draw.
    """
    if not can_draw(verdict):
        return None
    from tinygen.plots import save_figure
    from tinygen.plots.style import look

    figure = draw(verdict)
    with look():
        return save_figure(figure, folder / PICTURES / picture_name(verdict))


# ---- which -------------------------------------------------------------------------------------


def chosen(what: str) -> list[Exercise]:
    """The exercises that a word means.

    Parameters
    ----------
    what : str
        The number of an exercise (``"06.3"``) or of a lesson (``"06"``), or ``"all"``.

    Returns
    -------
    list of Exercise

    Raises
    ------
    LessonError
        If there are none.
    """
    if "." in what and not what.endswith(".py"):
        return [find_exercise(what)]
    meant = lessons() if what == "all" else [find_lesson(what)]
    found = [exercise for lesson in meant for exercise in lesson.exercises.values()]
    if not found:
        raise LessonError(text("check none", what=what))
    return found


def next_to_do(progress: Progress) -> Exercise | None:
    """The first exercise that is not done.

    Parameters
    ----------
    progress : Progress

    Returns
    -------
    Exercise or None
    """
    every = (exercise for lesson in lessons() for exercise in lesson.exercises.values())
    return next((exercise for exercise in every if not progress.done(exercise.number)), None)


def following(verdict: Verdict, progress: Progress) -> str:
    """The command that helps on after a verdict.

    Parameters
    ----------
    verdict : Verdict
    progress : Progress

    Returns
    -------
    str
    """
    number = verdict.exercise.number
    file = file_of(verdict.exercise, progress.folder)
    if verdict.passed:
        return _after(verdict.exercise, progress)
    if not file.exists():
        return text("check next start", folder=near(progress.folder))
    if not verdict.attempted:
        name = verdict.exercise.name
        return text("check next write", name=name, file=near(file), number=number)
    if verdict.key == "syntax":
        return text("check next again", number=number)
    hints, read = len(verdict.exercise.hints), progress.hints.get(number, 0)
    if read < hints:
        return text("check next hint", number=number, hint=read + 1, hints=hints)
    return text("check next solution", number=number)


def _after(exercise: Exercise, progress: Progress) -> str:
    """What to do when an exercise is done: the next one of the lesson, or another lesson."""
    lesson = find_lesson(exercise.lesson)
    for number in lesson.exercises:
        if not progress.done(number):
            return text("check next check", number=number)
    later = [other.number for other in lessons() if other.number > lesson.number]
    if later:
        return text("check next lesson", done=lesson.number, number=later[0])
    return text("check next nothing", done=lesson.number)
