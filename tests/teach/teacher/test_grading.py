"""Grading a class, and submissions that mean harm."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from tests.teach.small_course import SUMS, small_course
from tinygen.cli import main
from tinygen.teach.course import find_lesson, lessons
from tinygen.teach.sandbox import isolation
from tinygen.teach.sandbox.isolation import NONE
from tinygen.teach.sandbox.running import Limits
from tinygen.teach.teacher import grading
from tinygen.teach.teacher.grading import find_submissions, grade, write_csv, write_gradescope

HOSTILE = Path(__file__).with_name("hostile")

LIMITS = Limits(seconds=1.0, memory=512 << 20)

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
UNTOUCHED = 'def add(a, b):\n    """The sum of two arrays."""\n    raise NotImplementedError\n'

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's system calls")


@pytest.fixture(autouse=True, scope="module")
def course(tmp_path_factory):
    with small_course(tmp_path_factory.mktemp("course")) as folder:
        yield folder


def keys_of(graded) -> dict[str, list[str]]:
    return {one.submission.student: [mark.key for mark in one.marks] for one in graded}


def graded_in(folder: Path, *numbers: str, **options):
    chosen = [find_lesson(number) for number in numbers]
    options = {"seed": 1, "isolation": NONE, "limits": LIMITS, "jobs": 2, **options}
    return list(grade(find_submissions(folder, chosen), chosen, **options))


def hand_in(folder: Path, student: str, source: str, name: str = "01_sums.py") -> Path:
    file = folder / student / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    return file


# ---- submissions that mean harm ----------------------------------------------------------------


HEADS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(HOSTILE.glob("*.py"))}


def wanted_of(name: str) -> list[str]:
    return HEADS[name].splitlines()[0].removeprefix("# diagnosis: ").split()


def test_there_are_hostile_submissions_and_each_says_its_diagnosis():
    assert len(HEADS) > 30
    assert all(head.startswith("# diagnosis: ") for head in HEADS.values())


WRITES = "writes_outside"
"""It does, where it can."""


@pytest.fixture(scope="module")
def graded_isolated(best):
    return keys_of(graded_in(HOSTILE, "01", isolation=best))


@pytest.fixture(scope="module")
def graded_with_limits_alone():
    lesson = find_lesson("01")
    harmless = [one for one in find_submissions(HOSTILE, [lesson]) if one.student != WRITES]
    return keys_of(grade(harmless, [lesson], seed=1, isolation=NONE, limits=LIMITS, jobs=2))


@pytest.mark.parametrize("name", HEADS)
def test_is_graded_fairly_in_isolation(name, graded_isolated):
    (key,) = graded_isolated[name]
    assert key in wanted_of(name)


@linux_only
@pytest.mark.parametrize("name", [n for n, head in HEADS.items() if "# needs" not in head])
def test_is_graded_fairly_with_limits_alone(name, graded_with_limits_alone):
    (key,) = graded_with_limits_alone[name]
    assert key in wanted_of(name)


@pytest.mark.parametrize("name", ["reads_the_answers", "sees_others"])
def test_what_the_isolation_prevents_would_work_without_it(name, graded_with_limits_alone):
    (key,) = graded_with_limits_alone[name]
    assert key not in wanted_of(name)


STASH = """\
import numpy as np

load = np.__builtins__["__import__"]
os, marshal = load("os"), load("marshal")
places = [os.path.join(place, "tinygen-stash") for place in ("/tmp", ".", "/dev/shm")]


def multiply(a, count):
    for place in places:
        try:
            with open(place, "wb") as file:
                file.write(marshal.dumps(add.__code__))
        except OSError:
            continue
    return a * count


def add(a, b):
    for place in places:
        if os.path.exists(place):
            with open(place, "rb") as file:
                return type(add)(marshal.loads(file.read()), {})(a, b)
    return 0 * a
