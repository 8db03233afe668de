"""From a student's answers to a verdict that says what is wrong.

The questions are asked in an order, and the first that finds something decides: is it written, does
it run, does it return something of the right kind, is it a known mistake, are the shapes, the
dtypes right, are the numbers finite, are the arguments left as they were, and at last: which of the
numbers are wrong, and what do they have in common? Where nothing is certain, the verdict says so.
"""

from __future__ import annotations

import copy
import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygen.io.messages import text
from tinygen.teach.cells import LessonError
from tinygen.teach.checking.comparison import Mismatch, Pair, compared, exact
from tinygen.teach.checking.patterns import COUNT, Finding, Group, find
from tinygen.teach.checking.shapes import wrong_shape
from tinygen.teach.exercises import Case, Check, Exercise, Mistake
from tinygen.teach.sandbox.running import Line, Outcome, Raised
from tinygen.teach.sandbox.transport import plain
from tinygen.teach.student import signature

__all__ = ["Verdict", "Worst", "diagnose"]


@dataclass(frozen=True)
class Worst:
    """The element that is most wrong.

    Parameters
    ----------
    place : str
        Such as ``dW[1, 0, 2, 2]``.
    yours, expected : object
        Numbers, or strings.
    error : float
        The difference relative to the expected number; the difference itself where 0 is expected,
        and NaN where there are no numbers.
    wanted : float
        What the error may be.
    dtype : str
        Of what is expected.
    """

    place: str
    yours: Any
    expected: Any
    error: float
    wanted: float
    dtype: str


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a student's answer.

    Parameters
    ----------
    exercise : Exercise
    key : str
        Of the diagnosis, "passed", or "not-attempted".
    words : str
        What is seen, and what usually causes it.
    checks : int
        How many cases there are.
    wrong, right : tuple of str
        The names of the outputs.
    worst : Worst, optional
    case, call : str
        The case that ``worst`` and the picture are from, in words; and its arguments, if few.
    wrong_cases, right_cases : tuple of str
        Their names.
    shown : Pair, optional
        What the picture shows.
    lines : tuple of Line
        Of the traceback: those in the student's file.
    raised : str
        The exception as Python prints it.
    printed : str
        What the student's code printed.
    """

    exercise: Exercise
    key: str
    words: str
    checks: int
    wrong: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    worst: Worst | None = None
    case: str = ""
    call: str = ""
    wrong_cases: tuple[str, ...] = ()
    right_cases: tuple[str, ...] = ()
    shown: Pair | None = None
    lines: tuple[Line, ...] = ()
    raised: str = ""
    printed: str = field(default="", compare=False)

    @property
    def passed(self) -> bool:
        """Whether all is right."""
        return self.key == "passed"

    @property
    def attempted(self) -> bool:
        """Whether the exercise was begun."""
        return self.key != "not-attempted"


def diagnose(
    exercise: Exercise,
    check: Check,
    cases: Sequence[Case],
    outcome: Outcome,
    expected: Sequence[Any],
) -> Verdict:
    """Judge a student's answers.

    Parameters
    ----------
    exercise : Exercise
    check : Check
    cases : sequence of Case
    outcome : Outcome
        Of :func:`tinygen.teach.sandbox.running.run_student`.
    expected : sequence
        Of :func:`tinygen.teach.sandbox.running.reference_values`.

    Returns
    -------
    Verdict

    Raises
    ------
    LessonError
        If the check compares nothing: then nothing can pass.
    """
    if not cases or not check.outputs or len(expected) != len(cases):
        raise LessonError(f"the check of {exercise.number} has no cases or no outputs")
    if outcome.status != "ok":
        return _failed_to_run(exercise, check, cases, outcome)
    return _Judge(exercise, check, cases, outcome, expected).verdict()


# ---- it did not run ----------------------------------------------------------------------------


def _failed_to_run(
    exercise: Exercise, check: Check, cases: Sequence[Case], outcome: Outcome
) -> Verdict:
    """The verdict where not all cases have a value."""
    raised = outcome.raised
    count = len(cases)
    if raised is None:
        words, code = _words_of(exercise, outcome), "\n".join(outcome.code)
        where = outcome.detail if outcome.status == "timeout" else ""
        return Verdict(
            exercise, outcome.status, words, count, case=where, raised=code,
            printed=outcome.printed,
        )  # fmt: skip
    number = next((i for i, result in enumerate(outcome.results) if result.raised), None)
    key, words = _exception(exercise, raised)
    own = raised.where == "student"
    said = f"{raised.kind}: {raised.message}" if raised.message else raised.kind
    case = None if number is None else cases[number]
    if outcome.status == "memory":
        key, words = "memory", text("check is memory")
    return Verdict(
        exercise, key, words, count,
        case="" if case is None else case.name,
        call="" if case is None else _call(exercise, check, case),
        lines=raised.lines if own else (),
        raised=said if own else "",
        printed=outcome.printed,
    )  # fmt: skip


def _words_of(exercise: Exercise, outcome: Outcome) -> str:
    variant = {
        "missing": " similar" if outcome.detail else "",
        "timeout": "" if outcome.detail else " loading",
        "syntax": " anywhere" if outcome.line is None else "",
        "too-much-output": f" {outcome.detail}",
    }.get(outcome.status, "")
    return text(
        f"check is {outcome.status}{variant}", name=exercise.name, line=outcome.line,
        detail=outcome.detail,
    )  # fmt: skip


def _exception(exercise: Exercise, raised: Raised) -> tuple[str, str]:
    """The key and the words for an exception of the student's code."""
    if raised.kind == "NotImplementedError" and raised.where == "student":
        return "raise-left-in", text("check is raised not implemented")
    if raised.where == "call":
        return "signature", text("check is signature", said=raised.message)
    if raised.where == "driver" and raised.returned == "NoneType":
        return "nothing-returned", text("check is nothing-returned", name=exercise.name)
    if raised.where == "driver":
        kind = raised.returned or text("check kind unknown")
        words = text("check is unusable", name=exercise.name, kind=kind, said=raised.message)
        return "structure", words
    for cause, pattern in CAUSES.items():
        if re.search(pattern, f"{raised.kind}: {raised.message}"):
            return "exception", text(f"check cause {cause}")
    return "exception", ""


