"""A verdict in words, for a person at a terminal, and for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinygen.io.messages import MESSAGES, text
from tinygen.teach.checking.diagnosis import Verdict, Worst

__all__ = ["as_json", "in_one_line", "lines_of", "show"]

WIDTH = 100
"""Letters in a line."""

MOST_CASES = 3
"""Cases that are named."""

MOST_PRINTED = 12
"""Lines that are shown of what the student's code printed."""


def lines_of(verdict: Verdict, picture: Path | None = None, following: str = "") -> list[str]:
    """What is said of an answer, in full.

    Parameters
    ----------
    verdict : Verdict
    picture : Path, optional
        Where the picture is.
    following : str
        The command to run next, with what it does.

    Returns
    -------
    list of str
        Verdict, numbers, pattern, picture, the next command; then what the student's code printed,
        and at last the traceback.
    """
    said = [in_one_line(verdict)]
    if verdict.case and not verdict.passed:
        said += _labelled("case", _case(verdict))
    if verdict.worst is not None:
        said += [f"  {_worst(verdict.worst)}"]
    if verdict.words and verdict.attempted and not verdict.passed:
        said += _labelled("pattern" if verdict.worst else "what", verdict.words)
    if picture is not None:
        said += [f"  {text('check label picture')} {picture}  {text('check picture parts')}"]
    if following:
        said += [f"  {text('check label next')} {following}"]
    return said + _printed(verdict) + _traceback(verdict)


def in_one_line(verdict: Verdict) -> str:
    """The verdict alone.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    str
    """
    exercise = verdict.exercise
    sign = "ok" if verdict.passed else "x" if verdict.attempted else "-"
    return f"{sign} {exercise.number} {exercise.name}: {_headline(verdict)}"


def show(lines: Sequence[str]) -> None:
    """Print lines; where there is a terminal, the first one in green, red or grey.

    Parameters
    ----------
    lines : sequence of str
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for number, line in enumerate(lines):
        style = COLOURS.get(line.split(" ")[0], "") if number == 0 else ""
        console.print(Text(line, style=style))


COLOURS = {"ok": "bold green", "x": "bold red", "-": "dim"}


def as_json(verdict: Verdict, picture: Path | None = None) -> dict[str, Any]:
    """The verdict for programs.

    Parameters
    ----------
    verdict : Verdict
    picture : Path, optional

    Returns
    -------
    dict
    """
    worst = verdict.worst
    return {
        "exercise": verdict.exercise.number,
        "name": verdict.exercise.name,
        "passed": verdict.passed,
        "diagnosis": verdict.key,
        "words": verdict.words,
        "checks": verdict.checks,
        "outputs wrong": list(verdict.wrong),
        "outputs ok": list(verdict.right),
        "cases wrong": list(verdict.wrong_cases),
        "worst": worst and {
            "place": worst.place,
            "case": verdict.case,
            "yours": _plain(worst.yours),
            "expected": _plain(worst.expected),
            "relative error": _plain(worst.error),
            "wanted": _plain(worst.wanted),
            "dtype": worst.dtype,
        },
        "raised": verdict.raised,
        "picture": picture and str(picture),
    }  # fmt: skip


def _headline(verdict: Verdict) -> str:
    if verdict.passed:
        return text("check passed", count=verdict.checks)
    if verdict.worst is None and f"check head {verdict.key}" in MESSAGES:
        return text(f"check head {verdict.key}", kind=verdict.raised.split(":")[0])
    ok = [text("check ok", name=name) for name in verdict.right]
    ok += [text("check shapes ok")] if verdict.worst else []
    words = "check wrong" if len(verdict.wrong) == 1 else "check wrongs"
    outputs = text(words, names=", ".join(verdict.wrong))
    return f"{outputs}  ({', '.join(ok)})" if ok else outputs


def _case(verdict: Verdict) -> str:
    """The case that is shown, its call, and how it stands with the others."""
    words = verdict.case + (f": {verdict.call}" if verdict.call else "")
    wrong, right = verdict.wrong_cases, verdict.right_cases
    if not (right and wrong):
        return words
    if len(wrong) == 1:
        others = text("check only case", count=verdict.checks)
    elif len(right) <= MOST_CASES:
        others = text("check right cases", wrong=len(wrong), names="; ".join(right))
    elif len(wrong) <= MOST_CASES:
        names = "; ".join(name for name in wrong if name != verdict.case)
        others = text("check wrong cases", right=len(right), names=names)
    else:
        others = text("check cases", wrong=len(wrong), count=verdict.checks)
    return f"{words} ({others})"


def _worst(worst: Worst) -> str:
    yours, expected = _numbers(worst.yours, worst.expected)
    if not math.isfinite(worst.error):
        return text("check worst plain", place=worst.place, yours=yours, expected=expected)
    name = "check worst" if worst.expected else "check worst zero"
    return text(
        name, place=worst.place, yours=yours, expected=expected, error=f"{worst.error:.1e}",
        wanted=f"{worst.wanted:.0e}", dtype=worst.dtype,
    )  # fmt: skip


def _numbers(yours: Any, expected: Any) -> tuple[str, str]:
    """Both values, with as many digits as it takes to see a difference."""
    for digits in (4, 6, 9, 12):
        one, other = _number(yours, digits), _number(expected, digits)
        if one != other:
            break
    return one, other


def _number(value: Any, digits: int) -> str:
    if isinstance(value, bool | complex):
        return str(value)
    if not isinstance(value, int | float):
        return repr(value)
    if not math.isfinite(value):
        return str(value)
    if isinstance(value, int):
        return f"{value:+d}"
    usual = 0.01 <= abs(value) < 1e4 or value == 0
    return f"{value:+.{digits}f}" if usual else f"{value:+.{digits}e}"


def _labelled(label: str, words: str) -> list[str]:
    """Words behind a label, in as many lines as they need; rich knows how wide letters are."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    head = f"  {text(f'check label {label}')} "
    indent = cell_len(head)
    lines = [line.plain.rstrip() for line in Text(words).wrap(Console(), WIDTH - indent)]
    return [head + lines[0], *(" " * indent + line for line in lines[1:])]


def _printed(verdict: Verdict) -> list[str]:
    if not verdict.printed.strip() or verdict.passed:
        return []
    lines = verdict.printed.rstrip().splitlines()
    kept = [f"    {line[: WIDTH - 4]}" for line in lines[:MOST_PRINTED]]
    more = len(lines) - len(kept)
    return [
        f"  {text('check printed')}", *kept,
        *([f"    {text('check printed more', count=more)}"] if more else []),
    ]  # fmt: skip


def _traceback(verdict: Verdict) -> list[str]:
    if not verdict.raised:
        return []
    lines = []
    for line in verdict.lines:
        lines += [f"    {text('check line', number=line.number, name=line.function)}"]
        lines += [f"      {line.code}"]
    said = [f"    {part}" for part in verdict.raised.splitlines()]
    head = text("check traceback") if verdict.lines else text("check place")
    return [f"  {head}", *lines, *said]


def _plain(value: Any) -> Any:
    """A value that JSON has: no NaN, no infinity."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
