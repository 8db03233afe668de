"""What an exercise is, and what a check of it is made of.

An exercise is a cell of a lesson; its checks stand in ``lessons/checks``, in a file of the same
name, whose ``CHECKS`` has one :class:`Check` for each exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Case", "Check", "Exercise", "Mistake"]


@dataclass(frozen=True)
class Exercise:
    """Something to write.

    Parameters
    ----------
    number : str
        Such as ``"06.1"``.
    name : str
        Of the function or class that is to be written.
    source : str
        The whole cell, with the solution between its markers.
    title : str
        In a few words.
    difficulty : int
        From 1 to 5.
    minutes : int
        How long a student may take.
    lines : int
        About how many lines are to be written.
    hints : tuple of str
        Three: a question, a pointer, nearly the answer.
    needs : tuple of str
        Exercises whose functions it calls; the reference's stand in for the student's.
    passes_untouched : bool
        Whether it is handed out solved, as the very first one is: to see a check pass.
    """

    number: str
    name: str
    source: str
    title: str
    difficulty: int
    minutes: int
    lines: int
    hints: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    passes_untouched: bool = False

    @property
    def lesson(self) -> str:
        """The number of its lesson, such as ``"06"``."""
        return self.number.partition(".")[0]


@dataclass(frozen=True, init=False)
class Case:
    """One call of the student's function.

    Parameters
    ----------
    name : str
        What is special about it, in words that a student understands.
    *arguments, **keywords
        What the function gets: NumPy arrays, numbers, strings, None, and tuples, lists and dicts of
        those. (What else a function needs, such as another function, is made by ``Check.call``.)
    """

    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    def __init__(self, name: str, *arguments: Any, **keywords: Any) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "arguments", arguments)
        object.__setattr__(self, "keywords", keywords)


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is known, so that it can be named.

    Parameters
    ----------
    key : str
        Such as ``"flipped"``.
    function : callable
        The wrong version: called as the student's function is.
    words : str
        What was probably done, and what it causes; never the corrected line itself.
    """

    key: str
    function: Callable[..., Any]
    words: str


@dataclass(frozen=True)
class Check:
    """How the answers to an exercise are judged.

    Parameters
    ----------
    cases : callable
        Takes a ``numpy.random.Generator`` and gives the cases; another generator makes other
        numbers (and may make other sizes), so that the same check can be redrawn.
    outputs : sequence of str
        Names of what is returned: one, or one for each member of a tuple.
    call : callable, optional
        ``call(function, *arguments, **keywords)`` uses the student's function (or class) and
        returns what is compared. It is run where the student's code runs, from its source alone:
        it must import what it needs inside, and name nothing else of its file. By default
        ``function(*arguments, **keywords)``.
    rtol, atol : float
        ``abs(yours - expected) <= atol + rtol * abs(expected)`` is right. In float32 ``rtol`` is at
        least 1e-5, and ``atol`` at least 1e-6 of the array's largest number.
    dtypes : bool
        Whether the dtype of arrays is judged too.
    keeps_arguments : bool
        Whether changing an argument in place is wrong.
    border_axes : sequence of int
        The axes of an output along which an answer can be right inside and wrong at the borders.
    step_axis : int, optional
        The axis of time of an output.
    ties : callable, optional
        Called as the function is; gives a mask, of the shape of the first output, of the elements
        that depend on how ties (or kinks) are treated.
    branches : callable, optional
        Called as the function is; gives a list of what each branch alone contributes to the first
        output, so that an answer which has only one of them can be named.
    mistakes : sequence of Mistake
        Wrong answers to compare with.
    imports : sequence of str
        The modules that a student's code may import besides NumPy and ``math``.
    seconds : float
        The time limit of all cases together.
    """

    cases: Callable[[np.random.Generator], Iterable[Case]]
    outputs: Sequence[str]
    call: Callable[..., Any] | None = None
    rtol: float = 1e-7
    atol: float = 1e-9
    dtypes: bool = True
    keeps_arguments: bool = True
    border_axes: Sequence[int] = ()
    step_axis: int | None = None
    ties: Callable[..., Any] | None = None
    branches: Callable[..., Any] | None = None
    mistakes: Sequence[Mistake] = ()
    imports: Sequence[str] = ()
    seconds: float = 20.0

    def drawn(self, seed: int) -> list[Case]:
        """Draw the cases.

        Parameters
        ----------
        seed : int

        Returns
        -------
        list of Case
        """
        return list(self.cases(np.random.default_rng(seed)))
