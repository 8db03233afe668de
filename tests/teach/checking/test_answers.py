"""Every exercise of every lesson, with answers that are right and answers that are wrong.

The answers are in ``answers/NN/K``: ``right_*.py`` must pass, ``wrong_*.py`` must get the diagnosis
of their first line.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.teach.inprocess import run_here
from tinygen.teach import Exercise, lessons
from tinygen.teach.cells import without_marks
from tinygen.teach.checking.diagnosis import Verdict, diagnose
from tinygen.teach.checking.from_file import check_of
from tinygen.teach.sandbox.running import Limits, reference_values, run_student
from tinygen.teach.student import stub

ANSWERS = Path(__file__).with_name("answers")

DIAGNOSIS = "# diagnosis: "

ENDED = ("timeout", "memory", "crashed")
"""Diagnoses of what only a process of its own survives."""

SEEDS = (0, 1, 20)

EXERCISES = {
    number: exercise for lesson in lessons() for number, exercise in lesson.exercises.items()
}


def of_each_exercise():
    return pytest.mark.parametrize("number", EXERCISES)


def answers(kind: str) -> list[Path]:
    return sorted(ANSWERS.glob(f"[0-9][0-9]/*/{kind}_*.py"))


def number_of(path: Path) -> str:
    return f"{path.parent.parent.name}.{path.parent.name}"


def name_of(path: Path) -> str:
    return f"{number_of(path)}-{path.stem}"


def of_each_answer(kind: str):
    return pytest.mark.parametrize(
        "path", [pytest.param(path, id=name_of(path)) for path in answers(kind)]
    )


def judged(file: Path, exercise: Exercise, seed: int = 0, alone: bool = False) -> Verdict:
    """The verdict on a file; ``alone``: in a process of its own."""
    check = check_of(exercise)
    cases = list(check.cases(np.random.default_rng(seed)))
    if alone:
        outcome = run_student(file, exercise, check, cases, limits=Limits(seconds=5.0))
    else:
        outcome = run_here(file, exercise, check, cases)
    return diagnose(exercise, check, cases, outcome, reference_values(exercise, check, cases))


def solution(exercise: Exercise) -> str:
    """A student's file with the lesson's solution."""
    return f"import numpy as np\n\n\n{without_marks(exercise.source)}\n"


def test_there_are_exercises():
    assert EXERCISES


@of_each_exercise()
def test_an_exercise_has_three_hints_and_a_check_with_cases_and_outputs(number):
    exercise, check = EXERCISES[number], check_of(EXERCISES[number])

    assert [bool(hint.strip()) for hint in exercise.hints] == [True, True, True]
    assert list(check.cases(np.random.default_rng(0)))
    assert check.outputs


@of_each_exercise()
def test_the_stub_is_not_attempted(number, tmp_path):
    exercise = EXERCISES[number]
    file = tmp_path / "file.py"
    file.write_text(f"import numpy as np\n\n\n{stub(exercise)}\n", encoding="utf-8")

    expected = "passed" if exercise.passes_untouched else "not-attempted"
    assert judged(file, exercise).key == expected


@pytest.mark.parametrize("seed", SEEDS)
@of_each_exercise()
def test_the_solution_passes_whatever_the_cases_are(number, seed, tmp_path):
    exercise = EXERCISES[number]
    file = tmp_path / "file.py"
    file.write_text(solution(exercise), encoding="utf-8")

    verdict = judged(file, exercise, seed)

    assert verdict.passed, told(verdict)


@pytest.mark.parametrize("number", [f"{lesson.number}.1" for lesson in lessons()])
def test_the_solution_passes_in_a_process_of_its_own(number, tmp_path):
    if number not in EXERCISES:
        pytest.skip(f"lesson {number[:2]} has no exercises")
    exercise = EXERCISES[number]
    file = tmp_path / "file.py"
    file.write_text(solution(exercise), encoding="utf-8")

    verdict = judged(file, exercise, alone=True)

    assert verdict.passed, told(verdict)


@of_each_exercise()
def test_an_exercise_has_two_other_right_answers_and_four_wrong_ones(number):
    folder = ANSWERS / number[:2] / number[3:]

    assert len(list(folder.glob("right_*.py"))) >= 2
    assert len(list(folder.glob("wrong_*.py"))) >= 4


@of_each_answer("right")
def test_another_right_answer_passes(path):
    verdict = judged(path, exercise_of(path))

    assert verdict.passed, told(verdict)


@of_each_answer("wrong")
def test_a_wrong_answer_gets_its_diagnosis(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(DIAGNOSIS), f"the first line must be {DIAGNOSIS}<key>"
    key = first.removeprefix(DIAGNOSIS).strip()

    verdict = judged(path, exercise_of(path), alone=key in ENDED)

    assert verdict.key == key, told(verdict)


@of_each_answer("wrong")
def test_a_wrong_answer_is_wrong_with_other_cases_too(path):
    if path.read_text(encoding="utf-8").removeprefix(DIAGNOSIS).startswith(ENDED):
        pytest.skip("it does not end, whatever the cases are")

    verdict = judged(path, exercise_of(path), seed=1)

    assert not verdict.passed
    assert verdict.attempted


def test_no_answer_is_to_an_exercise_that_is_not_there():
    assert {number_of(path) for path in answers("right") + answers("wrong")} <= set(EXERCISES)


def exercise_of(path: Path) -> Exercise:
    return EXERCISES[number_of(path)]


def told(verdict: Verdict) -> str:
    """The verdict, for whoever reads a failing test."""
    parts = [f"{verdict.exercise.number} {verdict.key}: {verdict.words}", verdict.raised]
    parts += [f"line {line.number}: {line.code}" for line in verdict.lines]
    parts += [str(verdict.worst)] if verdict.worst else []
    parts += [f"wrong: {verdict.wrong_cases}; right: {verdict.right_cases}"]
    return "\n".join(part for part in parts if part)