"""


def test_nothing_of_one_exercise_is_left_for_the_next(best, tmp_path):
    hand_in(tmp_path, "thief", STASH, "02_products.py")
    hand_in(tmp_path, "thief", STASH, "01_sums.py")
    graded = keys_of(graded_in(tmp_path, "02", "01", isolation=best))
    assert graded == {"thief": ["passed", "zeros"]}


# ---- a class -----------------------------------------------------------------------------------


@pytest.fixture
def handed_in(tmp_path) -> Path:
    """A class of four."""
    folder = tmp_path / "submissions"
    hand_in(folder, "ada", RIGHT)
    hand_in(folder, "bob", WRONG, "exercises/01_sums.py")
    hand_in(folder, "cy", UNTOUCHED, "cy_01_sums (1).py")
    (folder / "dee").mkdir()
    return folder


def test_each_student_gets_the_diagnosis_of_each_exercise(handed_in):
    assert keys_of(graded_in(handed_in, "01")) == {
        "ada": ["passed"],
        "bob": ["unknown"],
        "cy": ["not-attempted"],
        "dee": ["not-handed-in"],
    }


def test_another_seed_draws_other_cases(tmp_path):
    lesson = find_lesson("01")
    first, second, again = (grading._tasks(lesson, seed)[0].expected for seed in (1, 2, 1))
    assert first[1].tolist() == again[1].tolist()
    assert first[1].tolist() != second[1].tolist()


def test_numbers_that_were_copied_are_right_for_their_seed_alone(tmp_path):
    values = [value.tolist() for value in grading._tasks(find_lesson("01"), 1)[0].expected]
    copied = f"import numpy as np\n\nshown = {values}\n\n\ndef add(a, b):\n"
    copied += "    return next(v for v in map(np.array, shown) if v.shape == a.shape)\n"
    hand_in(tmp_path, "eve", copied)
    assert keys_of(graded_in(tmp_path, "01", seed=1)) == {"eve": ["passed"]}
    assert keys_of(graded_in(tmp_path, "01", seed=2)) == {"eve": ["unknown"]}


def test_what_an_exercise_needs_is_the_references(tmp_path):
    product = "def multiply(a, count):\n    total = a\n    for _ in range(count - 1):\n"
    product += "        total = add(total, a)\n    return total\n"
    hand_in(tmp_path, "ada", f"{UNTOUCHED}\n\n{product}", "02_products.py")
    assert keys_of(graded_in(tmp_path, "02")) == {"ada": ["passed"]}


# ---- what counts as a submission ---------------------------------------------------------------


def found_in(folder: Path, *numbers: str) -> dict[str, dict[str, str]]:
    chosen = [find_lesson(number) for number in numbers] or lessons()
    return {
        one.student: {number: file.name for number, file in one.files.items()}
        for one in find_submissions(folder, chosen)
    }


def test_a_submission_is_a_folder_or_a_file(tmp_path):
    hand_in(tmp_path, "ada", RIGHT)
    hand_in(tmp_path, ".", RIGHT, "bob.py")
    assert found_in(tmp_path, "01") == {"ada": {"01": "01_sums.py"}, "bob": {"01": "bob.py"}}


def test_a_folder_with_lessons_is_one_submission(tmp_path):
    hand_in(tmp_path, "eve", RIGHT)
    hand_in(tmp_path, "eve", RIGHT, "02_products.py")
    files = {"01": "01_sums.py", "02": "02_products.py"}
    assert found_in(tmp_path / "eve") == {"eve": files}


def test_a_file_of_another_name_counts_only_if_there_is_no_doubt(tmp_path):
    hand_in(tmp_path, "ada", RIGHT, "homework.py")
    assert found_in(tmp_path, "01") == {"ada": {"01": "homework.py"}}
    assert found_in(tmp_path, "01", "02") == {"ada": {}}
    hand_in(tmp_path, "ada", RIGHT, "helpers.py")
    assert found_in(tmp_path, "01") == {"ada": {}}


def test_hidden_files_and_what_computers_leave_do_not_count(tmp_path):
    hand_in(tmp_path, "__MACOSX", RIGHT)
    hand_in(tmp_path, ".git", RIGHT)
    hand_in(tmp_path, "ada/__pycache__", RIGHT)
    assert found_in(tmp_path, "01") == {"ada": {}}


def test_links_are_not_followed_to_the_answers(course, tmp_path):
    (tmp_path / "eve").mkdir()
    try:
        (tmp_path / "eve" / "01_sums.py").symlink_to(course / "01_sums.py")
        (tmp_path / "eve" / "all").symlink_to(course)
        (tmp_path / "mallory").symlink_to(course)
    except OSError:
        pytest.skip("this system makes no links")
    assert found_in(tmp_path, "01") == {"eve": {}}


# ---- our own faults ----------------------------------------------------------------------------


def test_a_fault_of_ours_costs_one_exercise_and_nobody_else(handed_in, monkeypatch):
    hand_in(handed_in, "ada", "def multiply(a, count):\n    return a * count\n", "02_products.py")
    judged = grading.diagnose

    def failing(exercise, *rest):
        if exercise.number == "01.1":
            raise ZeroDivisionError("a bug of ours")
        return judged(exercise, *rest)

    monkeypatch.setattr(grading, "diagnose", failing)
    graded = {one.submission.student: one.marks for one in graded_in(handed_in, "01", "02")}
    fault, other = graded["ada"]
    assert (fault.key, fault.points) == ("our-fault", 0)
    assert "a bug of ours" in fault.words
    assert other.key == "passed"


@pytest.mark.parametrize(
    "checks",
    [
        SUMS.replace("rng.standard_normal", "rng.abnormal"),
        SUMS.replace('"01.1"', '"01.2"'),
        "CHECKS = {",
        "from tinygen.teach import Check\nCHECKS = {'01.1': Check(lambda rng: [], ('sum',))}",
    ],
    ids=["cases that cannot be drawn", "no check", "no Python", "no cases"],
)
def test_a_check_that_fails_is_our_fault(tmp_path, checks):
    with small_course(tmp_path / "course", **{"01_sums": checks}):
        hand_in(tmp_path / "submissions", "ada", RIGHT)
        graded = graded_in(tmp_path / "submissions", "01")
    assert keys_of(graded) == {"ada": ["our-fault"]}


def test_a_process_that_does_not_start_is_our_fault(tmp_path):
    class Broken(isolation.Isolation):
        def command(self, command, folder, library=False):
            return [sys.executable, "-c", "import sys; sys.exit('no place to run')"]

    hand_in(tmp_path, "ada", RIGHT)
    (one,) = graded_in(tmp_path, "01", isolation=Broken())
    assert one.marks[0].key == "our-fault"
    assert "no place to run" in one.marks[0].words


# ---- what is written ---------------------------------------------------------------------------


NBGRADER = (
    "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
    "late_submission_penalty,score,max_score"
)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_has_nbgraders_columns_and_a_diagnosis_for_each_exercise(handed_in, tmp_path):
    write_csv(tmp_path / "grades.csv", graded_in(handed_in, "01", "02"))
    head = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head == f"{NBGRADER},01.1,02.1"
    rows = read_csv(tmp_path / "grades.csv")
    assert [(row["student_id"], row["assignment"]) for row in rows] == [
        (student, lesson)
        for student in ("ada", "bob", "cy", "dee")
        for lesson in ("01_sums", "02_products")
    ]
    first, second, third = rows[:3]
    assert (first["score"], first["max_score"], first["01.1"]) == ("1", "1", "passed")
    assert (second["score"], second["02.1"], second["timestamp"]) == ("0", "not-handed-in", "")
    assert (third["score"], third["01.1"], third["02.1"]) == ("0", "unknown", "")


def test_gradescope_gets_what_its_format_asks_for(handed_in, tmp_path):
    graded = {one.submission.student: one for one in graded_in(handed_in, "01")}
    write_gradescope(tmp_path / "results.json", graded["bob"])
    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    assert "\\r" not in text
    results = json.loads(text)
    assert results["visibility"] == "visible"
    (test,) = results["tests"]
    assert (test["score"], test["max_score"], test["status"]) == (0, 1, "failed")
    assert (test["number"], test["visibility"]) == ("01.1", "visible")
    assert test["output"] == graded["bob"].marks[0].words
    assert "add" in test["output"]

    write_gradescope(tmp_path / "results.json", graded["ada"])
    (test,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["tests"]
    assert (test["score"], test["status"]) == (1, "passed")


# ---- the command -------------------------------------------------------------------------------


@pytest.fixture
def no_isolation(monkeypatch):
    monkeypatch.setattr(isolation, "best_isolation", lambda: NONE)


def test_without_isolation_nothing_is_graded_unless_all_are_trusted(
    handed_in, no_isolation, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main(["teacher", "grade", str(handed_in)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--trust" in said
    assert "read the answers" in said
    assert not (tmp_path / "grades.csv").exists()
    assert main(["teacher", "grade", str(handed_in), "--trust"]) == 0
    assert len(read_csv(tmp_path / "grades.csv")) == 4


def test_the_command_writes_tables_and_says_what_is_wrong(
    handed_in, no_isolation, capsys, tmp_path
):
    table, folder = tmp_path / "marks.csv", tmp_path / "results"
    words = ["--csv", str(table), "--gradescope", str(folder), "--lesson", "01", "--trust"]
    assert main(["teacher", "grade", str(handed_in), *words]) == 0
    assert len(read_csv(table)) == 4
    assert sorted(file.parent.name for file in folder.glob("*/results.json")) == [
        "ada", "bob", "cy", "dee",
    ]  # fmt: skip
    said = capsys.readouterr().out
    assert "bob" in said
    assert "01.1 unknown" in said
    summary = next(line for line in said.splitlines() if line.startswith("01.1 add"))
    assert summary.split() == ["01.1", "add", "1", "1", "2", "unknown", "1"]


def test_one_submission_has_its_results_where_gradescope_looks(tmp_path, no_isolation):
    hand_in(tmp_path, "submission", RIGHT)
    words = [str(tmp_path / "submission"), "--gradescope", str(tmp_path / "results"), "--trust"]
    assert main(["teacher", "grade", *words]) == 0
    results = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert [test["score"] for test in results["tests"]] == [1]


def test_a_fault_of_ours_has_its_own_exit_code(
    handed_in, no_isolation, monkeypatch, capsys, tmp_path
):
    def failing(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(grading, "diagnose", failing)
    table = tmp_path / "grades.csv"
    assert main(["teacher", "grade", str(handed_in), "--csv", str(table), "--trust"]) == 4
    assert [row["01.1"] for row in read_csv(table)] == [*["our-fault"] * 3, "not-handed-in"]
    assert "our fault" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["nowhere"], ["empty"], ["unrelated"], ["class", "--lesson", "77"]],
    ids=["no folder", "no submissions", "no file of a lesson", "no such lesson"],
)
def test_what_cannot_be_graded_is_refused(words, tmp_path, no_isolation, monkeypatch, capsys):
    (tmp_path / "empty").mkdir()
    hand_in(tmp_path / "unrelated", "ada", RIGHT, "homework.py")
    hand_in(tmp_path / "class", "ada", RIGHT)
    monkeypatch.chdir(tmp_path)
    assert main(["teacher", "grade", "--trust", *words]) == 2
    assert capsys.readouterr().err
    assert not (tmp_path / "grades.csv").exists()
