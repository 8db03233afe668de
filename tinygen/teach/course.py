"""The lessons and their exercises, read from the files of the course.

There is one copy of these files. In a checkout it is the folder ``lessons`` beside the package; an
installed package has it inside. A folder in it that is named as a language is (``zh-CN``) has
translated lessons: files of the same name with the same cells. What is not translated is in
English, and the checks are the same for all languages.
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
from tinygen.io.messages import language
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
        If none are there.
    """
    package, named = Path(tinygen.__file__).parent, os.environ.get(FOLDER)
    folders = [Path(named)] if named else [package / "lessons", package.parent / "lessons"]
    for folder in folders:
        if any(folder.glob("[0-9][0-9]_*.py")):
            return folder
    advice = f"see ${FOLDER}" if named else "install tinygen again"
    raise LessonError(f"no lessons in {' or '.join(map(str, folders))}: {advice}")


@dataclass(frozen=True)
class Lesson:
    """A lesson's file.

    Parameters
    ----------
    path : Path
        Of ``NN_topic.py``.
    original : Path, optional
        The English file, if this is a translation: the checks stand beside it.
    """

    path: Path
    original: Path | None = None

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
        path = (self.original or self.path).parent / "checks" / self.path.name
        return dict(_module(path).CHECKS) if path.exists() else {}


def lessons(folder: Path | None = None) -> list[Lesson]:
    """All lessons, in the order in which they are taught and in the language that is spoken.

    Parameters
    ----------
    folder : Path, optional
        By default :func:`lessons_folder`.

    Returns
    -------
    list of Lesson
    """
    originals = sorted((folder or lessons_folder()).glob("[0-9][0-9]_*.py"))
    return [_lesson(_translated(path), path) for path in originals]


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
def _lesson(path: Path, original: Path) -> Lesson:
    return Lesson(path, original)


def _translated(original: Path) -> Path:
    """The lesson's file in the language that is spoken, if there is one."""
    path = original.parent / language() / original.name
    return path if path.is_file() else original


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
