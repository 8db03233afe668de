"""Each rule finds the fault that is planted for it, where it is, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.teach.small_course import SUMS, small_course
from tinygen.cli import main
from tinygen.io.messages import MESSAGES
from tinygen.teach.course import Lesson, lessons
from tinygen.teach.teacher.lints import lines_of_code, of_a_lesson, of_its_checks, of_the_course

GOOD = '''\
# %% [markdown] lesson="02" minutes=20 builds_on=["01"]
# # 02 · Products
#
# **You will be able to** multiply.

# %% setup
import numpy as np

from tinygen.teach import begin, given, predict, reveal

rng = begin("02")
add = given("01.1")

# %%
predict("02.p1", "What is 2 · 3?", ["five", "six"])

# %% It is seen
assert 2 * 3 == 6, "two threes"
reveal("02.p1", "b", "count")

# %% Multiply exercise="02.1" difficulty=1 minutes=2 lines=4 needs=["01.1"]
def multiply(a, count):
    """The product of an array and a whole number, by adding."""
    ### BEGIN SOLUTION
    total = a
    for _ in range(count - 1):
        total = add(total, a)
    return total
    ### END SOLUTION

# %% [markdown] hints="02.1"
# 1. How often?
# 2. A loop.
# 3. Add again and again.

# %% [markdown] teacher="02"
# **Discuss.** Is it hard?
'''


@pytest.fixture(autouse=True)
def folder(tmp_path):
    with small_course(tmp_path) as lessons:
        yield lessons


def faults_of(folder, source, warning=False):
    """Of a second lesson with this text: lines and words."""
    (folder / "02_products.py").write_text(source, encoding="utf-8")
    course = lessons()
    lesson = Lesson(folder / "02_products.py", folder / "02_products.py")
    found = of_a_lesson(lesson, course)
    return [(fault.line, fault.words) for fault in found if fault.warning == warning]


def line_of(source, part):
    return source[: source.index(part)].count("\n") + 1


def test_a_good_lesson_has_no_faults(folder):
    assert faults_of(folder, GOOD) == faults_of(folder, GOOD, warning=True) == []


PREDICT = 'predict("02.p1", "What is 2 · 3?", ["five", "six"])\n'
REVEAL = 'reveal("02.p1", "b", "count")\n'
HINTS = GOOD[GOOD.index("# %% [markdown] hints") : GOOD.index("# %% [markdown] teacher")]
TEACHER = GOOD[GOOD.index("# %% [markdown] teacher") :]
SOLUTION = GOOD[GOOD.index("    ### BEGIN") : GOOD.index("# %% [markdown] hints")]
EXERCISE = GOOD[GOOD.index("# %% Multiply") : GOOD.index("# %% [markdown] teacher")]

PLANTED = {
    "lint first cell": ('lesson="02" ', "", None),
    "lint heading": ("# # 02 ·", "# # 03 ·", None),
    "lint able to": ("**You will be able to** multiply", "You learn", None),
    "lint minutes": ("minutes=20", "minutes=200", None),
    "lint builds on": ('builds_on=["01"]', 'builds_on=["03"]', None),
    "lint setup": ("# %% setup", "# %% imports", None),
    "lint begin": ('begin("02")', 'begin("20")', 'rng = begin("20")'),
    "lint teacher": (TEACHER, TEACHER.replace(' teacher="02"', ""), None),
    "lint long cell": ('assert 2 * 3 == 6, "two threes"\n',
                       'assert 2 * 3 == 6, "two threes"\n' + "rng = rng\n" * 30, "# %% It is seen"),
    "lint long line": ("# 2. A loop.", "# 2. A loop. " + 100 * "o", "# 2. A loop."),
    "lint silent assert": (', "two threes"', "", "assert 2 * 3"),
    "lint no assert": ('assert 2 * 3 == 6, "two threes"\n', "", None),
    "lint predictions": ("02.p1", "02.p2", None),
    "lint count of predictions": (PREDICT, "", None),
    "lint options": ('["five", "six"]', '["six", "six"]', "predict("),
    "lint not revealed": (REVEAL, "", "predict("),
    "lint revealed at once": ("# %% It is seen\n", "", 'reveal("02'),
    "lint letter": ('"b", "count"', '"c", "count"', 'reveal("02'),
    "lint not asked": (REVEAL, REVEAL + REVEAL.replace("p1", "p9"), 'reveal("02.p9'),
    "lint numbers": (EXERCISE, EXERCISE + "\n" + EXERCISE, None),
    "lint no title": ("# %% Multiply exercise", "# %% exercise", "# %% exercise"),
    "lint difficulty": ("difficulty=1", "difficulty=6", "# %% Multiply"),
    "lint exercise minutes": ("minutes=2 ", "minutes=90 ", "# %% Multiply"),
    "lint no hints": (HINTS, "", "# %% Multiply"),
    "lint hints": ("# 3. Add again and again.\n", "", "# %% [markdown] hints"),
    "lint stub": (SOLUTION, SOLUTION.replace("###", "#"), "# %% Multiply"),
    "lint given": ('given("01.1")', 'given("02.1")', "add = given"),
    "lint needs": ('needs=["01.1"]', 'needs=["02.1"]', "# %% Multiply"),
    "lint imports": ("import numpy as np\n", "import time\n", "import time"),
    "lint reaches": ("import numpy as np\n", 'open("x")\n', 'open("x")'),
    "lint unreadable": ('"b", "count")', '"b", "count"', None),
}  # fmt: skip
"""What is replaced by what; and the text whose line is named, if it is not the first line."""


def says(rule, words):
    """Whether these are the rule's words, whatever it fills in."""
    return re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(MESSAGES[rule])), words, re.DOTALL)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_fault_is_found(folder, rule):
    old, new, where = PLANTED[rule]
    assert old in GOOD
    source = GOOD.replace(old, new, 1)

    found = faults_of(folder, source)

    lines = [line for line, words in found if says(rule, words)]
    assert len(lines) == 1, found
    if where is not None:
        assert lines == [line_of(source, where)]


