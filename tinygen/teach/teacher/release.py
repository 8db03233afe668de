"""What a teacher hands out: exercises without answers, as files and as notebooks, and a grader.

The notebooks carry the marks of nbgrader (its schema 3). ``source`` has the solutions, between the
lines that nbgrader cuts out, and hidden tests; ``release`` is what students get. Both lie as
nbgrader wants them, so that the folder can be one of its courses; neither needs it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.teach.cells import Cell, LessonError
from tinygen.teach.course import Lesson
from tinygen.teach.exercises import Exercise
from tinygen.teach.laying import course_files
from tinygen.teach.showing.notebook import as_notebook, code_cell, notebook_cells
from tinygen.teach.teacher.gradescope import RUN, SETUP, autograder_files

__all__ = ["GRADESCOPE", "RELEASE", "SOURCE", "STUDENTS", "graded_notebook", "release"]

STUDENTS, SOURCE, RELEASE, GRADESCOPE = "students", "source", "release", "gradescope"
"""The folders that are written."""

TEACHERS = "\n# %% [markdown] teacher="
"""Where a lesson's last cell begins, which is not for students."""

POINTS = 1
"""For each exercise, as ``tinygen teacher grade`` gives."""


def release(
    folder: Path,
    lessons: Sequence[Lesson],
    *,
    seed: int,
    gradescope: bool = False,
    force: bool = False,
) -> list[Path]:
    """Write what is handed out.

    Parameters
    ----------
    folder : Path
    lessons : sequence of Lesson
    seed : int
        Of the cases that students do not see.
    gradescope : bool
        Whether to write the scripts of an autograder too.
    force : bool
        Whether files that are there are replaced.

    Returns
    -------
    list of Path
        The folders that were written.

    Raises
    ------
    LessonError
        If a file is there already; then nothing is written.
    OSError
        If one cannot be written.
    """
    contents = list(_files(lessons, seed, gradescope))
    there = [folder / name for name, _ in contents if (folder / name).exists()]
    if there and not force:
        raise LessonError(text("release there", count=len(there), path=there[0]))
    for name, content in contents:
        with whole_file(folder / name, "w") as file:
            file.write(content)
        if Path(name).name in (SETUP, RUN):
            (folder / name).chmod(0o755)
    return [folder / name for name in dict.fromkeys(Path(name).parts[0] for name, _ in contents)]


def _files(lessons: Sequence[Lesson], seed: int, gradescope: bool) -> Iterator[tuple[str, str]]:
    """Each file's place and what is in it."""
    for name, content in course_files(lessons):
        yield f"{STUDENTS}/{name}", content.split(TEACHERS)[0].rstrip("\n") + "\n"
    with_exercises = [lesson for lesson in lessons if lesson.exercises]
    for lesson in with_exercises:
        name = lesson.path.stem
        yield f"{SOURCE}/{name}/{name}.ipynb", _written(graded_notebook(lesson, seed))
        yield f"{RELEASE}/{name}/{name}.ipynb", _written(graded_notebook(lesson))
    if gradescope:
        for name, content in autograder_files(with_exercises, seed):
            yield f"{GRADESCOPE}/{name}", content


def _written(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


# ---- notebooks -----------------------------------------------------------------------------------


def graded_notebook(lesson: Lesson, seed: int | None = None) -> dict[str, Any]:
    """A lesson as a notebook that nbgrader can grade.

    Parameters
    ----------
    lesson : Lesson
    seed : int, optional
        Of the hidden tests, in the version with the solutions. Without one it is the students'
        version.

    Returns
    -------
    dict
    """
    cells = []
    for cell in lesson.cells:
        if "exercise" in cell.marks:
            cells += _exercise(lesson, cell, seed)
        elif "teacher" not in cell.marks:
            cells += notebook_cells(lesson, cell, solved=False)
    return as_notebook(lesson, cells)


def _exercise(lesson: Lesson, cell: Cell, seed: int | None) -> list[dict[str, Any]]:
    """Words, the cell to write in, the test, and a line that goes on without the answer."""
    exercise = lesson.exercises[cell.marks["exercise"]]
    about, own, *goes_on = notebook_cells(lesson, cell, solved=False)
    if goes_on:
        own["metadata"] = {"deletable": False, "nbgrader": _marks(exercise, "exercise")}
    if seed is not None:
        own["source"] = exercise.source.splitlines(keepends=True)
    return [about, own, _test(exercise, seed), *goes_on]


def _test(exercise: Exercise, seed: int | None) -> dict[str, Any]:
    number, name = exercise.number, exercise.name
    lines = [
        f"# {text('release test', name=name)}",
        "from tinygen.teach import check_here",
        "",
        f'check_here("{number}", {name})',
    ]
    if seed is not None:
        hidden = f'check_here("{number}", {name}, seed={seed})'
        lines += ["### BEGIN HIDDEN TESTS", hidden, "### END HIDDEN TESTS"]
    cell = code_cell("\n".join(lines))
    marks = {**_marks(exercise, "check"), "grade": True, "locked": True, "solution": False}
    cell["id"] = marks["grade_id"]
    cell["metadata"] = {
        "deletable": False,
        "editable": False,
        "nbgrader": {**marks, "points": POINTS},
    }
    return cell


def _marks(exercise: Exercise, kind: str) -> dict[str, Any]:
    """nbgrader's marks of a cell that is written in; it allows no others."""
    return {
        "schema_version": 3,
        "grade": False,
        "grade_id": f"{kind}-{exercise.number.replace('.', '-')}",
        "locked": False,
        "solution": True,
        "task": False,
    }
