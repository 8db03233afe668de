"""The rules that lessons and their checks keep, as ``tinygen teacher check`` looks them up.

What a run alone shows (that a lesson ends well, is quick, and does the same each time) the test
suite checks. Wrong answers that are kept for an exercise stand there too.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tinygen.io.messages import text
from tinygen.teach.cells import BEGIN, END, Cell, LessonError
from tinygen.teach.checking.here import judged_here
from tinygen.teach.classroom import LETTERS
from tinygen.teach.course import Lesson
from tinygen.teach.exercises import Check, Exercise
from tinygen.teach.reference import reference
from tinygen.teach.sandbox.precheck import Finding, precheck
from tinygen.teach.student import stub

__all__ = ["Fault", "lines_of_code", "of_a_lesson", "of_its_checks", "of_the_course"]

MOST_LINES = 30
"""Of code in a cell."""

WIDTH = 100
"""Letters in a line."""

MINUTES = range(3, 61)
"""A lesson may take."""

TO_WRITE = range(3, 13)
"""Lines of an exercise; the lessons in ``SHORTER`` may ask for less."""

SHORTER = ("00",)

OFF = 3
"""Lines by which what is announced may miss the reference's."""

PREDICTIONS = range(1, 6)
"""In a lesson."""

HINTS = 3

MISTAKES = 2
"""At least, that a check can name."""

SEEDS = (0, 1, 20)
"""With which a solution is tried."""

MODULES = (
    "collections", "copy", "functools", "inspect", "itertools", "math", "matplotlib", "numpy",
    "tinygen",
)  # fmt: skip
"""What a lesson may import: no files, no network, no clock."""

REACHING = (
    "open", "exec", "eval", "compile", "__import__", "input", "load", "loadtxt", "genfromtxt",
    "fromfile", "memmap", "save", "savez", "savez_compressed", "savetxt", "tofile", "savefig",
    "read_text", "read_bytes", "write_text", "write_bytes", "urlopen",
)  # fmt: skip
"""Calls that reach for files, or wait for somebody."""

DRAWN = (["glyphs"], ["shapes"], ["strips"])
"""What a lesson may load: it is drawn and not read."""


@dataclass(frozen=True)
class Fault:
    """A rule that is not kept.

    Parameters
    ----------
    path : Path
    line : int
    words : str
    warning : bool
        Whether there may be a reason for it.
    """

    path: Path
    line: int
    words: str
    warning: bool = False


Found = Iterator[tuple[int, str]]
"""Lines and words."""


# ---- a lesson ------------------------------------------------------------------------------------


def of_a_lesson(lesson: Lesson, course: Sequence[Lesson]) -> Iterator[Fault]:
    """What is wrong with a lesson's file.

    Parameters
    ----------
    lesson : Lesson
    course : sequence of Lesson
        All of them: which are earlier, and what do they ask for?

    Yields
    ------
    Fault
    """
    try:
        yield from _faults(lesson.path, LESSON_RULES, lesson, course)
        yield from _faults(lesson.path, [_announced], lesson, course, warning=True)
    except (LessonError, SyntaxError, KeyError) as error:
        yield Fault(lesson.path, 1, text("lint unreadable", reason=_told(error)))


