"""What a teacher hands out: no answers in it, and marks that nbgrader and Gradescope understand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

import tinygen
from tests.teach.small import FIRST
from tinygen.cli import main
from tinygen.teach import check_here, find_lesson, given
from tinygen.teach.teacher.release import graded_notebook

SOLUTIONS = ("return a + b", "total = add(total, a)")

ALLOWED = {
    "schema_version", "grade", "locked", "solution", "task", "grade_id", "points", "checksum",
    "cell_type",
}  # fmt: skip
"""The keys of nbgrader's schema 3; others are refused."""


@pytest.fixture
def released(small, tmp_path) -> Path:
    folder = tmp_path / "out"
    assert main(["teacher", "release", str(folder), "--seed", "77", "--gradescope"]) == 0
    return folder


def files_of(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def marked(notebook):
    """The cells with marks of nbgrader, by their names."""
    marked = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in marked}


def code_of(cell) -> str:
    return "".join(cell["source"])


def run(code: str, names=None, file="<cell>"):
    """Run cells as a notebook does: in one place, where functions find their names."""
    names = {} if names is None else names
    exec(compile(code, file, "exec"), names)
    return names


# ---- the files -----------------------------------------------------------------------------------


def test_every_file_is_where_it_is_looked_for(released):
    assert set(files_of(released)) == {
        "students/README.md", "students/conftest.py", "students/test_exercises.py",
        "students/lessons/01_sums.py", "students/lessons/02_products.py",
        "students/exercises/01_sums.py", "students/exercises/02_products.py",
        "release/01_sums/01_sums.ipynb", "release/02_products/02_products.ipynb",
        "source/01_sums/01_sums.ipynb", "source/02_products/02_products.ipynb",
        "gradescope/setup.sh", "gradescope/run_autograder",
    }  # fmt: skip


def test_students_get_neither_answers_nor_seed_nor_the_pages_for_teachers(released):
    for name, content in files_of(released).items():
        for_teachers = name.startswith(("source/", "gradescope/"))
        secrets = (*SOLUTIONS, "77", "HIDDEN", "**Discuss.**")
        found = [secret for secret in secrets if secret in content]
        assert for_teachers or found == [], name


def test_lessons_for_students_still_run(released, capsys):
    run((released / "students/lessons/02_products.py").read_text(encoding="utf-8"))

    assert "six is 6" in capsys.readouterr().out


def test_a_choice_of_lessons_and_no_autograder(small, tmp_path):
    assert main(["teacher", "release", str(tmp_path / "out"), "2"]) == 0

    names = files_of(tmp_path / "out")
    assert "release/02_products/02_products.ipynb" in names
    assert not any("01_sums" in name or "gradescope" in name for name in names)


def test_each_release_has_another_seed(small, tmp_path, capsys):
    for name in "ab":
        assert main(["teacher", "release", str(tmp_path / name), "1"]) == 0

    first, second = re.findall(r"The seed of the hidden cases is (\d+);", capsys.readouterr().out)
    assert first != second
    assert f"seed={first})" in files_of(tmp_path / "a")["source/01_sums/01_sums.ipynb"]


def test_what_is_there_is_replaced_only_by_force(released, capsys):
    mine = released / "students" / "exercises" / "01_sums.py"
    mine.write_text("mine", encoding="utf-8")
    again = ["teacher", "release", str(released)]

    assert main(again) == 2
    assert "README.md" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == "mine"
    assert main([*again, "--force"]) == 0
    assert "def add" in mine.read_text(encoding="utf-8")


def test_nothing_is_written_if_one_file_is_there(small, tmp_path):
    there = tmp_path / "out" / "source" / "02_products" / "02_products.ipynb"
    there.parent.mkdir(parents=True)
    there.write_text("mine", encoding="utf-8")

    assert main(["teacher", "release", str(tmp_path / "out")]) == 2
    assert len(files_of(tmp_path / "out")) == 1


