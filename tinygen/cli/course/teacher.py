"""``tinygen teacher``: what a teacher does with a class."""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.cli.options import Commands, at_least, command, wrapped
from tinygen.io.messages import text

if TYPE_CHECKING:
    from rich.console import Console

    from tinygen.teach.course import Lesson
    from tinygen.teach.sandbox.isolation import Isolation
    from tinygen.teach.teacher.grading import Graded, Submission

__all__ = ["add_arguments", "run"]

SEED = 1
"""Not the seed of ``tinygen check``."""

GRADES = Path("grades.csv")


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    teacher = command(commands, "teacher")
    actions = teacher.add_subparsers(
        dest="action", metavar="ACTION", required=True, title=text("help title commands")
    )
    _add_grade(actions)
    _add_release(actions)
    _add_check(actions)


def run(options: Namespace) -> int:
    """Do what a teacher asks for.

    Parameters
    ----------
    options : Namespace
        ``action``, and what that has.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    LessonError
        If there is no such lesson.
    UsageError
        If the command must be given in another way.
    OSError
        If something cannot be read or written.
    """
    return ACTIONS[options.action](options)


# ---- grade -------------------------------------------------------------------------------------


def _add_grade(actions: _SubParsersAction[ArgumentParser]) -> None:
    grade = actions.add_parser(
        "grade",
        help=text("teacher help grade"),
        description=wrapped("teacher help grade long"),
        formatter_class=RawDescriptionHelpFormatter,
    )
    grade.add_argument("folder", type=Path, metavar="FOLDER", help=text("teacher help folder"))
    grade.add_argument(
        "--lesson", action="append", default=[], metavar="06", help=text("teacher help lesson")
    )
    grade.add_argument(
        "--seed", type=at_least(0), default=SEED, metavar="S",
        help=text("teacher help seed", default=SEED),
    )  # fmt: skip
    grade.add_argument("--csv", type=Path, metavar="FILE", help=text("teacher help csv"))
    grade.add_argument(
        "--gradescope", type=Path, metavar="DIR", help=text("teacher help gradescope")
    )
    grade.add_argument("--jobs", type=at_least(1), metavar="N", help=text("teacher help jobs"))
    grade.add_argument("--trust", action="store_true", help=text("teacher help trust"))


def _grade(options: Namespace) -> int:
    """Grade all submissions; each is written down as soon as it is graded."""
    from tinygen.cli.cores import available
    from tinygen.teach.teacher.grading import grade

    say = _console().print
    isolation = _isolation(options.trust)
    submissions, lessons = _handed_in(options)
    graded: list[Graded] = []
    count = len(submissions)
    say(text("teacher isolation", name=isolation.name, seed=options.seed, count=count))
    for one in grade(
        submissions,
        lessons,
        seed=options.seed,
        isolation=isolation,
        jobs=options.jobs or available(),
    ):
        graded.append(one)
        written = _write(options, graded, alone=count == 1)
        say(_line(one, len(graded), count))
    _summarize(graded)
    for path in written:
        say(text("teacher written", path=path))
    return _code(graded)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def _isolation(trusting: bool) -> Isolation:
    from tinygen.cli.errors import UsageError
    from tinygen.teach.sandbox.isolation import best_isolation

    isolation = best_isolation()
    if not isolation.isolates and not trusting:
        advice = text("teacher advice linux" if sys.platform == "linux" else "teacher advice other")
        raise UsageError(text("teacher not isolated", advice=advice))
    return isolation


def _handed_in(options: Namespace) -> tuple[list[Submission], list[Lesson]]:
    """The submissions and the lessons to grade; there is at least one of each."""
    from tinygen.cli.errors import UsageError
    from tinygen.teach.course import find_lesson, lessons
    from tinygen.teach.teacher.grading import find_submissions

    if not options.folder.is_dir():
        raise UsageError(text("teacher not a folder", folder=options.folder))
    chosen = [find_lesson(number) for number in options.lesson]
    with_exercises = [lesson for lesson in lessons() if lesson.exercises]
    submissions = find_submissions(options.folder, chosen or with_exercises)
    if not submissions:
        raise UsageError(text("teacher no submissions", folder=options.folder))
    handed_in = {number for submission in submissions for number in submission.files}
    graded = chosen or [lesson for lesson in with_exercises if lesson.number in handed_in]
    if not graded:
        names = ", ".join(lesson.path.name for lesson in with_exercises)
        raise UsageError(text("teacher no lesson", folder=options.folder, names=names))
    return submissions, graded


def _write(options: Namespace, graded: Sequence[Graded], alone: bool) -> list[Path]:
    """Write what is known so far; where it was written."""
    from tinygen.teach.teacher.grading import write_csv, write_gradescope

    written = []
    table = options.csv or (None if options.gradescope else GRADES)
    if table is not None:
        write_csv(table, graded)
        written.append(table)
    if options.gradescope is not None:
        last = graded[-1]
        folder = options.gradescope if alone else options.gradescope / last.submission.student
        write_gradescope(folder / "results.json", last)
        written.append(options.gradescope)
    return written


