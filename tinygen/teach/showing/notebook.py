"""A lesson as a notebook, of nbformat 4.5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.teach.cells import Cell
from tinygen.teach.course import Lesson
from tinygen.teach.exercises import Exercise
from tinygen.teach.student import stub

__all__ = ["as_notebook", "code_cell", "notebook", "notebook_cells", "write_notebook"]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(lesson: Lesson, solved: bool = False) -> dict[str, Any]:
    """A lesson's cells as those of a notebook.

    Parameters
    ----------
    lesson : Lesson
    solved : bool
        Whether the exercises have their solutions. If not they are stubs, and the cell below each
        goes on with the reference's function until the student's is written.

    Returns
    -------
    dict
        What the file holds; an exercise's cell has the id ``exercise-06-1``.
    """
    made = (notebook_cells(lesson, cell, solved) for cell in lesson.cells)
    return as_notebook(lesson, [one for several in made for one in several])


def as_notebook(lesson: Lesson, cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Cells as a whole notebook.

    Parameters
    ----------
    lesson : Lesson
    cells : list of dict
        Those without an id get one.

    Returns
    -------
    dict
    """
    for number, cell in enumerate(cells):
        cell.setdefault("id", f"cell-{lesson.number}-{number}")
    return {
        "cells": cells,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write_notebook(lesson: Lesson, file: Path, solved: bool = False) -> None:
    """Write a lesson as a notebook.

    Parameters
    ----------
    lesson : Lesson
    file : Path
    solved : bool
        Whether the exercises have their solutions.
    """
    with whole_file(file, "w") as opened:
        json.dump(notebook(lesson, solved), opened, ensure_ascii=False, indent=1)
        opened.write("\n")


def notebook_cells(lesson: Lesson, cell: Cell, solved: bool) -> list[dict[str, Any]]:
    """A lesson's cell in a notebook.

    Parameters
    ----------
    lesson : Lesson
    cell : Cell
    solved : bool

    Returns
    -------
    list of dict
        One cell; for an exercise words about it, its cell (which has an id), and, below a stub,
        one that goes on without it.
    """
    if "exercise" in cell.marks:
        exercise = lesson.exercises[cell.marks["exercise"]]
        return _exercise(exercise, solved)
    if "hints" in cell.marks:
        exercise = lesson.exercises[cell.marks["hints"]]
        return [_words(_folded_hints(exercise))]
    if "teacher" in cell.marks:
        return [_words(_folded(text("book teacher"), cell.source))]
    return [_words(cell.source) if cell.kind == "markdown" else code_cell(cell.source)]


def _exercise(exercise: Exercise, solved: bool) -> list[dict[str, Any]]:
    about = _words(
        f"**{text('book exercise', **vars(exercise))}** {text('book size', **vars(exercise))}"
    )
    own = code_cell(exercise.source if solved else stub(exercise))
    own["id"] = f"exercise-{exercise.number.replace('.', '-')}"
    if solved or stub(exercise) == exercise.source:
        return [about, own]
    name, number = exercise.name, exercise.number
    goes_on = (
        "from tinygen.teach import mine_or_reference\n\n"
        f'{name} = mine_or_reference({name}, "{number}")'
    )
    return [about, own, code_cell(goes_on)]


def _folded_hints(exercise: Exercise) -> str:
    count = len(exercise.hints)
    return "\n\n".join(
        _folded(text("book hint", number=number, count=count), hint)
        for number, hint in enumerate(exercise.hints, 1)
    )


def _folded(summary: str, words: str) -> str:
    """Markdown that opens at a click: the empty lines make it Markdown again inside the HTML."""
    return f"<details><summary>{summary}</summary>\n\n{words}\n\n</details>"


def _words(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def code_cell(source: str) -> dict[str, Any]:
    """A cell of code that has not run.

    Parameters
    ----------
    source : str

    Returns
    -------
    dict
    """
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