def _faults(
    path: Path, rules: Sequence[Callable[..., Found]], *about: Any, warning: bool = False
) -> Iterator[Fault]:
    for rule in rules:
        for line, words in rule(*about):
            yield Fault(path, line, words, warning)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _begin_and_end(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    number, cells = lesson.number, lesson.cells
    if "lesson" not in cells[0].marks:
        yield 1, text("lint first cell", number=number)
        return
    marks = cells[0].marks
    if marks["lesson"] != number or not cells[0].source.startswith(f"# {number} · "):
        yield 1, text("lint heading", number=number)
    if not _is_translation(lesson) and "You will be able to" not in cells[0].source:
        yield 1, text("lint able to")
    if type(marks.get("minutes")) is not int or marks["minutes"] not in MINUTES:
        yield 1, text("lint minutes", least=MINUTES[0], most=MINUTES[-1])
    earlier = sorted(other.number for other in course if other.number < number)
    for other in marks.get("builds_on", ["?"]):
        if other not in earlier:
            yield 1, text("lint builds on", number=other)
    if [cell.title for cell in cells[1:2]] != ["setup"]:
        yield cells[0].line, text("lint setup")
    begins = [(line, arguments) for _, line, arguments in _calls(lesson, "begin")]
    if [arguments for _, arguments in begins] != [[number]]:
        yield begins[0][0] if begins else 1, text("lint begin", number=number)
    boxes = [cell.marks["teacher"] for cell in cells if "teacher" in cell.marks]
    if boxes != [number] or "teacher" not in cells[-1].marks:
        yield cells[-1].line, text("lint teacher", number=number)


def _is_translation(lesson: Lesson) -> bool:
    return lesson.original not in (None, lesson.path)


def _lengths(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    for _, cell, _ in _code(lesson):
        count = lines_of_code(cell.source)
        if count > MOST_LINES:
            yield cell.line, text("lint long cell", count=count, most=MOST_LINES)
    for number, line in enumerate(lesson.path.read_text(encoding="utf-8").splitlines(), 1):
        if len(line) > WIDTH:
            yield number, text("lint long line", count=len(line), most=WIDTH)


def _assertions(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    for _, cell, tree in _code(lesson):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and node.msg is None:
                yield cell.line + node.lineno, text("lint silent assert")
    if not any(isinstance(node, ast.Assert) for _, _, tree in _code(lesson) for node in tree.body):
        yield 1, text("lint no assert")


def _predictions(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    asked = {a[0]: (place, line, a[-1]) for place, line, a in _calls(lesson, "predict") if a}
    answered = {a[0]: (place, line, a) for place, line, a in _calls(lesson, "reveal") if a}
    if list(asked) != [f"{lesson.number}.p{count + 1}" for count in range(len(asked))]:
        yield 1, text("lint predictions", keys=", ".join(map(str, asked)))
    if len(asked) not in PREDICTIONS:
        least, most = PREDICTIONS[0], PREDICTIONS[-1]
        yield 1, text("lint count of predictions", count=len(asked), least=least, most=most)
    for name, (place, line, options) in asked.items():
        if not isinstance(options, list) or not len(set(options)) == len(options) >= 2:
            yield line, text("lint options", name=name)
        elif name not in answered:
            yield line, text("lint not revealed", name=name)
        elif answered[name][0] <= place:
            yield answered[name][1], text("lint revealed at once", name=name)
        elif answered[name][2][1] not in list(LETTERS[: len(options)]):
            yield answered[name][1], text("lint letter", name=name, letter=answered[name][2][1])
    for name in answered.keys() - asked.keys():
        yield answered[name][1], text("lint not asked", name=name)


def _exercises(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    cells = [(cell, following) for cell, following in pairwise(lesson.cells) if _is(cell)]
    numbers = [cell.marks["exercise"] for cell, _ in cells]
    if numbers != [f"{lesson.number}.{count + 1}" for count in range(len(numbers))]:
        yield 1, text("lint numbers", numbers=", ".join(numbers))
        return
    for cell, following in cells:
        exercise = lesson.exercises[cell.marks["exercise"]]
        if not exercise.title:
            yield cell.line, text("lint no title", number=exercise.number)
        if exercise.difficulty not in range(1, 6):
            yield cell.line, text("lint difficulty", given=exercise.difficulty)
        if exercise.minutes not in range(1, 31):
            yield cell.line, text("lint exercise minutes", given=exercise.minutes)
        if following.marks.get("hints") != exercise.number:
            yield cell.line, text("lint no hints", number=exercise.number)
        elif len(exercise.hints) != HINTS or not all(exercise.hints):
            count = sum(map(bool, exercise.hints))
            yield following.line, text("lint hints", number=exercise.number, count=count)
        yield from _not_written(cell, exercise)


def _is(cell: Cell) -> bool:
    return "exercise" in cell.marks


def _not_written(cell: Cell, exercise: Exercise) -> Found:
    """Whether what students get is taken for something that is not written yet."""
    found = precheck(stub(exercise).encode(), exercise, Check(lambda rng: [], ()))
    status = found.status if isinstance(found, Finding) else "ok"
    if status != ("ok" if exercise.passes_untouched else "not-attempted"):
        yield cell.line, text("lint stub", number=exercise.number, status=status)


def _earlier_only(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    earlier = {
        number for other in course if other.number < lesson.number for number in other.exercises
    }
    for _, line, arguments in _calls(lesson, "given"):
        if not arguments or arguments[0] not in earlier:
            yield line, text("lint given", given=arguments)
    for cell in lesson.cells:
        if _is(cell):
            for needed in cell.marks.get("needs", []):
                if needed not in earlier:
                    yield cell.line, text("lint needs", given=needed)
            earlier.add(cell.marks["exercise"])


def _reaching(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    for _, cell, tree in _code(lesson):
        for node in ast.walk(tree):
            for module in _imported(node):
                if module.split(".")[0] not in MODULES:
                    yield cell.line + _line(node), text("lint imports", module=module)
            if isinstance(node, ast.Call) and _reaches(node):
                yield cell.line + node.lineno, text("lint reaches", call=ast.unparse(node.func))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or "."] if isinstance(node, ast.ImportFrom) else []


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)


def _reaches(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    if name.endswith("data.load") and [_constant(value) for value in call.args[:1]] in DRAWN:
        return False
    return name.split(".")[-1] in REACHING


def _announced(lesson: Lesson, course: Sequence[Lesson]) -> Found:
    """Whether an exercise takes about as many lines as it says; there may be reasons."""
    for cell in lesson.cells:
        if not _is(cell):
            continue
        said, number = cell.marks["lines"], cell.marks["exercise"]
        if said not in TO_WRITE and lesson.number not in SHORTER:
            least, most = TO_WRITE[0], TO_WRITE[-1]
            yield cell.line, text("lint to write", number=number, said=said, least=least, most=most)
        lines = _solution_lines(cell.source)
        if lines and abs(lines - said) > OFF:
            yield cell.line, text("lint announced", number=number, said=said, count=lines)


def _solution_lines(source: str) -> int:
    """Lines of code between the marks."""
    count, inside = 0, False
    for line in map(str.strip, source.splitlines()):
        if line in (BEGIN, END):
            inside = line == BEGIN
        elif inside and line and not line.startswith("#"):
            count += 1
    return count


LESSON_RULES = (
    _begin_and_end, _lengths, _assertions, _predictions, _exercises, _earlier_only, _reaching,
)  # fmt: skip


# ---- the checks of a lesson ----------------------------------------------------------------------


def of_its_checks(lesson: Lesson) -> Iterator[Fault]:
    """What is wrong with the checks of a lesson's exercises; they are tried.

    Parameters
    ----------
    lesson : Lesson

    Yields
    ------
    Fault
    """
    path = (lesson.original or lesson.path).parent / "checks" / lesson.path.name
    try:
        checks, exercises = lesson.checks, lesson.exercises
    except Exception as error:
        yield Fault(path, 1, text("lint unreadable", reason=_told(error)))
        return
    lines = _lines_of(path, exercises)
    for number in checks.keys() - exercises.keys():
        yield Fault(path, 1, text("lint no exercise", number=number))
    for number, exercise in exercises.items():
        if number not in checks:
            yield Fault(path, 1, text("lint no check", number=number))
            continue
        try:
            for words in _of_a_check(exercise, checks[number]):
                yield Fault(path, lines[number], words)
        except Exception as error:
            yield Fault(path, lines[number], text("lint fails", number=number, reason=_told(error)))
        count = len(checks[number].mistakes)
        if count < MISTAKES and not exercise.passes_untouched:
            words = text("lint mistakes", number=number, count=count, least=MISTAKES)
            yield Fault(path, lines[number], words, warning=True)


def _lines_of(path: Path, exercises: dict[str, Exercise]) -> dict[str, int]:
    """Where in the file each exercise's check stands."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {
        number: next((place for place, line in enumerate(lines, 1) if f'"{number}": ' in line), 1)
        for number in exercises
    }


def _of_a_check(exercise: Exercise, check: Check) -> Iterator[str]:
    number = exercise.number
    if not check.outputs or not check.drawn(0):
        yield text("lint no cases", number=number)
        return
    for seed in SEEDS:
        verdict = judged_here(reference(number), exercise, check, seed)
        if not verdict.passed:
            yield text("lint solution", number=number, seed=seed, diagnosis=verdict.key)
    for mistake in check.mistakes:
        if judged_here(mistake.function, exercise, check).passed:
            yield text("lint mistake passes", number=number, name=mistake.key)


# ---- the course ----------------------------------------------------------------------------------


def of_the_course(folder: Path) -> Iterator[Fault]:
    """What is wrong with the files as a whole.

    Parameters
    ----------
    folder : Path
        Of the lessons.

    Yields
    ------
    Fault
    """
    originals = sorted(folder.glob("[0-9][0-9]_*.py"))
    names = {path.name for path in originals}
    for one, other in pairwise(originals):
        if one.name[:2] == other.name[:2]:
            yield Fault(other, 1, text("lint same number", name=one.name))
    for path in sorted({*folder.glob("*.py"), *folder.glob("*/*.py")}):
        if path.name not in names:
            yield Fault(path, 1, text("lint no lesson"))
    for path in sorted(folder.glob("*-*/[0-9][0-9]_*.py")):
        if path.name in names and _shape(path) != _shape(folder / path.name):
            yield Fault(path, 1, text("lint other cells", name=path.name))


def _shape(path: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(cell.kind, cell.marks) for cell in Lesson(path).cells]


# ---- what stands in a lesson ---------------------------------------------------------------------


def _code(lesson: Lesson) -> Iterator[tuple[int, Cell, ast.Module]]:
    """The cells of code, with their places and what Python reads in them."""
    for place, cell in enumerate(lesson.cells):
        if cell.kind == "code":
            yield place, cell, ast.parse(cell.source)


def _calls(lesson: Lesson, name: str) -> Iterator[tuple[int, int, list[Any]]]:
    """The calls of a function: in which cell, on which line, with which arguments."""
    for place, cell, tree in _code(lesson):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield place, cell.line + node.lineno, [_constant(value) for value in node.args]


def _constant(node: ast.expr) -> Any:
    """The value of an expression; None if it varies."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def lines_of_code(source: str) -> int:
    """The lines of a program that hold code: neither blank, nor comment, nor docstring.

    Parameters
    ----------
    source : str

    Returns
    -------
    int
    """
    strings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            strings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - strings)


SILENT = (
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
)  # fmt: skip
