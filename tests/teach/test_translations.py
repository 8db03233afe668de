"""A translated lesson is the same lesson in other words, and is found in its language."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tinygen.teach import find_lesson, lessons, lessons_folder
from tinygen.teach.course import Lesson

CHINESE = sorted((lessons_folder() / "zh-CN").glob("*.py"))


@pytest.fixture(params=CHINESE, ids=lambda path: path.stem)
def pair(request):
    original = lessons_folder() / request.param.name
    return Lesson(original), Lesson(request.param, original)


@pytest.fixture
def in_chinese(monkeypatch):
    monkeypatch.setenv("TINYGEN_LANG", "zh-CN")


class WithoutStrings(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node):
        return ast.Constant("")


def code_of(lesson: Lesson) -> list[str]:
    """The cells of code; their strings, docstrings among them, are empty."""
    sources = [cell.source for cell in lesson.cells if cell.kind == "code"]
    return [ast.unparse(WithoutStrings().visit(ast.parse(source))) for source in sources]


def calls(lesson: Lesson, name: str):
    return [
        node.args
        for cell in lesson.cells
        if cell.kind == "code"
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name
    ]


def test_lesson_00_is_there_in_chinese():
    assert [path.stem for path in CHINESE][:1] == ["00_start"]


def test_the_cells_are_the_same(pair):
    english, translated = pair

    assert [(cell.kind, cell.marks) for cell in english.cells] == [
        (cell.kind, cell.marks) for cell in translated.cells
    ]


def test_no_words_are_left_in_english(pair):
    _, translated = pair
    words = [cell.source for cell in translated.cells if cell.kind == "markdown"]
    assert [text for text in words if text.isascii()] == []


def test_the_code_is_the_same_but_for_its_strings(pair):
    english, translated = pair

    assert code_of(english) == code_of(translated)


def test_each_exercise_has_as_many_hints(pair):
    hints = [{number: len(exercise.hints) for number, exercise in lesson.exercises.items()}
             for lesson in pair]  # fmt: skip

    assert hints[0] == hints[1]


def test_the_questions_have_as_many_options_and_the_same_answers(pair):
    english, translated = pair
    asked, asked_again = calls(english, "predict"), calls(translated, "predict")

    assert english.answers == translated.answers
    assert [len(options.elts) for _, _, options in asked] == [
        len(options.elts) for _, _, options in asked_again
    ]


def test_the_pictures_have_the_same_names(pair):
    names = [[args[1].value for args in calls(lesson, "picture")] for lesson in pair]

    assert names[0] == names[1]


def test_the_checks_are_those_of_the_english_lesson(pair):
    english, translated = pair

    assert list(translated.checks) == list(english.checks) != []


def test_a_translated_lesson_is_found_in_its_language(in_chinese):
    assert find_lesson("00").path.parent.name == "zh-CN"
    assert find_lesson("00").title == "开始"


def test_the_other_lessons_are_there_too(in_chinese):
    folders = {lesson.number: lesson.path.parent.name for lesson in lessons()}

    assert folders["00"] == "zh-CN"
    assert folders["01"] != "zh-CN"


def test_english_is_the_default(monkeypatch):
    monkeypatch.delenv("TINYGEN_LANG", raising=False)

    assert find_lesson("00").title == "Start"


def test_a_translated_lesson_runs(pair, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGEN_LANG", "zh-CN")
    monkeypatch.setenv("TINYGEN_LESSONS_OUT", str(tmp_path))
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    _, translated = pair

    run = subprocess.run(
        [sys.executable, "-W", "error", str(translated.path)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip

    assert (run.returncode, run.stderr) == (0, "")
    assert len(list(tmp_path.rglob("*.png"))) == len(calls(translated, "picture"))
