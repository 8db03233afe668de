"""Each lesson keeps the shape of a lesson; as a script it asserts its own outcomes."""

from __future__ import annotations

import pytest

from tests.teach.run_lessons import run_script, run_stepped, script_faults
from tinygen.teach.course import Lesson, lessons_folder
from tinygen.teach.teacher.lints import of_a_lesson, of_the_course

ENGLISH = {path.stem: Lesson(path, path) for path in lessons_folder().glob("[0-9][0-9]_*.py")}
TRANSLATED = {
    f"{path.parent.name}-{path.stem}": Lesson(path, lessons_folder() / path.name)
    for path in lessons_folder().glob("*-*/[0-9][0-9]_*.py")
}
LESSONS = dict(sorted(ENGLISH.items())) | TRANSLATED
NUMBERS = {lesson.number for lesson in LESSONS.values()}
SHORTEST = "00"

LONG = {"04", "05", "07", "08", "10", "12"}
"""They train for some seconds each: ``python -m tests.teach.run_lessons`` runs them, in CI too."""

each_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)


def test_there_are_lessons():
    assert ENGLISH
    assert len(NUMBERS) == len(ENGLISH), "two lessons have one number"


def test_the_files_belong_together():
    assert list(of_the_course(lessons_folder())) == []


@each_lesson
def test_it_keeps_the_rules_that_lessons_have(lesson):
    faults = of_a_lesson(lesson, list(ENGLISH.values()))

    assert [f"line {fault.line}: {fault.words}" for fault in faults if not fault.warning] == []


# ---- running it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(one, id=name) for name, one in LESSONS.items() if one.number not in LONG],
)
def test_it_runs_as_a_script(lesson, tmp_path):
    assert list(script_faults(lesson, run_script(lesson, tmp_path), tmp_path)) == []


@pytest.mark.parametrize("lesson", [one for one in ENGLISH.values() if one.number == SHORTEST])
def test_stepped_it_draws_the_same(lesson, tmp_path):
    stepped = run_stepped(lesson, tmp_path / "stepped")

    assert (stepped.code, stepped.stderr) == (0, "")
    assert stepped.pictures == run_script(lesson, tmp_path / "script").pictures
