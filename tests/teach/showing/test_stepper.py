from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.teach.pseudo_terminal import Session
from tests.teach.small import write_lessons
from tinygen.cli import main
from tinygen.teach.classroom import classroom
from tinygen.teach.course import find_lesson
from tinygen.teach.progress import Progress
from tinygen.teach.showing.stepper import Stepper, steps_of
from tinygen.teach.showing.terminal import can_ask

needs_terminal = pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminals")

FAILING = """\
# %% [markdown] lesson="03" minutes=5 builds_on=[]
# # 03 · A fault

# %%
print("it began")

# %%
ready = True


def divide(by):
    return 1 / by


divide(0)

# %%
print("after", ready)
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Lessons of the test's own, and a folder of exercises."""
    lessons = write_lessons(tmp_path / "lessons", **{"03_fault": FAILING})
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "01_sums.py").write_text("def add(a, b):\n    return b + a\n")
    monkeypatch.setenv("TINYGEN_LESSONS", str(lessons))
    monkeypatch.setenv("TINYGEN_LESSONS_OUT", str(tmp_path / "pictures"))
    monkeypatch.delenv("TINYGEN_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(folder):
    return json.loads((folder / ".tinygen-progress.json").read_text())


COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9]")
RUN, GO_ON, GUESS = "[Enter] run ", "[Enter] go on ", "Your guess (a, b, c"


def session(folder, *words, columns=100, **environment):
    return Session("step", *words, folder=folder, environment=environment, columns=columns)


# ---- at a terminal -------------------------------------------------------------------------------


@needs_terminal
def test_a_lesson_is_stepped_through_with_a_wrong_prediction(folder):
    with session(folder, "1") as at:
        assert "rng = begin" in at.until(RUN)
        assert COLOUR.search(at.raw)
        at.type("")
        assert "What is 1 + 1?" in at.until(GUESS)
        at.type("d")
        assert "'d' is none of a, b, c" in at.until(GUESS)
        at.type("a")
        assert "the sum is 2" not in at.until(RUN)
        at.type("")
        said = at.until(RUN)
        assert "the sum is 2" in said
        assert "you said a; it is b: count your fingers" in said
        assert "raise NotImplementedError" in said
        assert "return a + b" not in said
        at.type("")
        assert "the reference's version" in at.until(RUN)
        at.type("")
        said = at.until(GO_ON)
        assert re.search(r"picture: .*01-line.png", said)
        assert "ran sum picture" in said
        at.type("")
        assert at.end() == 0
        assert "Next: tinygen step 02" in at.said

    assert kept(folder)["predictions"] == {"01.p1": ["a", False]}
    assert kept(folder)["position"] == {"01": 6}
    assert (folder / "pictures" / "01" / "01-line.png").exists()


@needs_terminal
def test_a_lesson_that_was_read_to_its_end_stays_read(folder):
    progress = Progress.load(folder)
    progress.position["01"] = 6
    progress.save()

    with session(folder, "01") as at:
        at.until(RUN)
        at.type("q")
        assert at.end() == 0

    assert kept(folder)["position"] == {"01": 6}


@needs_terminal
def test_it_goes_back_quits_and_is_resumed_with_a_right_prediction(folder):
    with session(folder, "01") as at:
        at.until(RUN)
        at.type("b")
        assert "the first step" in at.until(RUN)
        at.type("?")
        assert "back" in at.until(RUN)
        at.type("what")
        assert "'what' is no key" in at.until(RUN)
        at.type("")
        at.until(GUESS)
        at.type("B)")
        at.until(RUN)
        at.type("")
        assert "you said b, and so it is" in at.until(RUN)
        at.type("b")
        said = at.until(GO_ON)
        assert "3 of 6" in said
        assert "you said b, and so it is" in said
        at.type("b")
        assert "What is 1 + 1?" in at.until(GO_ON)
        at.type("")
        at.until(GO_ON)
        at.type("")
        at.until(RUN)
        at.type("s")
        at.until(RUN)
        at.type("q")
        assert at.end() == 0
        assert "tinygen step 01 goes on at step 5 of 6" in at.said
    assert kept(folder)["position"] == {"01": 4}

    with session(folder, "01") as at:
        said = at.until(RUN)
        assert "You were at step 5 of 6" in said
        assert "the sum is 2" not in said
        at.type("")
        assert "ran sum picture" in at.until(GO_ON), "the cells before it have run once each"
        for _ in range(3):
            at.type("b")
            said = at.until(GO_ON)
        assert "3 of 6" in said
        assert "you said b, and so it is" in said
        at.press(b"\x04")
        assert at.end() == 0, "the end of the input is a way to quit"
    assert kept(folder)["predictions"] == {"01.p1": ["b", True]}


