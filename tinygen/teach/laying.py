"""The student's folder, as ``tinygen start`` lays it: lessons to run, exercises to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.teach.cells import Cell
from tinygen.teach.course import Lesson, lessons
from tinygen.teach.exercises import Exercise
from tinygen.teach.student import EXERCISES, span_of, stub, stub_file

__all__ = ["course_files", "lay", "lesson_to_read"]

TESTS = '''\
"""{words}"""

import pytest

from tinygen.teach.checking.testing import fail_unless_right, numbers


@pytest.mark.parametrize("number", numbers())
def test_exercise(number):
    fail_unless_right(number)
'''

MARKS = '''\
"""{words}"""

from tinygen.teach.checking.testing import register_marks


def pytest_configure(config):
    register_marks(config)
'''


def lay(folder: Path) -> tuple[list[Path], list[Path]]:
    """Lay lessons, exercises, and tests; what is there already is left as it is.

    Parameters
    ----------
    folder : Path
        It is made if need be.

    Returns
    -------
    pair of list of Path
        What was laid, and what was there.
    """
    laid: list[Path] = []
    kept: list[Path] = []
    for name, content in course_files(lessons()):
        path = folder / name
        if path.exists():
            kept.append(path)
            continue
        with whole_file(path, "w") as file:
            file.write(content)
        laid.append(path)
    return laid, kept


def course_files(chosen: Sequence[Lesson]) -> Iterator[tuple[str, str]]:
    """The files of a student's folder.

    Parameters
    ----------
    chosen : sequence of Lesson
        Those that are laid.

    Yields
    ------
    pair of str
        Where in the folder, and what.
    """
    yield "README.md", text("start readme")
    yield "conftest.py", MARKS.format(words=text("start conftest"))
    yield "test_exercises.py", TESTS.format(words=text("start tests"))
    for lesson in chosen:
        yield f"lessons/{lesson.path.name}", lesson_to_read(lesson)
        if lesson.exercises:
            yield f"{EXERCISES}/{lesson.path.name}", stub_file(lesson)


def lesson_to_read(lesson: Lesson) -> str:
    """A lesson that runs and gives no solution away.

    Parameters
    ----------
    lesson : Lesson

    Returns
    -------
    str
        The lesson's file, in which a cell of an exercise shows what is to be written, and then
        takes the reference's function for the cells that follow.
    """
    lines = lesson.path.read_text(encoding="utf-8").split("\n")
    cells = lesson.cells
    ends = [cell.line - 1 for cell in cells[1:]] + [len(lines)]
    for cell, end in reversed(list(zip(cells, ends, strict=True))):
        if "exercise" in cell.marks:
            exercise = lesson.exercises[cell.marks["exercise"]]
            lines[cell.line : end] = _exercise_cell(cell, exercise, lesson).split("\n")
    return "\n".join(lines)


def _exercise_cell(cell: Cell, exercise: Exercise, lesson: Lesson) -> str:
    span = span_of(cell.source, exercise.name)
    assert span is not None, f"the cell defines {exercise.name}"
    before = "\n".join(cell.source.split("\n")[: span[0]]).rstrip()
    shown = stub(exercise).split("\n")[span[0] :]
    words = text(
        "start exercise cell", number=exercise.number, name=exercise.name,
        file=f"{EXERCISES}/{lesson.path.name}",
    )  # fmt: skip
    comments = [f"# {line}".rstrip() for line in [*words.split("\n"), "", *shown]]
    given = ["from tinygen.teach import given", "", f'{exercise.name} = given("{exercise.number}")']
    return "\n".join([*([before, ""] if before else []), *comments, *given, ""])
