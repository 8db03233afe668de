"""The student's folder and files."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tinygen.teach import find_lesson, lessons
from tinygen.teach.cells import LessonError, read_cells
from tinygen.teach.course import find_exercise
from tinygen.teach.laying import lay, lesson_to_read
from tinygen.teach.student import (
    course_folder,
    digest,
    file_of,
    near,
    put_back,
    signature,
    stub,
    stub_file,
)

MINE = '''\
"""My notes."""
import numpy as np

# before


def helper(x):
    return x


@np.vectorize
def other(a):
    return helper(a)


def add(a, b):
    """Mine."""
    text = """
not indented
"""
    return a + b  # done


print(add(1, 2))  # after
'''


# ---- places --------------------------------------------------------------------------------------


def test_the_folder_is_the_current_one_or_one_above(student, monkeypatch):
    deeper = student / "exercises" / "notes"
    deeper.mkdir()

    assert course_folder() == student
    monkeypatch.chdir(deeper)
    assert course_folder() == student


def test_the_folder_can_be_named(student, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert course_folder(student) == student
    monkeypatch.setenv("TINYGEN_COURSE", str(student))
    assert course_folder() == student


def test_a_folder_without_exercises_says_how_to_get_them(student, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LessonError, match="tinygen start"):
        course_folder()
    with pytest.raises(LessonError, match="tinygen start"):
        course_folder(tmp_path)


def test_an_exercise_is_in_the_file_of_its_lesson(student):
    assert file_of(find_exercise("02.1"), student) == student / "exercises" / "02_products.py"


def test_paths_are_told_from_where_the_student_is(student, tmp_path):
    assert str(near(student / "exercises")) == "exercises"
    assert near(tmp_path) == tmp_path


# ---- stubs ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_a_stub_raises_and_says_what_to_do():
    names: dict = {}
    exec(stub(find_exercise("01.1")), names)

    with pytest.raises(NotImplementedError) as error:
        names["add"](1, 2)
    assert str(error.value) == "01.1: fill in add, about 1 line. Hint: tinygen hint 01.1"
    assert names["add"].__doc__ == "The sum of two arrays."


@pytest.mark.usefixtures("small")
def test_a_file_of_stubs_introduces_each_exercise():
    source = stub_file(find_lesson("02"))

    assert ast.get_docstring(ast.parse(source)).startswith("Exercises of lesson 02: Products")
    assert "# 02.1 · Multiply\n# difficulty 1 of 5, about 2 minutes, about 3 lines\n" in source
    assert "# uses add (01.1)" in source
    assert "SOLUTION" not in source
    exec(compile(source, "exercises", "exec"), {})


def test_every_lesson_of_the_course_has_stubs_that_give_nothing_away():
    for lesson in lessons():
        source = stub_file(lesson)
        for exercise in lesson.exercises.values():
            assert f"# {exercise.number} · " in source
            assert exercise.passes_untouched or f'NotImplementedError("{exercise.number}' in source
        assert "SOLUTION" not in source
        compile(source, lesson.path.name, "exec")


@pytest.mark.usefixtures("small")
def test_the_names_of_the_arguments_are_known():
    assert signature(find_exercise("02.1")) == ["a", "count"]


# ---- the folder ----------------------------------------------------------------------------------


def test_the_folder_has_lessons_exercises_and_words(student):
    names = {str(path.relative_to(student)) for path in student.rglob("*") if path.is_file()}

    assert names == {
        "README.md", "conftest.py", "test_exercises.py", "lessons/01_sums.py",
        "lessons/02_products.py", "exercises/01_sums.py", "exercises/02_products.py",
    }  # fmt: skip


def test_laying_again_changes_nothing_and_brings_back_what_is_missing(student):
    mine, missing = student / "exercises" / "01_sums.py", student / "exercises" / "02_products.py"
    mine.write_text("mine", encoding="utf-8")
    missing.unlink()

    laid, kept = lay(student)

    assert laid == [missing]
    assert len(kept) == 6
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("small")
def test_a_lesson_to_read_gives_no_solution_away_and_shows_what_is_to_be_written():
    source = lesson_to_read(find_lesson("01"))
    cell = next(cell for cell in read_cells(source) if "exercise" in cell.marks)

    assert "return a + b" not in source
    assert "# def add(a, b):" in cell.source
    assert cell.source.endswith('add = given("01.1")')
    assert len(read_cells(source)) == len(find_lesson("01").cells)


@pytest.mark.usefixtures("small")
def test_a_lesson_to_read_runs(student):
    done = subprocess.run(
        [sys.executable, "lessons/01_sums.py"], cwd=student, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "ran sum picture" in done.stdout


def test_every_lesson_of_the_course_can_be_read_without_its_solutions():
    for lesson in lessons():
        source = lesson_to_read(lesson)
        compile(source, lesson.path.name, "exec")
        assert "SOLUTION" not in source
        assert source.count(" = given(") >= len(lesson.exercises)


# ---- what is written in a file -------------------------------------------------------------------


def digest_of(tmp_path, source: str) -> str:
    path = tmp_path / "file.py"
    path.write_text(source, encoding="utf-8")
    return digest(path, "other")


def test_a_digest_changes_with_the_function_and_what_it_uses(tmp_path):
    before = digest_of(tmp_path, MINE)

    assert before
    assert digest_of(tmp_path, MINE.replace("helper(a)", "helper(a + 1)")) != before
    assert digest_of(tmp_path, MINE.replace("return x", "return 2 * x")) != before
    assert digest_of(tmp_path, MINE.replace("@np.vectorize\n", "")) != before


def test_a_digest_does_not_change_with_the_rest_of_the_file(tmp_path):
    before = digest_of(tmp_path, MINE)

    assert digest_of(tmp_path, "# a line\n" + MINE) == before
    assert digest_of(tmp_path, MINE.replace("return a + b", "return b + a")) == before
    assert digest_of(tmp_path, MINE.replace("\n", "\r\n")) == before


def test_a_function_that_is_not_there_has_no_digest(tmp_path):
    assert digest_of(tmp_path, "x = 1\n") == ""


# ---- putting a stub back -------------------------------------------------------------------------


def put_back_into(student, source: str, newline: str = "\n") -> str:
    """The file after the stub was put back; nothing but the function may have changed."""
    path = student / "exercises" / "01_sums.py"
    path.write_bytes(source.encode())
    backup = put_back(find_exercise("01.1"), path)
    assert backup.read_bytes() == source.encode()
    return path.read_bytes().decode()


STUB = (
    'def add(a, b):\n    """The sum of two arrays."""\n'
    '    raise NotImplementedError("01.1: fill in add, about 1 line. Hint: tinygen hint 01.1")\n'
)


def test_only_the_function_becomes_the_stub_again(student):
    before, after = MINE[: MINE.index("def add")], MINE[MINE.index("\n\nprint(add") :]

    assert put_back_into(student, MINE) == before + STUB + after


def test_the_ends_of_lines_stay_as_they_are(student):
    windows = MINE.replace("\n", "\r\n")

    assert put_back_into(student, windows) == put_back_into(student, MINE).replace("\n", "\r\n")


def test_a_file_that_is_no_python_can_be_put_right(student):
    broken = "import numpy as np\n\n\ndef add(a, b):\n    return (a +\n\n\ndef mine():\n    pass\n"

    assert put_back_into(student, broken) == (
        f"import numpy as np\n\n\n{STUB}\n\ndef mine():\n    pass\n"
    )


def test_of_two_definitions_the_one_that_counts_is_put_back(student):
    twice = "def add(a):\n    return a\n\n\ndef add(a, b):\n    return 1\n"

    assert put_back_into(student, twice) == "def add(a):\n    return a\n\n\n" + STUB


def test_a_function_that_is_gone_comes_back_at_the_end(student):
    after = put_back_into(student, "x = 1\n")

    assert after.startswith("x = 1\n")
    assert after.endswith(STUB)
    ast.parse(after)


def test_a_file_that_is_gone_comes_back_whole(student):
    path = student / "exercises" / "01_sums.py"
    path.unlink()

    assert put_back(find_exercise("01.1"), path) is None
    assert path.read_text(encoding="utf-8") == stub_file(find_lesson("01"))


def test_each_backup_has_its_own_name(student):
    path = student / "exercises" / "01_sums.py"

    names = [put_back(find_exercise("01.1"), path).name for _ in range(2)]

    assert names == ["01_sums.py.bak1", "01_sums.py.bak2"]