@needs_terminal
def test_ctrl_c_stops_a_cell_and_then_the_lesson(folder):
    endless = "# %% [markdown] lesson='04' minutes=5\n# # 04 · Endless\n\n# %%\n"
    endless = endless.replace("'", '"') + 'print("begun", flush=True)\nwhile True:\n    pass\n'
    (folder / "lessons" / "04_endless.py").write_text(endless, encoding="utf-8")
    with session(folder, "04") as at:
        at.until(RUN)
        at.type("")
        at.until("begun\n")
        at.press(b"\x03")
        assert "Stopped this cell" in at.until(RUN)
        at.press(b"\x03")
        assert at.end() == 130
        assert "tinygen step 04 goes on at step 1 of 1" in at.said


@needs_terminal
@pytest.mark.parametrize(("key", "code"), [(b"\x03", 130), (b"\x04", 0)], ids=["ctrl-c", "ctrl-d"])
def test_a_question_can_be_left(folder, key, code):
    with session(folder, "01", "--from", "2") as at:
        at.until(GUESS)
        at.press(key)
        assert at.end() == code
        assert "tinygen step 01 goes on at step 2 of 6" in at.said
        assert "failed" not in at.said
    assert kept(folder)["position"] == {"01": 1}


@needs_terminal
def test_a_failing_cell_shows_its_lines_and_the_lesson_can_go_on(folder):
    with session(folder, "03", "--from", "2") as at:
        said = at.until(RUN)
        assert "it began" not in said
        at.type("")
        said = at.until(RUN)
        line = FAILING.splitlines().index("divide(0)") + 1
        assert f'File "03_fault.py", line {line}, in <module>' in said
        assert "return 1 / by" in said
        assert "ZeroDivisionError" in said
        assert "stage.py" not in said
        at.type("")
        assert at.end() == 1
        assert "after True" in at.said


@needs_terminal
def test_colours_are_left_out_and_lines_are_wrapped_as_asked(folder):
    with session(folder, "01", columns=40, NO_COLOR="1") as at:
        before = at.until(RUN).removesuffix(RUN)
        assert max(map(len, before.splitlines())) <= 40
        assert not COLOUR.search(at.raw)
        at.type("q")
        at.end()


@needs_terminal
def test_a_terminal_of_a_machine_that_tests_is_not_asked(folder):
    with session(folder, "01", CI="true") as at:
        assert at.end() == 0
    assert "Your guess" not in at.said
    assert "ran sum picture" in at.said


@pytest.mark.parametrize(
    ("environment", "is_terminal", "asked"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"CI": "1"}, True, False),
        ({"TTY_INTERACTIVE": "0"}, True, False),
    ],
)
def test_who_can_be_asked(monkeypatch, environment, is_terminal, asked):
    for name in ("CI", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: is_terminal)

    assert can_ask() is asked


# ---- without one ---------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_asked_and_nothing_is_kept(folder):
    done = subprocess.run(
        [sys.executable, "-m", "tinygen", "step", "01"], stdin=subprocess.PIPE, text=True,
        capture_output=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert "Your guess" not in done.stdout
    assert "Answer 01.p1: b) count your fingers" in done.stdout
    assert "ran sum picture" in done.stdout
    assert not (folder / ".tinygen-progress.json").exists()


@pytest.mark.parametrize("words", [["-m", "tinygen", "step", "01"], ["lessons/01_sums.py"]])
def test_letters_that_the_output_cannot_write_stop_nothing(folder, words):
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, check=False, cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"ran sum picture" in done.stdout


def test_auto_shows_words_stubs_outputs_and_pictures(capsys):
    assert main(["step", "01", "--auto"]) == 0

    said = capsys.readouterr().out
    parts = [
        "1 of 6", "Sums & <signs>", "That + is hard: Σᵢ xᵢ", "b) two", "the sum is 2",
        "raise NotImplementedError", "the reference's version", "a line <upwards>",
        "ran sum picture", "What changed in your head", "That was lesson 01", "tinygen step 02",
    ]  # fmt: skip
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    for hidden in ("return a + b", "It adds", "Discuss", "reveal("):
        assert hidden not in said


def test_auto_begins_where_it_is_told(capsys):
    assert main(["step", "01", "--auto", "--from", "5"]) == 0

    said = capsys.readouterr().out
    assert "the sum is 2" not in said
    assert "ran sum picture" in said


def test_auto_stops_at_the_first_cell_that_fails(capsys):
    assert main(["step", "03", "--auto"]) == 1

    said = capsys.readouterr().out
    assert "it began" in said
    assert "divide(0)" in said
    assert "ZeroDivisionError" in said
    assert "after" not in said
    assert "That was lesson" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["77"], "no lesson '77': there are 01, 02, 03"),
        (["01", "--from", "7"], "lesson 01 has 6 steps"),
    ],
)
def test_what_is_not_there_is_refused(capsys, words, message):
    assert main(["step", "--auto", *words]) == 2
    assert message in capsys.readouterr().err


