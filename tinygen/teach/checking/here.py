"""Checking a function where it is, as in a cell of a notebook.

``tinygen check`` runs a student's file in a process of its own, with limits. Here the function runs
in this process: nothing stops an endless loop, and nothing keeps it from anything.
"""

from __future__ import annotations

import contextlib
import linecache
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from tinygen.teach.checking.diagnosis import Verdict, diagnose
from tinygen.teach.checking.from_file import check_of
from tinygen.teach.checking.verdict import in_one_line, lines_of
from tinygen.teach.course import find_exercise
from tinygen.teach.exercises import Case, Check, Exercise
from tinygen.teach.mine import functions_of
from tinygen.teach.reference import reference
from tinygen.teach.sandbox.child import call, just_call
from tinygen.teach.sandbox.precheck import Finding, precheck
from tinygen.teach.sandbox.running import Outcome, found_before, outcome_of, reference_values
from tinygen.teach.sandbox.transport import plain
from tinygen.teach.student import span_of

__all__ = ["check_here", "judged_here"]

OF_THE_ANSWER = ("not-attempted", "raise-left-in", "imports")
"""What a definition is looked through for. The rest is said of whole files."""


def check_here(number: str, answer: Any, seed: int = 0) -> None:
    """Check an exercise in a notebook: print what the checker says, and fail if it is wrong.

    Parameters
    ----------
    number : str
        Of the exercise, such as ``"06.1"``.
    answer : callable
        The function or class of the notebook.
    seed : int
        Of the cases.

    Raises
    ------
    AssertionError
        With the verdict's first line, if the answer is wrong or not written yet.
    """
    exercise = find_exercise(number)
    verdict = judged_here(answer, exercise, check_of(exercise), seed)
    print("\n".join(lines_of(verdict)))
    if not verdict.passed:
        raise AssertionError(in_one_line(verdict))


def judged_here(answer: Any, exercise: Exercise, check: Check, seed: int = 0) -> Verdict:
    """Judge a function in this process.

    Parameters
    ----------
    answer : callable
    exercise : Exercise
    check : Check
    seed : int
        Of the cases.

    Returns
    -------
    Verdict
    """
    cases = check.drawn(seed)
    outcome = _outcome(answer, exercise, check, cases)
    return diagnose(exercise, check, cases, outcome, reference_values(exercise, check, cases))


def _outcome(answer: Any, exercise: Exercise, check: Check, cases: Sequence[Case]) -> Outcome:
    if not callable(answer):
        return Outcome("not-a-function", detail=type(answer).__name__)
    file = _file(answer)
    found = precheck(_definition(file, exercise.name).encode(), exercise, check)
    if isinstance(found, Finding) and found.status in OF_THE_ANSWER:
        return found_before(found)
    use = check.call or just_call
    with _references(answer, exercise), _quiet():
        return outcome_of(
            [
                {"case": place, **_called(use, answer, case, file)}
                for place, case in enumerate(cases)
            ]
        )


def _file(answer: Any) -> str:
    """The name of the cell or the file that an answer stands in, empty if that is not known."""
    return next((function.__code__.co_filename for function in functions_of(answer)), "")


def _definition(file: str, name: str) -> str:
    """The lines that define a name, without what else a cell does; empty if they are not known."""
    linecache.checkcache(file)
    lines = linecache.getlines(file)
    span = span_of("".join(lines), name)
    return "".join(lines[slice(*span)]) if span else ""


@contextlib.contextmanager
def _references(answer: Any, exercise: Exercise) -> Iterator[None]:
    """Let an answer see the reference's version of what it needs, as ``tinygen check`` does."""
    given = {find_exercise(number).name: reference(number) for number in exercise.needs}
    names = next((function.__globals__ for function in functions_of(answer)), {})
    before = {name: names[name] for name in given if name in names}
    names.update(given)
    try:
        yield
    finally:
        for name in given:
            del names[name]
        names.update(before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing to standard error: nbgrader gives no points to a cell that writes there."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(sys.stdout):
        warnings.simplefilter("ignore")
        yield


def _called(use: Any, answer: Any, case: Case, file: str) -> dict[str, Any]:
    said = call(use, answer, case.arguments, case.keywords, file, None)
    if "raised" not in said:
        return {**said, "value": plain(said["value"])}
    if said["raised"]["kind"] == KeyboardInterrupt.__name__:
        raise KeyboardInterrupt
    return said
