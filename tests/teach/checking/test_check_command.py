"""``tinygen start``, ``check``, ``hint``, ``solution`` and ``reset``, as a student types them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.teach.pseudo_terminal import Session
from tinygen.cli import main
from tinygen.cli.course import check as check_command
from tinygen.teach.progress import FILE, Progress

pytestmark = pytest.mark.usefixtures("student")


def write(body: str, name: str = "add", file: str = "01_sums.py") -> Path:
    """Write an answer into the student's file."""
    path = Path("exercises", file)
    arguments = {"add": "a, b", "multiply": "a, count"}[name]
    path.write_text(
        f"import numpy as np\n\n\ndef {name}({arguments}):\n    {body}\n", encoding="utf-8"
    )
    return path


@pytest.fixture
def _no_pictures(monkeypatch):
    """Nothing is drawn: it takes longer than all else."""
    monkeypatch.setattr("tinygen.teach.checking.from_file.save_picture", lambda *_: None)


@pytest.fixture
def told(capsys, _no_pictures):
    """Runs a command: its exit code and what it printed."""

    def run(*words: str) -> tuple[int, str]:
        code = main(words)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out + captured.err

    return run


# ---- exit codes ----------------------------------------------------------------------------------


def test_what_is_right_passes_and_the_next_exercise_is_named(told):
    write("return a + b")

    code, said = told("check", "01.1")

    assert code == 0
    assert said.startswith("ok 01.1 add: all 3 public checks passed")
    assert "next:    tinygen step 02" in said


def test_what_is_wrong_is_named_with_its_pattern(told):
    write("return -(a + b)")

    code, said = told("check", "01.1")

    assert code == 1
    assert said.startswith("x 01.1 add: sum is wrong")
    assert "wrong sign" in said
    assert "next:    tinygen hint 01.1        (hint 1 of 3)" in said


@pytest.mark.parametrize(("body", "code"), [("return a - b", 1), ("return a + b", 0)])
def test_a_picture_is_drawn_of_what_is_wrong_and_of_what_is_right(capsys, body, code):
    write(body)

    assert main(["check", "01.1"]) == code

    assert str(Path("out/01.1_sum.png")) in capsys.readouterr().out
    assert Path("out/01.1_sum.png").stat().st_size > 10_000


def test_a_stub_is_not_attempted(told):
    code, said = told("check", "01.1")

    assert code == 3
    assert said.startswith("- 01.1 add: not attempted yet")
    assert f"write add in {Path('exercises/01_sums.py')}" in said


def test_a_file_that_is_not_there_is_not_attempted_and_can_be_laid(told):
    Path("exercises/01_sums.py").unlink()

    code, said = told("check", "01.1")

    assert code == 3
    assert "tinygen start ." in said


@pytest.mark.parametrize("words", [["03.1"], ["01.9"], ["nothing"], ["01", "--manual"]])
def test_what_is_not_there_is_wrong_usage(told, words):
    code, said = told("check", *words)

    assert code == 2
    assert said.startswith("tinygen check:")


