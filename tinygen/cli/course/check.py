"""``tinygen check``: what is right and what is wrong with the student's exercises."""

from __future__ import annotations

import json
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.cli.errors import UsageError
from tinygen.cli.options import Commands, command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.teach.checking.diagnosis import Verdict
    from tinygen.teach.exercises import Exercise
    from tinygen.teach.progress import Progress

__all__ = ["add_arguments", "add_exercise", "add_folder", "run"]

PASSED, WRONG, NOT_ATTEMPTED, OUR_FAULT = 0, 1, 3, 4
"""Exit codes; 2 is wrong usage, as of all commands."""

JSON_FORMAT = 1

PAUSE = 0.5
"""Seconds between two looks at the files."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    check = command(commands, "check")
    check.add_argument("what", nargs="?", metavar="EXERCISE", help=text("check help what"))
    check.add_argument("--watch", action="store_true", help=text("check help watch"))
    check.add_argument("--manual", action="store_true", help=text("check help manual"))
    check.add_argument("--json", type=Path, metavar="FILE", help=text("check help json"))
    add_folder(check)


def add_exercise(to: ArgumentParser) -> None:
    """The number of an exercise."""
    to.add_argument("exercise", metavar="EXERCISE", help=text("check help exercise"))


def add_folder(to: ArgumentParser) -> None:
    """``--folder``: the student's."""
    to.add_argument("--folder", type=Path, metavar="DIR", help=text("check help folder"))


def run(options: Namespace) -> int:
    """Check exercises.

    Parameters
    ----------
    options : Namespace
        ``what``, ``watch``, ``manual``, ``json`` and ``folder``.

    Returns
    -------
    int
        The exit code: 0 if all passed, 1 if something is wrong, 3 if something is not attempted,
        4 if the checker itself failed.

    Raises
    ------
    UsageError
        If nobody sits at a terminal who could end ``--watch``.
    LessonError
        If there is no such exercise, or no folder with exercises.
    """
    from tinygen.teach.checking.from_file import chosen, next_to_do
    from tinygen.teach.progress import Progress
    from tinygen.teach.showing.terminal import can_ask
    from tinygen.teach.student import course_folder

    if options.manual and not options.watch:
        raise UsageError(text("check manual alone"))
    if options.watch and not (options.manual or can_ask()):
        raise UsageError(text("check watch nobody"))
    progress = Progress.load(course_folder(options.folder))
    exercises: Sequence[Exercise | None]
    exercises = chosen(options.what) if options.what else [next_to_do(progress)]
    wanted = [exercise for exercise in exercises if exercise is not None]
    if not wanted:
        print(text("check all done"))
        return PASSED

    def once() -> int:
        return _check(wanted, progress, options.json)

    return _watch(once, wanted, progress, options.manual) if options.watch else once()


def _check(exercises: Sequence[Exercise], progress: Progress, report: Path | None) -> int:
    """Check, say what is found, and keep it."""
    from tinygen.teach.checking.from_file import following, save_picture
    from tinygen.teach.checking.verdict import as_json, in_one_line, lines_of, show
    from tinygen.teach.student import near

    verdicts = []
    for exercise in exercises:
        verdict = _checked(exercise, progress)
        if verdict is None:
            continue
        verdicts.append(verdict)
        if len(exercises) > 1:
            show([in_one_line(verdict)])
    code = _code(verdicts) if len(verdicts) == len(exercises) else OUR_FAULT
    pictures: dict[str, Path | None] = {}
    if len(exercises) > 1:
        print(text("check summary", passed=sum(v.passed for v in verdicts), count=len(exercises)))
    shown = _first_wrong(verdicts) if len(exercises) > 1 else verdicts[-1] if verdicts else None
    if shown is not None:
        number = shown.exercise.number
        picture = pictures[number] = save_picture(shown, progress.folder)
        progress.current = number
        lines = lines_of(shown, picture and near(picture), following(shown, progress))
        show(lines if len(exercises) == 1 else ["", *lines])
    progress.save()
    if report is not None:
        checks = [as_json(v, pictures.get(v.exercise.number)) for v in verdicts]
        _write_json(report, {"format": JSON_FORMAT, "exit code": code, "exercises": checks})
    return code


def _checked(exercise: Exercise, progress: Progress) -> Verdict | None:
    """A verdict, and a mark of it; None if the checker failed, which is not to look like a verdict.

    Whatever is raised here is not the student's fault.
    """
    from tinygen.teach.checking.from_file import checked

    try:
        verdict = checked(exercise, progress.folder)
    except Exception:
        print(text("check our fault", number=exercise.number))
        print(traceback.format_exc(), end="")
        return None
    (progress.mark if verdict.passed else progress.unmark)(exercise.number)
    return verdict


def _first_wrong(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The first that is wrong, or else the first that is not attempted."""
    for verdict in [v for v in verdicts if v.attempted] + list(verdicts):
        if not verdict.passed:
            return verdict
    return None


def _code(verdicts: Sequence[Verdict]) -> int:
    if any(verdict.attempted and not verdict.passed for verdict in verdicts):
        return WRONG
    return PASSED if all(verdict.passed for verdict in verdicts) else NOT_ATTEMPTED


def _write_json(path: Path, content: object) -> None:
    from tinygen.io.files import whole_file

    with whole_file(path, "w") as file:
        file.write(json.dumps(content, indent=1) + "\n")


# ---- watching ------------------------------------------------------------------------------------


def _watch(
    once: Callable[[], int], exercises: Sequence[Exercise], progress: Progress, manual: bool
) -> int:
    """Check again whenever a file was saved, or Enter pressed, until Ctrl-C."""
    from tinygen.teach.student import file_of

    files = sorted({file_of(exercise, progress.folder) for exercise in exercises})
    code = once()
    try:
        while True:
            seen = _times(files)
            print(text("check enter" if manual else "check watching"), flush=True)
            if manual:
                if not sys.stdin.readline():
                    return code
            else:
                while _times(files) == seen:
                    time.sleep(PAUSE)
            code = once()
    except KeyboardInterrupt:
        print()
        return code


def _times(files: Sequence[Path]) -> list[int]:
    """When the files were saved last; editors take them away for a moment."""
    times = []
    for file in files:
        try:
            times.append(file.stat().st_mtime_ns)
        except OSError:
            times.append(0)
    return times