def _line(graded: Graded, number: int, count: int) -> str:
    """A submission in a line, with what is wrong in it."""
    most, score = len(graded.marks), sum(mark.points for mark in graded.marks)
    keys = [f"{m.exercise.number} {m.key}" for m in graded.marks if not m.points]
    return text(
        "teacher line",
        number=number,
        count=count,
        student=graded.submission.student,
        score=text("teacher score", score=score, most=most),
        seconds=graded.seconds,
        keys=", ".join(keys),
    )


def _summarize(graded: Sequence[Graded]) -> None:
    """A table of the exercises: how many answers are right, and what is wrong most often."""
    from tinygen.cli.tables import print_rows

    columns = ("exercise", "passed", "wrong", "missing", "common")
    rows = [[text(f"teacher column {name}") for name in columns]]
    for marks in zip(*(one.marks for one in graded), strict=True):
        keys = Counter(mark.key for mark in marks)
        missing = sum(keys.pop(key, 0) for key in NOT_DONE)
        passed = keys.pop("passed", 0)
        common = ", ".join(f"{key} {times}" for key, times in keys.most_common(2))
        title = f"{marks[0].exercise.number} {marks[0].exercise.name}"
        rows.append([title, str(passed), str(keys.total()), str(missing), common])
    print()
    print_rows(rows)
    print()


NOT_DONE = ("not-attempted", "not-handed-in")


def _code(graded: Sequence[Graded]) -> int:
    from tinygen.teach.teacher.grading import OUR_FAULT

    ours = sum(mark.key == OUR_FAULT for one in graded for mark in one.marks)
    if not ours:
        return 0
    print(text("teacher failed", count=ours, name=OUR_FAULT), file=sys.stderr)
    return FAULT


FAULT = 4
"""The exit code where something went wrong that is not the students' fault."""


# ---- release -----------------------------------------------------------------------------------


def _add_release(actions: _SubParsersAction[ArgumentParser]) -> None:
    release = actions.add_parser(
        "release",
        help=text("teacher help release"),
        description=wrapped("teacher help release long"),
        formatter_class=RawDescriptionHelpFormatter,
    )
    about = text("teacher help release folder")
    release.add_argument("folder", type=Path, metavar="DIR", help=about)
    release.add_argument("lessons", nargs="*", metavar="06", help=text("teacher help lessons"))
    about = text("teacher help release gradescope")
    release.add_argument("--gradescope", action="store_true", help=about)
    about = text("teacher help release seed")
    release.add_argument("--seed", type=at_least(0), metavar="S", help=about)
    release.add_argument("--force", action="store_true", help=text("teacher help force"))


def _release(options: Namespace) -> int:
    """Write what is handed out, and say what is for whom."""
    from tinygen.cli.output import prepare
    from tinygen.teach.course import find_lesson, lessons
    from tinygen.teach.teacher.release import release

    chosen = [find_lesson(number) for number in options.lessons] or lessons()
    seed = secrets.randbelow(SEEDS) if options.seed is None else options.seed
    prepare(options.folder)
    say = _console().print
    for folder in release(
        options.folder, chosen, seed=seed, gradescope=options.gradescope, force=options.force
    ):
        about = text(f"release about {folder.name}")
        say(text("release written", folder=folder, about=about))
    say(text("release seed", seed=seed))
    return 0


SEEDS = 1 << 31


# ---- check -------------------------------------------------------------------------------------


def _add_check(actions: _SubParsersAction[ArgumentParser]) -> None:
    check = actions.add_parser(
        "check",
        help=text("teacher help check"),
        description=wrapped("teacher help check long"),
        formatter_class=RawDescriptionHelpFormatter,
    )
    check.add_argument("lessons", nargs="*", metavar="06", help=text("teacher help lessons"))


def _check(options: Namespace) -> int:
    """Print what is wrong with lessons; with all of them, also with the files as a whole."""
    from tinygen.teach.course import find_lesson, lessons, lessons_folder
    from tinygen.teach.student import near
    from tinygen.teach.teacher.lints import of_a_lesson, of_its_checks, of_the_course

    say = _console().print
    chosen = [find_lesson(number) for number in options.lessons] or lessons()
    counts = Counter(faults=0, warnings=0)
    for found in [
        *(of_the_course(lessons_folder()) if not options.lessons else []),
        *(fault for lesson in chosen for fault in of_a_lesson(lesson, lessons())),
        *(fault for lesson in chosen for fault in of_its_checks(lesson)),
    ]:
        counts["warnings" if found.warning else "faults"] += 1
        kind = "lint warning" if found.warning else "lint line"
        say(text(kind, path=near(found.path), line=found.line, words=found.words))
    exercises = sum(len(lesson.exercises) for lesson in chosen)
    say(text("lint summary", lessons=len(chosen), exercises=exercises, **counts))
    return int(counts["faults"] > 0)


ACTIONS = {"grade": _grade, "release": _release, "check": _check}