# ---- notebooks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [None, 77])
@pytest.mark.parametrize("number", ["01", "02"])
def test_the_marks_are_those_of_nbgraders_schema_3(small, number, seed):
    notebook = graded_notebook(find_lesson(number), seed)

    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-zA-Z0-9-_]{1,64}", name) for name in ids)
    cells = marked(notebook)
    assert list(cells) == [f"exercise-{number}-1", f"check-{number}-1"]
    for name, cell in cells.items():
        marks = cell["metadata"]["nbgrader"]
        assert set(marks) <= ALLOWED
        assert marks["schema_version"] == 3
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", name)
        kinds = {key: marks[key] for key in ("grade", "locked", "solution", "task")}
        test = name.startswith("check")
        assert kinds == {"grade": test, "locked": test, "solution": not test, "task": False}
        assert marks.get("points") == (1 if test else None)


@pytest.mark.parametrize("seed", [None, 77])
def test_nbgrader_and_nbformat_find_the_notebooks_valid(small, seed):
    nbformat = pytest.importorskip("nbformat")
    nbgraderformat = pytest.importorskip("nbgrader.nbgraderformat")
    notebook = nbformat.reads(json.dumps(graded_notebook(find_lesson("01"), seed)), as_version=4)

    nbformat.validate(notebook)
    nbgraderformat.MetadataValidator().validate_nb(notebook)


def test_the_source_has_the_solution_where_nbgrader_cuts_and_hidden_tests(small):
    source = {name: code_of(cell) for name, cell in marked(notebook_of("01", 77)).items()}
    release = {name: code_of(cell) for name, cell in marked(notebook_of("01")).items()}

    before, cut = source["exercise-01-1"].split("    ### BEGIN SOLUTION\n")
    inside, after = cut.split("    ### END SOLUTION")
    assert (inside, after) == ("    return a + b\n", "")
    assert release["exercise-01-1"].startswith(before + "    raise NotImplementedError(")
    tests, hidden = source["check-01-1"].split("\n### BEGIN HIDDEN TESTS\n")
    assert hidden == 'check_here("01.1", add, seed=77)\n### END HIDDEN TESTS'
    assert release["check-01-1"] == tests


def notebook_of(number, seed=None):
    return graded_notebook(find_lesson(number), seed)


def test_an_exercise_that_is_handed_out_solved_has_a_plain_cell_and_a_test(small):
    solved = FIRST.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", "")
    solved = solved.replace("lines=1", "lines=1 passes_untouched=true")
    (small / "01_sums.py").write_text(solved, encoding="utf-8")

    for seed in (None, 77):
        assert list(marked(notebook_of("01", seed))) == ["check-01-1"]


def cells_for(number, name, answer):
    """The students' notebook with an answer, and what runs before its test."""
    notebook = notebook_of(number)
    cells = marked(notebook)
    names = run(f"import numpy as np\n{answer}")
    return names, code_of(cells[name])


@pytest.mark.parametrize("seed", ["", ", seed=77"])
def test_the_test_cell_passes_a_right_answer_and_is_silent_on_standard_error(small, capsys, seed):
    names, test = cells_for(
        "01", "check-01-1", "def add(a, b):\n    np.log(-1.0)\n    return a + b"
    )
    run(test.replace("add)", f"add{seed})"), names)

    printed = capsys.readouterr()
    assert printed.out.startswith("ok 01.1 add: ")
    assert printed.err == ""


def test_the_test_cell_fails_a_wrong_answer_with_the_diagnosis(small, capsys):
    names, test = cells_for("01", "check-01-1", "def add(a, b):\n    return 2 * (a + b)")

    with pytest.raises(AssertionError, match=r"^x 01.1 add: sum is wrong"):
        run(test, names)
    printed = capsys.readouterr()
    assert "worst element" in printed.out
    assert printed.err == ""


def cell(folder: Path, source: str):
    """Run a cell whose source is known, as it is in a notebook."""
    file = folder / "cell.py"
    file.write_text(source, encoding="utf-8")
    return run(source, file=str(file))


def test_a_stub_is_not_attempted(small, tmp_path):
    stub = code_of(marked(notebook_of("01"))["exercise-01-1"])

    with pytest.raises(AssertionError, match="not attempted"):
        check_here("01.1", cell(tmp_path, stub)["add"])
    with pytest.raises(AssertionError, match="the raise of the stub is still there"):
        check_here("01.1", run(stub)["add"])


