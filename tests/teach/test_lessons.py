"""Each lesson keeps the shape of a lesson, and runs as a script: it asserts its own outcomes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.teach.run_lessons import run_script, run_stepped
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

FEWEST_PICTURES = {"00": 1}
"""Where there may be fewer than three."""

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
