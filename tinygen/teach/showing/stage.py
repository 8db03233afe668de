"""A lesson that runs cell by cell, all cells in the same names, as in a notebook."""

from __future__ import annotations

import sys
from pathlib import Path
from traceback import TracebackException
from types import ModuleType
from typing import Any

from tinygen.teach.cells import Cell
from tinygen.teach.course import Lesson

__all__ = ["CellError", "Stage"]


class CellError(Exception):
    """A cell of a lesson raised something; the message is what Python says of it."""


class Stage:
    """Where the cells of a lesson are run; a context manager.

    Parameters
    ----------
    lesson : Lesson
    """

    def __init__(self, lesson: Lesson) -> None:
        self._path = str(lesson.path)
        self._lines = lesson.path.read_text(encoding="utf-8").splitlines()
        self._module = ModuleType(f"lesson_{lesson.number}")
        self._module.__file__ = self._path

    def __enter__(self) -> Stage:
        # Classes look for the module they were made in by its name: so do dataclasses and inspect.
        sys.modules[self._module.__name__] = self._module
        return self

    def __exit__(self, *_: object) -> None:
        sys.modules.pop(self._module.__name__, None)

    @property
    def names(self) -> dict[str, Any]:
        """What the cells have defined."""
        return self._module.__dict__

    def run(self, cell: Cell) -> None:
        """Run a cell of code.

        Parameters
        ----------
        cell : Cell

        Raises
        ------
        CellError
            If it raises; it names lines of the lesson's file.
        """
        above = "\n" * (self._first_line(cell) - 1)
        try:
            exec(compile(above + cell.source, self._path, "exec", dont_inherit=True), self.names)
        except (Exception, SystemExit) as error:
            raise CellError(self._told(error)) from error

    def _first_line(self, cell: Cell) -> int:
        """Where the code begins in the file, from one."""
        return self._lines.index(cell.source.split("\n", 1)[0], cell.line - 1) + 1

    def _told(self, error: BaseException) -> str:
        """What Python says of an error, without the lines of whoever ran the cell."""
        told = TracebackException.from_exception(error)
        files = [frame.filename for frame in told.stack]
        del told.stack[: files.index(self._path) if self._path in files else len(files)]
        here, name = f'File "{self._path}"', Path(self._path).name
        return "".join(told.format()).replace(here, f'File "{name}"').rstrip()