CAUSES = {
    "broadcast": r"ValueError: .*broadcast",
    "matmul": r"ValueError: .*(matmul|not aligned|mismatch in its core dimension|einsum)",
    "reshape": r"ValueError: cannot reshape",
    "empty": r"ValueError: .*(empty sequence|zero-size array)",
    "truth": r"ValueError: The truth value of an array",
    "too many indices": r"IndexError: too many indices",
    "axis": r"AxisError",
    "mask": r"IndexError: boolean index did not match",
    "index": r"IndexError",
    "name": r"NameError|UnboundLocalError",
    "none": r"NoneType",
    "attribute": r"AttributeError",
    "key": r"KeyError",
    "recursion": r"RecursionError",
    "casting": r"UFuncTypeError|UFuncOutputCastingError|Cannot cast ufunc",
    "read only": r"read-only",
}
"""What exceptions usually come from, by what Python says."""


# ---- it ran ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judge:
    """Asks the questions in their order."""

    exercise: Exercise
    check: Check
    cases: Sequence[Case]
    outcome: Outcome
    expected: Sequence[Any]

    def verdict(self) -> Verdict:
        """The first answer there is."""
        parts = [
            part
            for case, result in enumerate(self.outcome.results)
            for part in compared(self.check, case, result.value, self.expected[case])
        ]
        mismatches = [part for part in parts if isinstance(part, Mismatch)]
        if mismatches:
            return self._of_kind(mismatches)
        pairs = [part for part in parts if isinstance(part, Pair)]
        if not any(pair.expected.size for pair in pairs):
            raise LessonError(f"the check of {self.exercise.number} compares nothing")
        return (
            self._mistake(pairs)
            or self._shape(pairs)
            or self._dtype(pairs)
            or self._finite(pairs)
            or self._changed(pairs)
            or self._values(pairs)
            or self._passed(pairs)
        )

    # ---- what is returned ----

    def _of_kind(self, mismatches: list[Mismatch]) -> Verdict:
        first = mismatches[0]
        everything = ("",) if len(self.check.outputs) > 1 else (self.check.outputs[0],)
        is_nothing = first.nothing and first.path in everything
        key = "nothing-returned" if is_nothing else "structure"
        words = text(
            f"check is {key}", name=self.exercise.name, path=first.path or self.exercise.name,
            yours=first.yours, expected=first.expected,
        )  # fmt: skip
        wrong = {mismatch.output for mismatch in mismatches} if first.path else set()
        return self._made(key, words, wrong, {m.case for m in mismatches}, first.case)

    def _mistake(self, pairs: list[Pair]) -> Verdict | None:
        """A wrong answer that is known, if the student's is the same in all cases."""
        failing = [pair for pair in pairs if pair.failing or self._has_wrong_dtype(pair)]
        if not failing or any(result.changed for result in self.outcome.results):
            return None
        named = [mistake for mistake in self.check.mistakes if self._is_same(mistake, pairs)]
        if len(named) != 1:
            return None
        return self._about(named[0].key, named[0].words, failing, _simplest(failing))

    def _is_same(self, mistake: Mistake, pairs: list[Pair]) -> bool:
        """Whether the student's answer is a mistake's, everywhere."""
        place = 0
        for number, case in enumerate(self.cases):
            value = _attempted(self.check, mistake.function, case)
            if value is None:
                return False
            parts = list(compared(self.check, number, value, self.expected[number]))
            yours = pairs[place : place + len(parts)]
            place += len(parts)
            if not all(map(self._agree, parts, yours)):
                return False
        return True

    def _agree(self, theirs: Pair | Mismatch, yours: Pair) -> bool:
        if isinstance(theirs, Mismatch) or theirs.path != yours.path:
            return False
        check = self.check
        same = Pair("", 0, "", yours.yours, theirs.yours, check.rtol, check.atol)
        return not same.failing and not self._has_wrong_dtype(same)

    def _shape(self, pairs: list[Pair]) -> Verdict | None:
        failing = [pair for pair in pairs if not pair.comparable]
        if not failing:
            return None
        first = failing[0]
        same = [pair for pair in failing if pair.path == first.path]
        key, words = wrong_shape(same, self.cases)
        outputs, places = {p.output for p in failing}, {p.case for p in failing}
        return self._made(key, words, outputs, places, first.case)

    def _dtype(self, pairs: list[Pair]) -> Verdict | None:
        failing = [pair for pair in pairs if self._has_wrong_dtype(pair)]
        if not failing:
            return None
        first = failing[0]
        words = text(
            "check is dtype", path=first.path, yours=first.yours.dtype,
            expected=first.expected.dtype,
        )  # fmt: skip
        words += " " + text(f"check cause dtype {_change(first)}")
        outputs, places = {p.output for p in failing}, {p.case for p in failing}
        return self._made("dtype", words, outputs, places, first.case)

    def _has_wrong_dtype(self, pair: Pair) -> bool:
        yours, expected = pair.yours.dtype, pair.expected.dtype
        if not (self.check.dtypes and pair.numeric and pair.expected.ndim):
            return False
        return yours.kind not in "iu" if expected.kind in "iu" else yours != expected

    def _finite(self, pairs: list[Pair]) -> Verdict | None:
        failing = [pair for pair in pairs if pair.numeric and _lost(pair).any()]
        if not failing:
            return None
        first = failing[0]
        lost = _lost(first)
        place = np.unravel_index(int(lost.argmax()), lost.shape)
        kind = "nan" if np.isnan(first.yours[place]) else "inf"
        words = text("check is not finite", count=int(lost.sum()), size=lost.size)
        words += " " + text(f"check cause {kind}")
        return self._about("not-finite", words, failing, first)

    def _changed(self, pairs: list[Pair]) -> Verdict | None:
        changed = {i: r.changed for i, r in enumerate(self.outcome.results) if r.changed}
        if not changed or not self.check.keeps_arguments:
            return None
        number, names = next(iter(changed.items()))
        values = "wrong" if any(pair.failing for pair in pairs) else "right"
        words = text(
            "check is changed", name=self.exercise.name, names=", ".join(names)
        )  # fmt: skip
        words += " " + text(f"check changed values {values}")
        return self._made("changed-argument", words, set(), set(changed), number)

    def _values(self, pairs: list[Pair]) -> Verdict | None:
        failing = [pair for pair in pairs if pair.failing]
        if not failing:
            return None
        findings = [
            (path, find(self._group(path, pairs))) for path in _unique(p.path for p in failing)
        ]
        found = [(path, finding) for path, finding in findings if finding is not None]
        if not found:
            return self._about("unknown", self._unknown(failing), failing, _simplest(failing))
        key = found[0][1].key
        if len({finding.key for _, finding in found}) == 1 and len(found) == len(findings):
            words = _joined(found, always=False)
        else:
            others = [path for path, finding in findings if finding is None or finding.key != key]
            words = _joined([pair for pair in found if pair[1].key == key], always=True)
            words += " " + text("check not of", paths=", ".join(others))
        return self._about(key, words, failing, found[0][1].shown)

    def _group(self, path: str, pairs: list[Pair]) -> Group:
        own = [pair for pair in pairs if pair.path == path]
        names = signature(self.exercise) if self.check.call is None else ()
        return Group(path, own, self.cases, self.check, names)

    def _unknown(self, failing: list[Pair]) -> str:
        shown = _simplest(failing)
        words = text(
            "check why unknown", wrong=int(shown.wrong.sum()), size=shown.wrong.size,
            path=shown.path,
        )  # fmt: skip
        if all(not pair.exact and _is_near(pair) for pair in failing):
            words += " " + text("check why near")
        return words

    # ---- verdicts ----

    def _about(self, key: str, words: str, failing: list[Pair], shown: Pair) -> Verdict:
        """A verdict on numbers, with the one that is most wrong."""
        outputs, places = {p.output for p in failing}, {p.case for p in failing}
        worst = _worst(shown) if shown.comparable and shown.wrong.any() else None
        return self._made(key, words, outputs, places, shown.case, worst, shown)

    def _made(
        self,
        key: str,
        words: str,
        wrong: set[str],
        wrong_cases: set[int],
        case: int,
        worst: Worst | None = None,
        shown: Pair | None = None,
    ) -> Verdict:
        names = list(self.check.outputs)
        return Verdict(
            self.exercise, key, words, len(self.cases),
            tuple(name for name in names if name in wrong),
            tuple(name for name in names if name not in wrong) if wrong else (),
            worst, self.cases[case].name, _call(self.exercise, self.check, self.cases[case]),
            tuple(c.name for i, c in enumerate(self.cases) if i in wrong_cases),
            tuple(c.name for i, c in enumerate(self.cases) if i not in wrong_cases),
            shown, printed=self.outcome.printed,
        )  # fmt: skip

    def _passed(self, pairs: list[Pair]) -> Verdict:
        shown = max(
            (pair for pair in pairs if pair.numeric), default=None, key=lambda p: p.expected.size
        )
        return Verdict(
            self.exercise, "passed", text("check passed", count=len(self.cases)), len(self.cases),
            right=tuple(self.check.outputs),
            case=self.cases[shown.case].name if shown else "",
            right_cases=tuple(case.name for case in self.cases),
            shown=shown, printed=self.outcome.printed,
        )  # fmt: skip


