"""The reference's answers, taken from the lessons."""

from __future__ import annotations

import linecache
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tinygen.teach.course import find_exercise, find_lesson
from tinygen.teach.exercises import Exercise

__all__ = ["namespace_of", "reference"]


def reference(number: str) -> Any:
    """The function or class that solves an exercise.

    Parameters
    ----------
    number : str
        Such as ``"06.1"``.

    Returns
    -------
    callable
    """
    return namespace_of(number)[find_exercise(number).name]


def namespace_of(number: str) -> dict[str, Any]:
    """The names around the reference's answer: NumPy, what it needs, and itself.

    Parameters
    ----------
    number : str

    Returns
    -------
    dict
    """
    exercise = find_exercise(number)
    return _executed(find_lesson(exercise.lesson).path, exercise)


@cache
def _executed(path: Path, exercise: Exercise) -> dict[str, Any]:
    """Run the cell of an exercise, once for each course (tests have courses of their own)."""
    names: dict[str, Any] = {"np": np, "__name__": f"exercise_{exercise.number}"}
    for needed in exercise.needs:
        names[find_exercise(needed).name] = reference(needed)
    file = f"{path.name}, exercise {exercise.number}"
    lines = exercise.source.splitlines(keepends=True)
    linecache.cache[file] = (len(exercise.source), None, lines, file)  # for inspect and tracebacks
    exec(compile(exercise.source, file, "exec", dont_inherit=True), names)
    return names
