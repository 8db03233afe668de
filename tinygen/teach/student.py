"""The student's folder: the files in which exercises are written, and what is in them.

``tinygen start`` lays the folder. A file of exercises has a stub for each exercise of a lesson: the
cell of the lesson with a ``raise`` where the solution stands. The student's files are found by
their path and read as text; nothing here runs or imports them.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from pathlib import Path

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.teach.cells import LessonError, without_solution
from tinygen.teach.course import Lesson, find_exercise, find_lesson
from tinygen.teach.exercises import Exercise

__all__ = [
    "COURSE", "EXERCISES", "course_folder", "digest", "file_of", "near", "put_back", "signature",
    "span_of", "stub", "stub_file",
]  # fmt: skip

COURSE = "TINYGEN_COURSE"
"""The environment's name for the student's folder."""

EXERCISES = "exercises"


# ---- places --------------------------------------------------------------------------------------


def course_folder(folder: Path | None = None) -> Path:
    """The student's folder.

    Parameters
    ----------
    folder : Path, optional
        By default that of the environment's ``TINYGEN_COURSE``, or else the current folder or the
        nearest one above it that has exercises.

    Returns
    -------
    Path

    Raises
    ------
    LessonError
        If it has no exercises.
    """
    named = folder or (Path(os.environ[COURSE]) if os.environ.get(COURSE) else None)
    here = Path.cwd()
    for place in [named] if named else [here, *here.parents]:
        if any((place / EXERCISES).glob("[0-9][0-9]_*.py")):
            return place
    raise LessonError(text("check no folder", folder=named or here))


def near(path: Path) -> Path:
    """A path as it can be typed: from the current folder, if it lies below.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path
    """
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def file_of(exercise: Exercise, folder: Path) -> Path:
    """Where the student writes an exercise.

    Parameters
    ----------
    exercise : Exercise
    folder : Path
        Of the course.

    Returns
    -------
    Path
    """
    return folder / EXERCISES / find_lesson(exercise.lesson).path.name


# ---- stubs ---------------------------------------------------------------------------------------


def stub(exercise: Exercise) -> str:
    """The code of an exercise as a student gets it.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    str
        With ``raise NotImplementedError`` where something is to be written.
    """
    words = text(
        "check stub", number=exercise.number, name=exercise.name,
        lines=exercise.lines,
    )  # fmt: skip
    return without_solution(exercise.source, f"raise NotImplementedError({json.dumps(words)})")


def stub_file(lesson: Lesson) -> str:
    """The file of a lesson's exercises as a student gets it.

    Parameters
    ----------
    lesson : Lesson

    Returns
    -------
    str
    """
    parts = [
        '"""' + text("start exercises", number=lesson.number, title=lesson.title) + '"""',
        "import numpy as np",
    ]
    blocks = (headed(exercise) for exercise in lesson.exercises.values())
    return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(blocks) + "\n"


def headed(exercise: Exercise) -> str:
    """A stub below the words that introduce it."""
    words = text(
        "start header", number=exercise.number, title=exercise.title,
        difficulty=exercise.difficulty, minutes=exercise.minutes,
        lines=exercise.lines,
    )  # fmt: skip
    if exercise.needs:
        needed = ", ".join(f"{find_exercise(number).name} ({number})" for number in exercise.needs)
        words += "\n" + text("start needs", names=needed)
    comments = "\n".join(f"# {line}" for line in words.splitlines())
    return f"{comments}\n{stub(exercise)}"


# ---- what is written in a file -------------------------------------------------------------------


def digest(path: Path, name: str) -> str:
    """A number for what a function of a file does: it changes when the function changes.

    Parameters
    ----------
    path : Path
    name : str
        Of a function or class.

    Returns
    -------
    str
        Over the function and the definitions of the file that it names; empty if it is not there.

    Raises
    ------
    OSError, SyntaxError
        If the file cannot be read.
    """
    source = path.read_text(encoding="utf-8")
    definitions = _definitions(source)
    if name not in definitions:
        return ""
    reached, waiting = {name}, [name]
    while waiting:
        for node in ast.walk(definitions[waiting.pop()]):
            if isinstance(node, ast.Name) and node.id in definitions and node.id not in reached:
                reached.add(node.id)
                waiting.append(node.id)
    parts = (_segment(source, definitions[found]) for found in sorted(reached))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def signature(exercise: Exercise) -> list[str]:
    """The names of the arguments of an exercise's function.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    list of str
        Empty for a class.
    """
    for node in ast.parse(exercise.source).body:
        if isinstance(node, ast.FunctionDef) and node.name == exercise.name:
            return [argument.arg for argument in node.args.posonlyargs + node.args.args]
    return []


def put_back(exercise: Exercise, path: Path) -> Path | None:
    """Put the stub of an exercise back into the student's file, and touch nothing else there.

    Parameters
    ----------
    exercise : Exercise
    path : Path
        The student's file.

    Returns
    -------
    Path or None
        Where the file is kept as it was; None if there was no file.
    """
    if not path.exists():
        with whole_file(path, "w") as file:
            file.write(stub_file(find_lesson(exercise.lesson)))
        return None
    before = path.read_bytes().decode("utf-8")
    lines = before.split("\n")
    span = span_of(before, exercise.name)
    if span is None:
        new = ["", "", *headed(exercise).split("\n"), ""]
        span = len(lines), len(lines)
    else:
        new = _definition(stub(exercise), exercise.name).split("\n")
    end = "\r" if "\r\n" in before else ""
    after = "\n".join([*lines[: span[0]], *(line + end for line in new), *lines[span[1] :]])
    backup = _free_backup(path)
    with whole_file(backup, "w") as file:
        file.write(before)
    with whole_file(path, "w") as file:
        file.write(after)
    return backup


def span_of(source: str, name: str) -> tuple[int, int] | None:
    """Where a file defines a name; also in a file that is no Python at the moment.

    Parameters
    ----------
    source : str
    name : str

    Returns
    -------
    pair of int or None
        The index of the first line, decorators included, and of the line behind the last one.
    """
    try:
        definitions = _definitions(source)
    except (SyntaxError, ValueError):
        return _span_by_eye(source.split("\n"), name)
    return _lines(definitions[name]) if name in definitions else None


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(source: str) -> dict[str, Definition]:
    """The functions and classes of a file; of those with the same name the last, which counts."""
    tree = ast.parse(source.removeprefix("\ufeff"))
    return {node.name: node for node in tree.body if isinstance(node, Definition)}


def _segment(source: str, node: Definition) -> str:
    """The lines of a definition, decorators too, without what follows them on their ends."""
    first, last = _lines(node)
    return "\n".join(line.rstrip() for line in source.split("\n")[first:last])


def _lines(node: Definition) -> tuple[int, int]:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    assert node.end_lineno is not None, "what was parsed from text has an end"
    return first - 1, node.end_lineno


def _definition(source: str, name: str) -> str:
    """The definition of a name alone."""
    span = span_of(source, name)
    assert span is not None, f"the stub defines {name}"
    return "\n".join(source.split("\n")[span[0] : span[1]])


def _span_by_eye(lines: list[str], name: str) -> tuple[int, int] | None:
    """The same by indentation."""
    begins = re.compile(rf"(def|class)\s+{re.escape(name)}\b")
    starts = [number for number, line in enumerate(lines) if begins.match(line)]
    if not starts:
        return None
    start = starts[-1]
    unindented = re.compile(r"[^\s)\]}]")
    stops = (n for n in range(start + 1, len(lines)) if unindented.match(lines[n]))
    stop = next(stops, len(lines))
    while stop > start + 1 and not lines[stop - 1].strip():
        stop -= 1
    return start, stop


def _free_backup(path: Path) -> Path:
    number = 1
    while (backup := path.with_name(f"{path.name}.bak{number}")).exists():
        number += 1
    return backup