# ---- numbers -----------------------------------------------------------------------------------


def _change(pair: Pair) -> str:
    """In which way a dtype is wrong."""
    yours, expected = pair.yours.dtype, pair.expected.dtype
    if expected.kind == "f" and yours.kind == "f":
        return "wider" if yours.itemsize > expected.itemsize else "narrower"
    if expected.kind == "f" and yours.kind in "iu":
        return "whole"
    if expected.kind in "iu" and yours.kind == "f":
        return "fraction"
    return "bool" if "b" in (yours.kind, expected.kind) else "other"


def _lost(pair: Pair) -> np.ndarray:
    """A mask of what should be finite and is not."""
    return np.asarray(~np.isfinite(exact(pair.yours)) & np.isfinite(exact(pair.expected)))


def _worst(pair: Pair) -> Worst:
    """The element that is most wrong."""
    yours, expected = pair.yours[pair.worst].item(), pair.expected[pair.worst].item()
    error = wanted = math.nan
    if not pair.exact:
        rtol, atol = pair.limits
        difference, size = float(abs(pair.difference[pair.worst])), float(abs(expected))
        error, wanted = (difference / size, rtol) if size else (difference, atol)
    place = _element(pair.path, pair.worst)
    return Worst(place, yours, expected, error, wanted, str(pair.expected.dtype))


