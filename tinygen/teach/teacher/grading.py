"""Grading what a class handed in: many submissions, each exercise in a process of its own.

The cases are drawn anew from a seed, so that numbers which a student saw are of no use. What a
submission does, crash, hang, print without end, is its own failure; what goes wrong in here is
called our fault, costs that exercise alone, and is never counted as the student's.

Each exercise gets a fresh process and a folder with nothing in it but the student's file, so no
exercise can leave anything for the next. What else the process can reach depends on the isolation:
see :mod:`tinygen.teach.sandbox.isolation`.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.teach.cells import LessonError
from tinygen.teach.checking.diagnosis import diagnose
from tinygen.teach.checking.verdict import lines_of
from tinygen.teach.course import Lesson, find_lesson
from tinygen.teach.exercises import Case, Check, Exercise
from tinygen.teach.sandbox.isolation import Isolation
from tinygen.teach.sandbox.precheck import LONGEST
from tinygen.teach.sandbox.running import Limits, reference_values, run_student

__all__ = [
    "NOT_HANDED_IN", "OUR_FAULT", "Graded", "Mark", "Submission", "find_submissions", "grade",
    "write_csv", "write_gradescope",
]  # fmt: skip

OUR_FAULT = "our-fault"
NOT_HANDED_IN = "not-handed-in"
"""Diagnoses that a checker of one answer cannot give."""

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip
"""Of a gradebook, as nbgrader exports it."""

DEEPEST = 4
"""Folders within a submission's folder."""

IGNORED = ("__MACOSX", "__pycache__")


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Parameters
    ----------
    student : str
        The name of the folder, or of the file without its ending.
    files : dict of str to Path
        By the number of the lesson.
    """

    student: str
    files: dict[str, Path]


@dataclass(frozen=True)
class Mark:
    """What an answer is worth.

    Parameters
    ----------
    exercise : Exercise
    key : str
        Of the diagnosis; "passed" if it is right.
    words : str
        What the checker says.
    """

    exercise: Exercise
    key: str
    words: str

    @property
    def points(self) -> int:
        """One for a right answer."""
        return int(self.key == "passed")


@dataclass(frozen=True)
class Graded:
    """A submission with its marks.

    Parameters
    ----------
    submission : Submission
    marks : tuple of Mark
        In the order of the lessons and exercises.
    seconds : float
        How long it took.
    """

    submission: Submission
    marks: tuple[Mark, ...]
    seconds: float


# ---- what was handed in ------------------------------------------------------------------------


def find_submissions(folder: Path, lessons: Sequence[Lesson]) -> list[Submission]:
    """Find the submissions in a folder.

    Parameters
    ----------
    folder : Path
        Holds a folder, or a Python file, for each student; or is itself the folder of one student
        and has files named as lessons are. Links are not followed: they could lead to the answers.
    lessons : sequence of Lesson
        Those that are graded.

    Returns
    -------
    list of Submission
        By student; some may have no files.
    """
    names = {lesson.path.name for lesson in lessons}
    entries = sorted(entry for entry in folder.iterdir() if _counts(entry))
    if any(entry.name in names for entry in entries):
        return [Submission(folder.resolve().name, _files(folder, lessons))]
    folders = [entry for entry in entries if entry.is_dir()]
    found = {entry.name: _files(entry, lessons) for entry in folders}
    for file in entries:
        if file.is_file() and file.suffix == ".py":
            student = file.stem if file.stem not in found else file.name
            found[student] = _assigned([file], lessons)
    return [Submission(student, files) for student, files in sorted(found.items())]


def _counts(entry: Path) -> bool:
    hidden = entry.name.startswith(".") or entry.name in IGNORED
    return not hidden and not entry.is_symlink() and (entry.is_dir() or entry.is_file())


def _files(folder: Path, lessons: Sequence[Lesson]) -> dict[str, Path]:
    """A student's file for each lesson."""
    python: list[Path] = []
    for place, folders, names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(folders) if depth < DEEPEST else []
        folders[:] = [name for name in folders if _counts(Path(place, name))]
        files = (Path(place, name) for name in sorted(names) if name.endswith(".py"))
        python += [file for file in files if _counts(file)]
    return _assigned(python, lessons)


def _assigned(python: list[Path], lessons: Sequence[Lesson]) -> dict[str, Path]:
    """The file for each lesson: of the same name, or with that name in it, or the only one."""
    found = {}
    for lesson in lessons:
        same = [file for file in python if file.name == lesson.path.name]
        similar = [file for file in python if lesson.path.stem in file.stem]
        only = python if len(python) == len(lessons) == 1 else []
        for file in (*same, *similar, *only)[:1]:
            found[lesson.number] = file
    return found


# ---- grading -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    """An exercise made ready, or what went wrong with that."""

    lesson: str
    exercise: Exercise
    check: Check | None = None
    cases: tuple[Case, ...] = ()
    expected: tuple[Any, ...] = ()
    trouble: str = ""