def test_another_classroom_is_in_charge_only_meanwhile():
    before = classroom()
    Stepper(find_lesson("03")).walk()
    assert classroom() is before
    assert "lesson_03" not in sys.modules


def test_steps_join_words_and_code_and_leave_out_hints_and_the_teachers_box():
    steps = steps_of(find_lesson("01"))

    assert [len(step.words) for step in steps] == [1, 1, 0, 0, 0, 1]
    assert [step.is_question for step in steps] == [False, True, False, False, False, False]
    assert steps[-1].code is None


# ---- the student's own functions -----------------------------------------------------------------


@pytest.fixture
def passed(folder):
    """Exercise 01.1 has passed, with a function that can be told from the reference's."""
    (folder / "exercises" / "01_sums.py").write_text(
        "def add(a, b):\n    print('MINE')\n    return b + a\n"
    )
    progress = Progress.load(folder)
    progress.mark("01.1")
    progress.save()
    return progress


def test_mine_puts_own_functions_in_the_place_of_the_references(capsys, passed):
    assert main(["step", "01", "--auto", "--mine"]) == 0

    said = capsys.readouterr().out
    assert "Yours, as they passed their checks: add (01.1)" in said
    assert "your own add" in said
    assert said.count("MINE") == 1


def test_mine_also_gives_them_to_later_lessons_and_says_what_is_not_there(capsys, passed):
    assert main(["step", "02", "--auto", "--mine"]) == 0

    said = capsys.readouterr().out
    assert "(add, exercise 01.1: yours)" in said
    assert "the reference's version: yours has not passed" in " ".join(said.split())
    assert said.count("MINE") == 2
    assert "six is 6" in said


def test_a_function_that_changed_since_it_passed_is_not_used(capsys, folder, passed):
    (folder / "exercises" / "01_sums.py").write_text(
        "def add(a, b):\n    print('MINE')\n    return b - a\n"
    )

    assert main(["step", "01", "--auto", "--mine"]) == 0
    said = capsys.readouterr().out
    assert "MINE" not in said
    assert "No exercise up to this lesson has passed" in said


def test_what_own_functions_need_is_the_students_or_else_the_references(capsys, folder, passed):
    (folder / "exercises" / "02_products.py").write_text(
        "def multiply(a, count):\n"
        "    return add(a, a) if count == 2 else add(multiply(a, count - 1), a)\n"
    )
    passed.mark("02.1")
    passed.save()
    assert main(["step", "02", "--auto", "--mine"]) == 0
    said = capsys.readouterr().out
    assert said.count("MINE") == 2
    assert "six is 6" in said

    passed.unmark("01.1")
    passed.save()
    assert main(["step", "02", "--auto", "--mine"]) == 0
    said = capsys.readouterr().out
    assert "MINE" not in said
    assert "(add, exercise 01.1: the reference's)" in said
    assert "your own multiply" in said
    assert "six is 6" in said


def test_mine_without_a_folder_of_exercises_is_refused(capsys, folder, monkeypatch):
    (folder / "empty").mkdir()
    monkeypatch.setenv("TINYGEN_COURSE", str(folder / "empty"))

    assert main(["step", "01", "--auto", "--mine"]) == 2
    assert "--mine needs the folder of your exercises" in capsys.readouterr().err


def test_a_file_of_the_students_that_cannot_be_run_is_told(capsys, folder, passed):
    file = folder / "exercises" / "01_sums.py"
    file.write_text(file.read_text() + "\nnothing_like_that\n")

    assert main(["step", "01", "--auto", "--mine"]) == 1
    assert "NameError: name 'nothing_like_that' is not defined" in capsys.readouterr().err