def _element(path: str, place: Sequence[Any]) -> str:
    return f"{path}[{', '.join(map(str, place))}]" if len(place) else path


def _is_near(pair: Pair) -> bool:
    """Whether the errors are so small that the formula may be right."""
    largest = np.abs(exact(pair.expected)).max(initial=0.0)
    return bool(np.abs(pair.difference).max(initial=0.0) < 1e-4 * largest)


# ---- other -------------------------------------------------------------------------------------


LONGEST_CALL = 70


def _call(exercise: Exercise, check: Check, case: Case) -> str:
    """The call of a case, with rounded numbers, if it is short enough to be read."""
    if check.call is not None or not _is_short((case.arguments, case.keywords)):
        return ""
    parts = [_typed(value) for value in case.arguments]
    parts += [f"{name}={_typed(value)}" for name, value in case.keywords.items()]
    call = f"{exercise.name}({', '.join(parts)})"
    return call if len(call) <= LONGEST_CALL else ""


def _is_short(value: Any) -> bool:
    """Whether it could be typed at all: so it is not even tried with many numbers."""
    if isinstance(value, np.ndarray):
        return value.size <= LONGEST_CALL
    if isinstance(value, dict):
        return _is_short(list(value.values()))
    if isinstance(value, tuple | list):
        return len(value) <= LONGEST_CALL and all(map(_is_short, value))
    return True


