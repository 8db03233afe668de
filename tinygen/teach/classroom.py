"""What a lesson calls: a beginning, pictures, questions, and what earlier exercises wrote.

A lesson runs as a script, in a notebook, and under ``tinygen step``; these few functions are all
that differs. Each asks the :class:`Classroom` that is in charge, which by default prints.
"""

from __future__ import annotations

import base64
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.io.messages import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Classroom", "begin", "classroom", "given", "picture", "predict", "reveal", "take_over"]

OUT = "TINYGEN_LESSONS_OUT"
"""The environment's name for the folder of the pictures; ``lessons-out`` where it is not set."""

LETTERS = "abcdefgh"


class Classroom:
    """A lesson that runs as a script: it prints, and never waits.

    Parameters
    ----------
    out : Path, optional
        The folder of the pictures.
    """

    def __init__(self, out: Path | None = None) -> None:
        self.out = out or Path(os.environ.get(OUT, "lessons-out"))
        self.lesson = "00"
        self.pictures: list[str] = []

    def begin(self, lesson: str) -> None:
        """A lesson starts."""
        self.lesson, self.pictures = lesson, []

    def picture(self, figure: Figure, name: str, alt: str) -> None:
        """Save a figure, and show it."""
        from tinygen.plots import save_figure
        from tinygen.plots.style import look

        if name not in self.pictures:  # a notebook's cell may be run again
            self.pictures.append(name)
        number = self.pictures.index(name) + 1
        path = self.out / self.lesson / f"{number:02d}-{name}.png"
        with look():
            save_figure(figure, path)
        self.show(path, alt)

    def show(self, path: Path, alt: str) -> None:
        """Show a picture where it can be seen, and else say where it is."""
        if _is_notebook():
            _display(path, alt)
        else:
            print(text("lesson picture", path=path, alt=alt))

    def predict(self, key: str, question: str, options: Sequence[str]) -> None:
        """Put a question."""
        print(text("lesson predict", number=key, question=question))
        for letter, option in zip(LETTERS, options, strict=False):
            print(f"  {letter}) {option}")

    def reveal(self, key: str, answer: str, why: str) -> None:
        """Answer it, when the lesson has shown why."""
        print(text("lesson reveal", number=key, answer=answer, why=why))

    def given(self, exercise: str) -> Any:
        """The function or class that an exercise asks for: here the reference's."""
        from tinygen.teach.reference import reference

        return reference(exercise)


def print_whatever_comes() -> None:
    """Let a letter that the output cannot write, such as Σ on some consoles, be a question mark."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


def _is_notebook() -> bool:
    """Whether this runs where pictures stand among the cells: in a notebook, or an editor's own."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def _display(path: Path, alt: str) -> None:
    display: Any = importlib.import_module("IPython.display").display
    picture = base64.b64encode(path.read_bytes()).decode()
    display({"image/png": picture, "text/plain": alt}, raw=True)
    print(alt)


_in_charge = Classroom()


def classroom() -> Classroom:
    """Who is in charge.

    Returns
    -------
    Classroom
    """
    return _in_charge


def take_over(new: Classroom) -> Classroom:
    """Put another in charge.

    Parameters
    ----------
    new : Classroom

    Returns
    -------
    Classroom
        The one that was.
    """
    global _in_charge
    old, _in_charge = _in_charge, new
    return old


def begin(lesson: str) -> np.random.Generator:
    """Begin a lesson: the same random numbers each time, and pictures in a folder of its own.

    Parameters
    ----------
    lesson : str
        Its number, such as ``"06"``.

    Returns
    -------
    numpy.random.Generator
    """
    import tinygen as tg

    print_whatever_comes()
    tg.manual_seed(int(lesson))
    _in_charge.begin(lesson)
    return np.random.default_rng(int(lesson))


def picture(figure: Figure, name: str, alt: str) -> None:
    """Show a figure: as a file, and within the page of a notebook or a book.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Of the file, without number and ending.
    alt : str
        What is to be seen, for whoever cannot see it.
    """
    _in_charge.picture(figure, name, alt)


def predict(key: str, question: str, options: Sequence[str]) -> None:
    """Ask, before a cell shows it.

    Parameters
    ----------
    key : str
        Such as ``"06.p1"``.
    question : str
    options : sequence of str
        What could be the answer; they are called a, b, c, ...
    """
    _in_charge.predict(key, question, options)


def reveal(key: str, answer: str, why: str) -> None:
    """Say what the answer is, when it has been seen.

    Parameters
    ----------
    key : str
        Of :func:`predict`.
    answer : str
        The letter of the right option.
    why : str
    """
    _in_charge.reveal(key, answer, why)


def given(exercise: str) -> Any:
    """What an earlier exercise asked for: the reference's, or the student's own (``--mine``).

    Parameters
    ----------
    exercise : str
        Its number, such as ``"04.3"``.

    Returns
    -------
    callable
    """
    return _in_charge.given(exercise)