def test_what_stands_around_an_answer_in_its_cell_does_not_count(small, tmp_path):
    around = "import sys\n\n{}\n\nsys.stdout.flush()\n"
    right = around.format("def add(a, b):\n    return a + b\n")
    check_here("01.1", cell(tmp_path, right)["add"])

    inside = around.format("def add(a, b):\n    import sys\n\n    return a + b\n")
    with pytest.raises(AssertionError, match="imports what it may not"):
        check_here("01.1", cell(tmp_path, inside)["add"])


def test_one_wrong_answer_never_blocks_the_next(small):
    wrong = "def add(a, b):\n    return a - b\n"
    names = run(
        f"{wrong}\ndef multiply(a, count):\n    total = a\n    for _ in range(count - 1):\n"
        "        total = add(total, a)\n    return total\n"
    )
    mine = names["add"]

    check_here("02.1", names["multiply"])

    assert names["add"] is mine
    del names["add"]
    check_here("02.1", names["multiply"])
    assert "add" not in names


def test_a_traceback_names_the_line_of_the_cell(small, capsys, tmp_path):
    names = cell(tmp_path, "def add(a, b):\n    return a + missing\n")

    with pytest.raises(AssertionError, match="it raised NameError"):
        check_here("01.1", names["add"])
    assert "return a + missing" in capsys.readouterr().out


def test_ctrl_c_stops_the_check(small):
    def add(a, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_here("01.1", add)


def test_what_is_no_function_is_said_to_be_none(small):
    with pytest.raises(AssertionError, match="it is no function"):
        check_here("01.1", 3)


def test_a_class_is_judged_as_a_function_is(small, monkeypatch):
    """A class whose call gives what the function would; its methods see what is needed."""
    names = run("class Multiply:\n    def __new__(cls, a, count):\n        return add(a, a)\n")
    assert isinstance(names["Multiply"].__new__, types.FunctionType)

    with pytest.raises(AssertionError, match="once, twice are wrong"):
        check_here("02.1", names["Multiply"])
    assert "add" not in names
    check_here("01.1", given("01.1"))


# ---- Gradescope ----------------------------------------------------------------------------------

bash = pytest.mark.skipif(
    shutil.which("bash") is None or sys.platform == "win32", reason="needs bash"
)


def autograde(released: Path, python: str = "") -> dict:
    """Run the autograder as Gradescope does, in a folder in place of /autograder."""
    root = released.parent / "autograder"
    if not root.exists():
        (root / "submission").mkdir(parents=True)
    (root / "bin").mkdir(exist_ok=True)
    python3 = root / "bin" / "python3"
    here = Path(tinygen.__file__).parents[1]
    script = f'#!/bin/sh\nPYTHONPATH="{here}" exec "{sys.executable}" "$@"\n'
    python3.write_text(python or script, encoding="utf-8")
    python3.chmod(0o755)
    path = os.pathsep.join([str(python3.parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(released / "gradescope" / "run_autograder")],
        env={**os.environ, "AUTOGRADER": str(root), "PATH": path}, check=False, timeout=120,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))


def hand_in(released: Path, name: str, source: str) -> None:
    folder = released.parent / "autograder" / "submission"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(source, encoding="utf-8")


@bash
def test_the_autograder_writes_results(released):
    hand_in(released, "01_sums.py", "def add(a, b):\n    return a + b\n")
    hand_in(released, "02_products.py", "def multiply(a, count):\n    return a\n")

    results = autograde(released)

    scores = {test["number"]: test["score"] for test in results["tests"]}
    assert scores == {"01.1": 1, "02.1": 0}


@bash
def test_a_submission_without_a_fitting_file_is_told_so(released):
    hand_in(released, "essay.txt", "Addition, I find, is beautiful.")

    results = autograde(released)

    assert [test["score"] for test in results["tests"]] == [0, 0]
    assert "There is no file for lesson 01." in results["tests"][0]["output"]


@bash
def test_there_are_results_if_the_grader_dies(released):
    results = autograde(released, python="#!/bin/sh\nexit 1\n")

    assert results["score"] == 0
    assert "could not be graded" in results["output"]