def _typed(value: Any) -> str:
    """An argument; an array as its numbers in brackets."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    numbers = np.array2string(value, separator=", ", precision=4, max_line_width=10_000)
    return " ".join(numbers.split())


def _attempted(check: Check, function: Callable[..., Any], case: Case) -> Any:
    """What a mistake gives on a case; None if it raises something."""
    arguments, keywords = copy.deepcopy((case.arguments, case.keywords))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if check.call is None:
                return plain(function(*arguments, **keywords))
            return plain(check.call(function, *arguments, **keywords))
    except Exception:
        return None


def _simplest(failing: Sequence[Pair]) -> Pair:
    """The first case in which something is wrong: it is made to be understood by hand."""
    return min(failing, key=lambda pair: pair.case)


def _joined(found: Sequence[tuple[str, Finding]], always: bool) -> str:
    """What was found; with the names of the outputs if they differ in it, or ``always``."""
    paths: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for path, finding in found:
        paths.setdefault(finding.words, []).append(path)
        counts[finding.words] = counts.get(finding.words, 0) + finding.count
    filled = {words: words.replace(COUNT, str(count)) for words, count in counts.items()}
    if len(paths) == 1 and not always:
        return next(iter(filled.values()))
    return " ".join(
        text("check of", path=", ".join(names), words=filled[words])
        for words, names in paths.items()
    )


def _unique(values: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(values))