def grade(
    submissions: Sequence[Submission],
    lessons: Sequence[Lesson],
    *,
    seed: int,
    isolation: Isolation,
    limits: Limits | None = None,
    jobs: int = 1,
) -> Iterator[Graded]:
    """Grade submissions.

    Parameters
    ----------
    submissions : sequence of Submission
    lessons : sequence of Lesson
    seed : int
        Of the cases: the same for all students.
    isolation : Isolation
    limits : Limits, optional
    jobs : int
        How many submissions are graded at once.

    Yields
    ------
    Graded
        As soon as each is ready.
    """
    tasks = [task for lesson in lessons for task in _tasks(lesson, seed)]
    stopped = threading.Event()

    def graded(submission: Submission) -> Graded:
        begun = time.perf_counter()
        marks = tuple(
            _mark(task, submission, isolation, limits or Limits())
            for task in tasks
            if not stopped.is_set()
        )
        return Graded(submission, marks, time.perf_counter() - begun)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for future in as_completed([pool.submit(graded, one) for one in submissions]):
                yield future.result()
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)


def _tasks(lesson: Lesson, seed: int) -> list[_Task]:
    try:
        checks = lesson.checks
    except Exception as error:
        return [
            _Task(lesson.number, exercise, trouble=_told(error))
            for exercise in lesson.exercises.values()
        ]
    return [_task(lesson.number, one, checks, seed) for one in lesson.exercises.values()]


def _task(lesson: str, exercise: Exercise, checks: dict[str, Check], seed: int) -> _Task:
    try:
        check = checks[exercise.number]
        cases = tuple(check.drawn(seed))
        expected = tuple(reference_values(exercise, check, cases))
        if not cases:
            raise LessonError("the check has no cases")
    except Exception as error:
        return _Task(lesson, exercise, trouble=_told(error))
    return _Task(lesson, exercise, check, cases, expected)


def _mark(task: _Task, submission: Submission, isolation: Isolation, limits: Limits) -> Mark:
    """The mark for an exercise; whatever goes wrong in here stays with this exercise."""
    exercise = task.exercise
    file = submission.files.get(task.lesson)
    if task.check is None:
        return Mark(exercise, OUR_FAULT, text("teacher our fault", reason=task.trouble))
    if file is None:
        return Mark(exercise, NOT_HANDED_IN, text("teacher not handed in", lesson=task.lesson))
    try:
        with _folder() as folder:
            alone = Path(folder, file.name)
            with file.open("rb") as source:
                alone.write_bytes(source.read(LONGEST + 1))
            outcome = run_student(
                alone, exercise, task.check, task.cases, limits=limits, isolation=isolation
            )
        verdict = diagnose(exercise, task.check, task.cases, outcome, task.expected)
        return Mark(exercise, verdict.key, "\n".join(lines_of(verdict)))
    except Exception as error:
        return Mark(exercise, OUR_FAULT, text("teacher our fault", reason=_told(error)))


def _folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for one file; a process may have made it hard to remove."""
    return tempfile.TemporaryDirectory(prefix="tinygen-grade-", ignore_cleanup_errors=True)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


# ---- what is written ---------------------------------------------------------------------------


def write_csv(path: Path, graded: Iterable[Graded]) -> None:
    """Write a gradebook: a row for each student and lesson, whole or not at all.

    Parameters
    ----------
    path : Path
    graded : iterable of Graded
        The columns are nbgrader's, and then one for each exercise, with the diagnosis.
    """
    ordered = sorted(graded, key=lambda one: one.submission.student)
    numbers = list(dict.fromkeys(mark.exercise.number for one in ordered for mark in one.marks))
    with whole_file(path, "w") as file:
        table = csv.DictWriter(file, [*COLUMNS, *numbers], restval="", lineterminator="\n")
        table.writeheader()
        for one in ordered:
            table.writerows(_rows(one))


def _rows(graded: Graded) -> Iterator[dict[str, Any]]:
    lessons = dict.fromkeys(mark.exercise.lesson for mark in graded.marks)
    for lesson in lessons:
        marks = [mark for mark in graded.marks if mark.exercise.number.startswith(f"{lesson}.")]
        file = graded.submission.files.get(lesson)
        score = sum(mark.points for mark in marks)
        yield {
            "assignment": find_lesson(lesson).path.stem,
            "timestamp": "" if file is None else _time(file),
            "student_id": graded.submission.student,
            "raw_score": score,
            "late_submission_penalty": 0,
            "score": score,
            "max_score": len(marks),
            **{mark.exercise.number: mark.key for mark in marks},
        }


def _time(file: Path) -> str:
    if not file.exists():
        return ""
    return datetime.fromtimestamp(file.stat().st_mtime, timezone.utc).isoformat(" ", "seconds")


def write_gradescope(path: Path, graded: Graded) -> None:
    """Write the ``results.json`` of a submission as Gradescope reads it, whole or not at all.

    Parameters
    ----------
    path : Path
    graded : Graded
    """
    score, most = sum(mark.points for mark in graded.marks), len(graded.marks)
    results = {
        "execution_time": round(graded.seconds, 3),
        "output": text("teacher score", score=score, most=most),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(mark) for mark in graded.marks],
    }
    with whole_file(path, "w") as file:
        json.dump(results, file, indent=2)
        file.write("\n")


def _test(mark: Mark) -> dict[str, Any]:
    exercise = mark.exercise
    return {
        "number": exercise.number,
        "name": f"{exercise.name}: {exercise.title}",
        "score": mark.points,
        "max_score": 1,
        "status": "passed" if mark.points else "failed",
        "output": mark.words.replace("\r", ""),
        "output_format": "text",
        "tags": [mark.key],
        "visibility": "visible",
    }
