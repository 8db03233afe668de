"""The file of what a student has done."""

from __future__ import annotations

import json

import pytest

from tinygen.teach.progress import FILE, Progress


def write(folder, content: str) -> None:
    (folder / FILE).write_text(content, encoding="utf-8")


def answer(student, body: str) -> None:
    """Write the answer to the first exercise."""
    source = f"import numpy as np\n\n\ndef add(a, b):\n    {body}\n\n\ndef other():\n    pass\n"
    (student / "exercises" / "01_sums.py").write_text(source, encoding="utf-8")


def test_a_folder_without_a_file_has_nothing_done(student):
    progress = Progress.load(student)

    assert not progress.done("01.1")
    assert (progress.predictions, progress.position, progress.hints) == ({}, {}, {})


def test_what_is_kept_is_read_again(student):
    answer(student, "return a + b")
    progress = Progress.load(student)
    progress.mark("01.1")
    progress.current = "02.1"
    progress.predictions["01.p1"] = ("b", True)
    progress.position["01"] = 4
    progress.hints["02.1"] = 2
    progress.save()

    assert Progress.load(student) == progress
    assert Progress.load(student).done("01.1")


def test_the_file_is_plain_and_has_a_format(student):
    Progress.load(student).save()

    content = json.loads((student / FILE).read_text(encoding="utf-8"))
    assert content["format"] == 1
    assert set(content) == {"format", "current", "done", "predictions", "position", "hints"}


def test_by_default_it_is_that_of_the_students_folder(student, monkeypatch):
    monkeypatch.chdir(student / "exercises")

    assert Progress.load().folder == student


def test_outside_of_a_course_it_is_that_of_the_current_folder(small, tmp_path, monkeypatch):
    monkeypatch.delenv("TINYGEN_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)

    assert Progress.load().folder == tmp_path


def test_a_changed_function_is_no_longer_done_until_it_is_as_it_was(student):
    answer(student, "return a + b")
    progress = Progress.load(student)
    progress.mark("01.1")

    answer(student, "return a - b")
    assert not progress.done("01.1")
    answer(student, "return a + b")
    assert progress.done("01.1")


def test_a_file_that_is_no_python_or_away_has_nothing_done(student):
    answer(student, "return a + b")
    progress = Progress.load(student)
    progress.mark("01.1")

    answer(student, "return (")
    assert not progress.done("01.1")
    (student / "exercises" / "01_sums.py").unlink()
    assert not progress.done("01.1")


def test_an_exercise_that_does_not_pass_any_more_is_taken_back(student):
    answer(student, "return a + b")
    progress = Progress.load(student)
    progress.mark("01.1")
    progress.unmark("01.1")
    progress.unmark("01.1")

    assert not progress.done("01.1")


def test_unknown_names_are_ignored(student):
    answer(student, "return a + b")
    write(student, json.dumps({"format": 1, "done": {"77.1": "abc"}, "weather": "fine"}))

    progress = Progress.load(student)

    assert not progress.done("77.1")
    assert not progress.done("01.1")


@pytest.mark.parametrize(
    "content",
    [
        {"done": ["01.1"], "predictions": 3, "position": None, "hints": []},
        {"done": {"01.1": 5}, "predictions": {"01.p1": ["b"]}, "position": {"01": "x"}},
        {"predictions": {"01.p1": [1, True]}, "hints": {"01.1": None}, "current": 7},
    ],
)
def test_parts_of_another_kind_are_left_out(student, content):
    write(student, json.dumps({"format": 1, **content}))

    progress = Progress.load(student)

    assert (progress.passed, progress.predictions, progress.position) == ({}, {}, {})
    assert progress.hints == {}


@pytest.mark.parametrize("content", ["{", "[]", "", '{"format": 9}', "\x00\xff", "[" * 100_000])
def test_what_cannot_be_read_is_kept_aside_and_said(student, content):
    write(student, content)

    with pytest.warns(UserWarning, match="unreadable-1"):
        progress = Progress.load(student)

    assert progress == Progress(student)
    kept = student / ".tinygen-progress.unreadable-1.json"
    assert kept.read_text(encoding="utf-8") == content
    assert not (student / FILE).exists()


def test_a_second_one_does_not_overwrite_the_first(student):
    for content in ("{", "}"):
        write(student, content)
        with pytest.warns(UserWarning, match="unreadable"):
            Progress.load(student)

    kept = sorted(student.glob(".tinygen-progress.unreadable-*.json"))
    assert [path.read_text(encoding="utf-8") for path in kept] == ["{", "}"]


def test_two_that_are_open_at_once_keep_what_the_other_has_saved(student):
    answer(student, "return a + b")
    stepper, checker = Progress.load(student), Progress.load(student)
    checker.mark("01.1")
    checker.hints["01.1"] = 2
    checker.current = "01.1"
    checker.save()

    stepper.position["01"] = 3
    stepper.save()

    kept = Progress.load(student)
    assert kept.done("01.1")
    assert (kept.hints, kept.position, kept.current) == ({"01.1": 2}, {"01": 3}, "01.1")


def test_what_one_has_taken_back_the_other_does_not_bring_again(student):
    answer(student, "return a + b")
    first = Progress.load(student)
    first.mark("01.1")
    first.save()
    stepper, checker = Progress.load(student), Progress.load(student)
    checker.unmark("01.1")
    checker.save()

    stepper.position["01"] = 3
    stepper.save()

    assert Progress.load(student).passed == {}
    assert Progress.load(student).position == {"01": 3}


def test_what_is_saved_twice_is_merged_from_the_last_time_on(student):
    stepper, checker = Progress.load(student), Progress.load(student)
    stepper.position["01"] = 5
    stepper.save()
    checker.hints["01.1"] = 1
    checker.save()
    stepper.position["01"] = 2
    stepper.save()

    kept = Progress.load(student)
    assert (kept.position, kept.hints) == ({"01": 2}, {"01.1": 1})