def test_outside_of_a_course_is_wrong_usage(told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    code, said = told("check")

    assert code == 2
    assert "tinygen start" in said


def test_an_endless_loop_is_wrong(told, small):
    checks = small / "checks" / "01_sums.py"
    checks.write_text(checks.read_text(encoding="utf-8").replace("seconds=10.0", "seconds=0.5"))
    write("while True: pass")

    code, said = told("check", "01.1")

    assert code == 1
    assert "it took too long" in said


def test_a_failure_of_ours_is_told_as_ours(told, small):
    checks = small / "checks" / "01_sums.py"
    source = checks.read_text(encoding="utf-8")
    checks.write_text(source.replace("def cases(rng):", "def cases(rng):\n    1 / 0"))
    write("return a + b")

    code, said = told("check", "all")

    assert code == 4
    assert "our fault and not yours" in said
    assert "ZeroDivisionError" in said
    assert "- 02.1 multiply: not attempted yet" in said


def test_an_exception_of_the_students_is_told_with_their_line_at_the_end(told):
    write("return a[17]")

    code, said = told("check", "01.1")

    assert code == 1
    assert said.rstrip().endswith("IndexError: index 17 is out of bounds for axis 0 with size 2")
    assert "line 5, in add:" in said
    assert "child.py" not in said


# ---- which ---------------------------------------------------------------------------------------


def test_by_default_the_next_one_that_is_not_done_is_checked(told):
    write("return a + b")
    assert told("check")[1].startswith("ok 01.1")
    assert told("check")[1].startswith("- 02.1")

    write("return a * count", "multiply", "02_products.py")
    assert told("check")[0] == 0
    code, said = told("check")
    assert code == 0
    assert "All exercises are done" in said


def test_a_done_exercise_that_was_changed_is_the_next_one_again(told):
    write("return a + b")
    told("check")
    write("return a - b")

    assert told("check")[1].startswith("x 01.1")


def test_of_several_each_has_a_line_and_the_first_wrong_one_is_told_in_full(told):
    write("return a - b")
    write("return a / count", "multiply", "02_products.py")

    code, said = told("check", "all")

    assert code == 1
    lines = said.splitlines()
    assert lines[0].startswith("x 01.1")
    assert lines[1].startswith("x 02.1")
    assert lines[2] == "0 of 2 passed"
    assert said.count("worst element") == 1
    assert said.index("worst element sum") > said.index("0 of 2")


def test_of_several_a_wrong_one_comes_before_one_that_is_not_attempted(told):
    write("return a / count", "multiply", "02_products.py")

    code, said = told("check", "all")

    assert code == 1
    assert "worst element once" in said


def test_a_pass_shows_nothing_of_the_next_exercise(told):
    write("return a + b")
    write("return a / count", "multiply", "02_products.py")

    said = told("check")[1]

    assert "multiply" not in said


def test_the_reference_stands_in_for_what_an_exercise_needs(told):
    write("return a - b")
    loop = "for _ in range(count - 1):\n        total = add(total, a)"
    write(f"total = a\n    {loop}\n    return total", "multiply", "02_products.py")

    assert told("check", "02.1")[0] == 0


def test_another_folder_can_be_named(told, student, tmp_path, monkeypatch):
    write("return a + b")
    monkeypatch.chdir(tmp_path)

    assert told("check", "01", "--folder", str(student))[0] == 0
    monkeypatch.setenv("TINYGEN_COURSE", str(student))
    assert told("check", "01")[0] == 0


# ---- what is kept --------------------------------------------------------------------------------


def test_a_pass_is_kept_and_a_failure_takes_it_back(told, student):
    write("return a + b")
    told("check", "01.1")
    assert Progress.load(student).done("01.1")
    assert Progress.load(student).current == "01.1"

    write("return a - b")
    told("check", "01.1")
    assert Progress.load(student).passed == {}


@pytest.mark.filterwarnings("default")
def test_progress_that_cannot_be_read_is_told_and_no_obstacle(told, student):
    (student / FILE).write_text("{", encoding="utf-8")
    write("return a + b")

    code, said = told("check", "01.1")

    assert code == 0
    assert "Note:" in said
    assert "unreadable-1" in said


def test_json_has_all_verdicts_and_the_exit_code(told):
    write("return -(a + b)")

    code, _ = told("check", "all", "--json", "report.json")

    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert (report["format"], report["exit code"]) == (1, code)
    assert [one["diagnosis"] for one in report["exercises"]] == ["sign", "not-attempted"]
    assert report["exercises"][0]["worst"]["case"] == "random numbers (4, 1, 2)" or (
        report["exercises"][0]["worst"]["case"] == "random numbers (2, 3)"
    )


# ---- watching ------------------------------------------------------------------------------------


def test_watching_needs_somebody_at_a_terminal(told):
    code, said = told("check", "01.1", "--watch")

    assert code == 2
    assert "terminal" in said


def test_watching_by_hand_checks_at_each_line_until_there_are_no_more(told, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    write("return a + b")

    code, said = told("check", "01.1", "--watch", "--manual")

    assert code == 0
    assert said.count("ok 01.1") == 3


def test_watching_checks_when_the_file_was_saved_and_ends_with_ctrl_c(told, monkeypatch):
    monkeypatch.setattr("tinygen.teach.showing.terminal.can_ask", lambda: True)
    path = write("return a - b")
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            write("return a + b")
            later = path.stat().st_mtime_ns + 1_000_000_000
            os.utime(path, ns=(later, later))
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(check_command, "time", SimpleNamespace(sleep=pause))

    code, said = told("check", "01.1", "--watch")

    assert code == 0
    assert said.index("x 01.1") < said.index("ok 01.1")
    assert said.count("01.1 add") == 2
    assert pauses == [0.5, 0.5, 0.5]


def test_a_file_that_an_editor_has_taken_away_for_a_moment_is_no_error(tmp_path):
    assert check_command._times([tmp_path / "gone.py"]) == [0]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_watching_at_a_terminal(student, small):
    write("return a - b")
    environment = {"TINYGEN_LESSONS": str(small)}

    with Session("check", "01.1", "--watch", folder=student, environment=environment) as session:
        session.until("watching")
        write("return a + b")
        session.until("all 3 public checks passed")
        session.until("watching")
        session.press(b"\x03")
        assert session.end() == 0


# ---- hint, solution, reset -----------------------------------------------------------------------


def test_hints_come_one_by_one_and_are_counted(told, student):
    first, second = told("hint", "01.1")[1], told("hint", "01.1")[1]
    third, again = told("hint", "01.1")[1], told("hint", "01.1")[1]

    assert "What does + do?" in first
    assert "elementwise" not in first
    assert "elementwise" in second
    assert "tinygen hint 01.1" in second
    assert "Return the sum." in third
    assert "tinygen solution 01.1 --reveal" in third
    assert again == third
    assert Progress.load(student).hints == {"01.1": 3}


def test_after_the_last_hint_a_failure_points_to_the_solution(told):
    for _ in range(3):
        told("hint", "01.1")
    write("return a - b")

    assert "tinygen solution 01.1 --reveal" in told("check", "01.1")[1]


def test_the_solution_is_shown_after_a_pass_or_when_it_is_asked_for(told):
    code, said = told("solution", "01.1")
    assert code == 1
    assert "return a + b" not in said
    assert "return a + b" in told("solution", "01.1", "--reveal")[1]

    write("return b + a")
    told("check", "01.1")
    code, said = told("solution", "01.1")
    assert code == 0
    assert "return a + b" in said
    assert "SOLUTION" not in said


def test_reset_puts_the_stub_back_and_keeps_what_was_there(told):
    path = write("return a + b")
    before = path.read_text(encoding="utf-8")
    told("check", "01.1")

    code, said = told("reset", "01.1")

    assert code == 0
    assert Path("exercises/01_sums.py.bak1").read_text(encoding="utf-8") == before
    assert "01_sums.py.bak1" in said
    assert told("check", "01.1")[0] == 3


@pytest.mark.parametrize("command", ["hint", "solution", "reset"])
def test_an_exercise_that_is_not_there_is_wrong_usage(told, command):
    code, said = told(command, "01.7")

    assert code == 2
    assert "01.1" in said


# ---- start and pytest ----------------------------------------------------------------------------


def test_start_says_what_it_did_and_what_comes_next(told):
    code, said = told("start", "there")
    assert code == 0
    assert "7 files laid in there" in said
    assert "cd there" in said

    assert "7 files were there already" in told("start", "there")[1]


def test_start_where_nothing_can_be_written_is_wrong_usage(told):
    Path("occupied").write_text("", encoding="utf-8")

    assert told("start", "occupied")[0] == 2


def pytest_here(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", *words],
        capture_output=True, text=True,
    )  # fmt: skip


def test_pytest_in_the_students_folder_checks_the_same(student):
    write("return a + b")

    done = pytest_here()

    assert done.returncode == 1
    assert "- 02.1 multiply: not attempted yet" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert Progress.load(student).done("01.1")


def test_pytest_knows_a_mark_for_each_exercise():
    done = pytest_here("--collect-only", "-q", "-m", "task01_1")

    assert done.returncode == 0, done.stdout
    assert "1/2 tests collected" in done.stdout
