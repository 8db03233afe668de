"""The lessons and their exercises, read from the files of the course.

There is one copy of these files. In a checkout it is the folder ``lessons`` beside the package; an
installed package has it inside.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import tinygen
from tinygen.teach.cells import Cell, LessonError, read_cells
from tinygen.teach.exercises import Check, Exercise

__all__ = ["Lesson", "find_exercise", "find_lesson", "lessons", "lessons_folder"]

FOLDER = "TINYGEN_LESSONS"
"""The environment's name for a folder of other lessons."""


def lessons_folder() -> Path:
    """Where the lessons are: ``$TINYGEN_LESSONS``, or else the package's own.

    Returns
    -------
    Path

    Raises
    ------
    LessonError
        If the package was installed without them.
    """
    if os.environ.get(FOLDER):
        return Path(os.environ[FOLDER])
    package = Path(tinygen.__file__).parent
    for folder in (package / "lessons", package.parent / "lessons"):
        if any(folder.glob("[0-9][0-9]_*.py")):
            return folder
    raise LessonError(
        f"no lessons: neither {package / 'lessons'} nor {package.parent / 'lessons'} has any. "
        "Install tinygen again."
    )


@dataclass(frozen=True)
class Lesson:
    """A lesson's file.

    Parameters
    ----------
    path : Path
        Of ``NN_topic.py``.
    """

    path: Path

    @property
    def number(self) -> str:
        """Two digits, as a string."""
        return self.path.stem[:2]

    @property
    def topic(self) -> str:
        """The file's name without number and ending."""
        return self.path.stem[3:]

    @cached_property
    def cells(self) -> list[Cell]:
        """The pieces of the file, in order."""
        return read_cells(self.path.read_text(encoding="utf-8"), self.path.name)

    @cached_property
    def head(self) -> Cell:
        """The first cell of words: its marks have ``minutes`` and ``builds_on``."""
        for cell in self.cells:
            if "lesson" in cell.marks:
                return cell
        raise LessonError(f'{self.path.name} has no cell marked lesson="{self.number}"')

    @property
    def title(self) -> str:
        """The heading of the first cell, without its number."""
        heading = self.head.source.splitlines()[0].lstrip("# ")
        return re.sub(r"^\d\d\W+", "", heading)

    @property
    def minutes(self) -> int:
        """How long a student needs."""
        return int(self.head.marks["minutes"])

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """By number, in order."""
        hints = {c.marks["hints"]: _hints(c.source) for c in self.cells if "hints" in c.marks}
        found = (_exercise(c, hints) for c in self.cells if "exercise" in c.marks)
        return {exercise.number: exercise for exercise in found}

    @cached_property
    def answers(self) -> dict[str, str]:
        """The letter of the right answer to each prediction, from the calls of ``reveal``."""
        calls = (
            node
            for cell in self.cells
            if cell.kind == "code"
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reveal"
        )
        return {ast.literal_eval(call.args[0]): ast.literal_eval(call.args[1]) for call in calls}

    @cached_property
    def checks(self) -> dict[str, Check]:
        """The checks of the exercises, from the file of the same name in ``checks``."""
        path = self.path.parent / "checks" / self.path.name
        return dict(_module(path).CHECKS) if path.exists() else {}


def lessons(folder: Path | None = None) -> list[Lesson]:
    """All lessons, in the order in which they are taught.

    Parameters
    ----------
    folder : Path, optional
        By default :func:`lessons_folder`.

    Returns
    -------
    list of Lesson
    """
    return [_lesson(path) for path in sorted((folder or lessons_folder()).glob("[0-9][0-9]_*.py"))]


def find_lesson(number: str) -> Lesson:
    """The lesson with a number.

    Parameters
    ----------
    number : str
        ``"06"``, ``"6"``, or the name of the file with or without its ending.

    Returns
    -------
    Lesson

    Raises
    ------
    LessonError
        If there is none; names those there are.
    """
    wanted = Path(number).stem
    wanted = wanted.zfill(2) if wanted.isdigit() else wanted
    for lesson in lessons():
        if wanted in (lesson.number, lesson.path.stem, lesson.topic):
            return lesson
    known = ", ".join(lesson.number for lesson in lessons())
    raise LessonError(f"no lesson {number!r}: there are {known}")


def find_exercise(number: str) -> Exercise:
    """The exercise with a number such as ``"06.1"``.

    Parameters
    ----------
    number : str

    Returns
    -------
    Exercise

    Raises
    ------
    LessonError
        If there is none; names those of the lesson.
    """
    lesson = find_lesson(number.split(".")[0])
    wanted = f"{lesson.number}.{number.partition('.')[2]}"
    if wanted not in lesson.exercises:
        known = ", ".join(lesson.exercises) or "no exercises"
        raise LessonError(f"no exercise {number!r}: lesson {lesson.number} has {known}")
    return lesson.exercises[wanted]


@cache
def _lesson(path: Path) -> Lesson:
    return Lesson(path)


def _exercise(cell: Cell, hints: dict[str, tuple[str, ...]]) -> Exercise:
    marks: dict[str, Any] = cell.marks
    number = marks["exercise"]
    definitions = [
        node.name
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    if not definitions:
        raise LessonError(f"exercise {number} (line {cell.line}) defines no function")
    return Exercise(
        number, definitions[-1], cell.source, cell.title, marks["difficulty"], marks["minutes"],
        marks["lines"], hints.get(number, ()), tuple(marks.get("needs", ())),
        marks.get("passes_untouched", False),
    )  # fmt: skip


def _hints(words: str) -> tuple[str, ...]:
    """The items of a numbered list, each without its number."""
    items = re.split(r"^\d+\. +", words, flags=re.MULTILINE)[1:]
    return tuple(re.sub(r"\n +", "\n", item).strip() for item in items)


def _module(path: Path) -> ModuleType:
    """A file of the course as a module, whatever its name."""
    spec = importlib.util.spec_from_file_location(f"tinygen_checks_{path.stem}", path)
    assert spec is not None, f"{path} is no Python file"
    assert spec.loader is not None, f"{path} cannot be loaded"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
