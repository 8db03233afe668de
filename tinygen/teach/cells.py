"""A lesson's file, cut into cells.

The format is jupytext's "percent": a line ``# %% title [markdown] key="value"`` begins a cell of
words, all of whose lines are comments; without ``[markdown]`` it is a cell of code. Editors (VS
Code, Spyder, PyCharm) run such a file cell by cell, and Python runs it as it is.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "BEGIN", "END", "Cell", "LessonError", "read_cells", "without_marks", "without_questions",
    "without_solution",
]  # fmt: skip

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
"""The lines around what a student has to write; nbgrader and otter know them too."""

MARKER = re.compile(r"# ?%%(?:\s+(?P<rest>.*))?$")
VALUE = re.compile(r"(?P<key>[a-z_]+)=")


class LessonError(ValueError):
    """A lesson's file does not keep the rules that lessons have."""


@dataclass(frozen=True)
class Cell:
    """A piece of a lesson.

    Parameters
    ----------
    kind : {"code", "markdown"}
    source : str
        The code, or the words without their ``# ``.
    line : int
        Where it begins in the file, from one.
    title : str
        What stands behind the marker.
    marks : dict of str to object
        The marker's keys: ``exercise="06.1"``, ``hints="06.1"``, ``teacher="06"``, ...
    """

    kind: str
    source: str
    line: int
    title: str = ""
    marks: dict[str, Any] = field(default_factory=dict)


def read_cells(source: str, name: str = "<lesson>") -> list[Cell]:
    """Cut a lesson's source into its cells.

    Parameters
    ----------
    source : str
        The text of the file.
    name : str
        What errors call it.

    Returns
    -------
    list of Cell
        Without empty ones; what stands before the first marker is a cell of code.

    Raises
    ------
    LessonError
        If a marker cannot be read, or a cell of words has a line that is no comment.
    """
    lines = source.splitlines()
    markers = _marker_lines(source, name)
    first = markers[0] if markers else len(lines)
    cells = [Cell("code", "\n".join(lines[:first]).strip("\n"), 1)]
    for start, stop in zip(markers, [*markers[1:], len(lines)], strict=True):
        cells.append(_cell(lines[start:stop], start + 1, name))
    return [cell for cell in cells if cell.source]


def without_solution(source: str, instead: str) -> str:
    """The code of an exercise with ``instead`` where the solution stands.

    Parameters
    ----------
    source : str
        Code with lines ``### BEGIN SOLUTION`` and ``### END SOLUTION``.
    instead : str
        One or more lines, which get the indentation of the solution.

    Returns
    -------
    str

    Raises
    ------
    LessonError
        If the lines do not come in pairs.
    """
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        word = line.strip()
        if word not in (BEGIN, END):
            kept += [] if inside else [line]
            continue
        if (word == BEGIN) == inside:
            raise LessonError(f"{word!r} without its counterpart")
        inside = not inside
        if inside:
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + part for part in instead.splitlines()]
    if inside:
        raise LessonError(f"{BEGIN!r} without its {END!r}")
    return "\n".join(kept)


def without_marks(source: str) -> str:
    """The code of an exercise, solved, without the lines around the solution.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
    """
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))


def without_questions(source: str) -> str:
    """A cell's code as it is shown: without the calls that put a question or answer it.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
        Empty if there is nothing else.
    """
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if is_call and getattr(node.value.func, "id", "") in ("predict", "reveal"):  # type: ignore[attr-defined]
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip("\n")


def _marker_lines(source: str, name: str) -> list[int]:
    """The indices of the lines that begin a cell: comments, and not text within a string."""
    try:
        return [
            token.start[0] - 1
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT and token.start[1] == 0 and MARKER.match(token.string)
        ]
    except (tokenize.TokenError, SyntaxError) as error:
        raise LessonError(f"{name} is no Python: {error}") from error


def _cell(lines: list[str], number: int, name: str) -> Cell:
    rest = (MARKER.match(lines[0]) or {"rest": ""})["rest"] or ""
    found = VALUE.search(rest)
    head = rest[: found.start()] if found else rest
    marks = _marks(rest[found.start() :], f"{name}, line {number}") if found else {}
    if "[markdown]" not in head:
        return Cell("code", "\n".join(lines[1:]).strip("\n"), number, head.strip(), marks)
    for offset, line in enumerate(lines[1:], number + 1):
        if line and not line.startswith("#"):
            raise LessonError(f"{name}, line {offset}: {line!r} stands among words, uncommented")
    words = "\n".join(re.sub(r"^# ?", "", line) for line in lines[1:]).strip("\n")
    return Cell("markdown", words, number, head.replace("[markdown]", "").strip(), marks)


def _marks(text: str, where: str) -> dict[str, Any]:
    """``key=json key=json``."""
    marks: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    while text:
        found = VALUE.match(text)
        if found is None:
            raise LessonError(f"{where}: {text!r} is no key=value")
        try:
            marks[found["key"]], end = decoder.raw_decode(text, found.end())
        except json.JSONDecodeError as error:
            raise LessonError(f"{where}: the value of {found['key']} is no JSON") from error
        text = text[end:].lstrip()
    return marks
