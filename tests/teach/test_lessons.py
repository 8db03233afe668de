"""Each lesson keeps the shape of a lesson, and runs as a script: it asserts its own outcomes."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.reading import lines_of_code
from tests.teach.run_lessons import run_script, run_stepped
from tinygen.teach.cells import Cell
from tinygen.teach.classroom import LETTERS
from tinygen.teach.course import Lesson, lessons_folder

ENGLISH = {path.stem: Lesson(path, path) for path in lessons_folder().glob("[0-9][0-9]_*.py")}
TRANSLATED = {
    f"{path.parent.name}-{path.stem}": Lesson(path, lessons_folder() / path.name)
    for path in lessons_folder().glob("*-*/[0-9][0-9]_*.py")
}
LESSONS = dict(sorted(ENGLISH.items())) | TRANSLATED
NUMBERS = {lesson.number for lesson in LESSONS.values()}
SHORTEST = "00"

MOST_LINES = 30
"""Of code in a cell."""

FEWEST_PICTURES = {"00": 1}
"""Where there may be fewer than three."""

MODULES = {
    "collections", "copy", "functools", "inspect", "itertools", "math", "matplotlib", "numpy",
    "tinygen",
}  # fmt: skip
"""What a lesson may import: nothing with which it could reach for files or a network."""

each_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)


def code_of(lesson: Lesson) -> Iterator[tuple[int, Cell, ast.Module]]:
    """The cells of code, with their places and what Python reads in them."""
    for place, cell in enumerate(lesson.cells):
        if cell.kind == "code":
            yield place, cell, ast.parse(cell.source)


def calls(lesson: Lesson, name: str) -> Iterator[tuple[int, list[object]]]:
    """The calls of a function: in which cell, and with which arguments (None: one that varies)."""
    for place, _, tree in code_of(lesson):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield place, [constant(argument) for argument in node.args]


def constant(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def test_there_are_lessons():
    assert ENGLISH
    assert len(NUMBERS) == len(ENGLISH), "two lessons have one number"


@pytest.mark.parametrize("lesson", TRANSLATED.values(), ids=TRANSLATED)
def test_a_translation_has_the_same_cells(lesson):
    original = ENGLISH[lesson.path.stem]

    assert [(cell.kind, cell.marks) for cell in lesson.cells] == [
        (cell.kind, cell.marks) for cell in original.cells
    ]


# ---- its shape -----------------------------------------------------------------------------------


@each_lesson
def test_it_begins_and_ends_as_lessons_do(lesson):
    first, second, *_, last = lesson.cells
    number = lesson.number

    assert first.marks["lesson"] == number
    assert first.source.startswith(f"# {number} · ")
    assert lesson.path != lesson.original or "You will be able to" in first.source
    assert type(first.marks["minutes"]) is int
    assert set(first.marks["builds_on"]) <= {other for other in NUMBERS if other < number}
    assert second.title == "setup"
    assert last.marks.get("teacher") == number
    assert [call for _, call in calls(lesson, "begin")] == [[number]]


@each_lesson
def test_its_cells_are_short(lesson):
    long = {
        cell.line: count
        for _, cell, _ in code_of(lesson)
        if (count := lines_of_code(cell.source)) > MOST_LINES
    }
    assert not long, f"lines of code, by the line of the file: {long}"


@each_lesson
def test_its_assertions_say_what_is_wrong(lesson):
    silent = [
        cell.line + node.lineno
        for _, cell, tree in code_of(lesson)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and node.msg is None
    ]
    assert not silent, f"assertions without a message near the lines {silent}"
    assert any(isinstance(node, ast.Assert) for _, _, tree in code_of(lesson) for node in tree.body)


@each_lesson
def test_each_prediction_is_answered_in_a_later_cell(lesson):
    asked = {key: (place, options) for place, (key, _, options) in calls(lesson, "predict")}
    answered = {key: (place, letter) for place, (key, letter, _) in calls(lesson, "reveal")}

    assert list(asked) == [f"{lesson.number}.p{count + 1}" for count in range(len(asked))]
    assert 1 <= len(asked) <= 5
    assert set(answered) == set(asked)
    for key, (place, options) in asked.items():
        later, letter = answered[key]
        assert later > place, f"{key} is answered in the cell that asks"
        assert letter in LETTERS[: len(options)], f"{key} has no option {letter!r}"
        assert len(set(options)) == len(options) >= 2


@each_lesson
def test_its_exercises_are_introduced_and_followed_by_three_hints(lesson):
    numbers = list(lesson.exercises)
    places = [place for place, cell in enumerate(lesson.cells) if "exercise" in cell.marks]

    assert numbers == [f"{lesson.number}.{count + 1}" for count in range(len(numbers))]
    for place, exercise in zip(places, lesson.exercises.values(), strict=True):
        assert lesson.cells[place + 1].marks.get("hints") == exercise.number
        assert len(exercise.hints) == 3
        assert all(exercise.hints)
        assert 1 <= exercise.difficulty <= 5
        assert exercise.title


@each_lesson
def test_it_uses_exercises_of_earlier_lessons_only(lesson):
    earlier = {
        number
        for other in ENGLISH.values()
        if other.number < lesson.number
        for number in other.exercises
    }
    given = {name for _, (name,) in calls(lesson, "given")}
    needed = {number for exercise in lesson.exercises.values() for number in exercise.needs}

    assert given <= earlier
    assert needed <= earlier | set(lesson.exercises)


@each_lesson
def test_it_imports_nothing_that_could_reach_for_files_or_a_network(lesson):
    for _, _, tree in code_of(lesson):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= MODULES
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in MODULES
            elif isinstance(node, ast.Call):
                assert getattr(node.func, "id", "") not in ("open", "exec", "eval", "__import__")


# ---- running it ----------------------------------------------------------------------------------


@each_lesson
def test_it_runs_as_a_script(lesson, tmp_path):
    run = run_script(lesson, tmp_path)

    assert (run.code, run.stderr) == (0, "")
    assert run.left == []
    assert len(run.pictures) >= FEWEST_PICTURES.get(lesson.number, 3)
    assert len(run.pictures) == run.stdout.count(str(tmp_path / "pictures")), "two share a name"
    for name, picture in run.pictures.items():
        with Image.open(io.BytesIO(picture)) as opened:
            shades = np.asarray(opened.convert("L"), dtype=np.float64)
        assert shades.std() > 5, f"{name} is blank"


@pytest.mark.parametrize("lesson", [one for one in ENGLISH.values() if one.number == SHORTEST])
def test_stepped_it_draws_the_same(lesson, tmp_path):
    stepped = run_stepped(lesson, tmp_path / "stepped")

    assert (stepped.code, stepped.stderr) == (0, "")
    assert stepped.pictures == run_script(lesson, tmp_path / "script").pictures