def test_the_lines_that_are_announced_are_counted(folder):
    few, many = GOOD.replace("lines=4", "lines=2"), GOOD.replace("lines=4", "lines=8")

    assert [line for line, _ in faults_of(folder, few, warning=True)] == [line_of(GOOD, "# %% Mul")]
    assert "its solution has 4" in faults_of(folder, many, warning=True)[0][1]
    assert faults_of(folder, GOOD.replace("lines=4", "lines=7"), warning=True) == []


def test_pictures_that_are_drawn_may_be_loaded_and_others_not(folder):
    drawn = GOOD.replace("import numpy as np\n", 'tg.data.load("glyphs")\n')
    read = GOOD.replace("import numpy as np\n", 'tg.data.load("mnist")\n')

    assert faults_of(folder, drawn) == []
    assert "tg.data.load" in faults_of(folder, read)[0][1]


def test_code_is_neither_a_comment_nor_a_docstring():
    assert (
        lines_of_code('def one():\n    """Words.\n\n    More."""\n\n    # why\n    return 1\n') == 2
    )


# ---- checks --------------------------------------------------------------------------------------

CHECK = 'CHECKS = {"01.1": Check(cases=cases, outputs=("sum",), seconds=10.0)}\n'
WITH = CHECK.replace("seconds", "mistakes=[Mistake(*one) for one in WRONG], seconds")


def faults_of_checks(folder, check):
    source = SUMS.replace("Check\n", "Check, Mistake\n", 1).replace(CHECK, check)
    (folder / "checks" / "01_sums.py").write_text(source, encoding="utf-8")
    lesson = Lesson(folder / "01_sums.py", folder / "01_sums.py")
    return [(fault.words, fault.warning) for fault in of_its_checks(lesson)]


def wrong(*bodies):
    """A check with mistakes."""
    functions = ", ".join(f'("m{n}", lambda a, b: {body}, "")' for n, body in enumerate(bodies))
    return f"WRONG = [{functions}]\n{WITH}"


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        (CHECK.replace("01.1", "01.7"), "lint no check"),
        (CHECK + 'CHECKS["01.7"] = CHECKS["01.1"]\n', "lint no exercise"),
        (CHECK.replace("cases=cases", "cases=lambda rng: []"), "lint no cases"),
        (CHECK.replace('("sum",)', "()"), "lint no cases"),
        (CHECK.replace('("sum",)', '("sum", "more")'), "lint solution"),
        (CHECK.replace("cases=cases", "cases=None"), "lint fails"),
        ("1 / 0\n", "lint unreadable"),
        (wrong("a - b", "b + a"), "lint mistake passes"),
    ],
)
def test_a_planted_fault_of_a_check_is_found(folder, check, rule):
    faults = [words for words, warning in faults_of_checks(folder, check) if not warning]

    assert any(says(rule, words) for words in faults), faults


def test_a_check_should_know_two_mistakes(folder):
    assert faults_of_checks(folder, wrong("a - b", "a * b")) == []
    ((words, warning),) = faults_of_checks(folder, wrong("a - b"))
    assert warning
    assert says("lint mistakes", words)


# ---- the course, and the command -----------------------------------------------------------------


def test_files_that_belong_to_no_lesson_are_found(folder):
    assert list(of_the_course(folder)) == []
    for name in ("notes.py", "checks/09_none.py", "zh-CN/09_none.py", "02_also.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")

    found = {fault.path.relative_to(folder).as_posix() for fault in of_the_course(folder)}

    assert found == {"notes.py", "checks/09_none.py", "zh-CN/09_none.py", "02_products.py"}


def test_a_translation_has_the_same_cells(folder):
    (folder / "zh-CN").mkdir()
    translation = folder / "zh-CN" / "01_sums.py"
    source = (folder / "01_sums.py").read_text(encoding="utf-8")
    translation.write_text(source.replace("add", "jia"), encoding="utf-8")
    assert list(of_the_course(folder)) == []

    translation.write_text(source.replace("difficulty=2", "difficulty=3"), encoding="utf-8")
    assert [fault.path for fault in of_the_course(folder)] == [translation]


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (GOOD, 0, "Exercises: 1. Faults: 0. Warnings: 1."),
        (GOOD.replace(', "two threes"', ""), 1, "02_products.py:18: an assert without a message"),
    ],
)
def test_the_command_prints_file_and_line_and_fails(folder, capsys, source, code, said):
    (folder / "02_products.py").write_text(source, encoding="utf-8")

    assert main(["teacher", "check", "2"]) == code
    assert said in capsys.readouterr().out
