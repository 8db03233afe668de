"""``tinygen lessons``: the list."""

from __future__ import annotations

import pytest

from tests.teach.small import write_lessons
from tinygen.cli import main
from tinygen.teach.progress import Progress


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGEN_LESSONS", str(write_lessons(tmp_path / "lessons")))
    monkeypatch.delenv("TINYGEN_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(capsys):
    assert main(["lessons"]) == 0
    return capsys.readouterr().out.splitlines()


def test_each_lesson_has_a_line_with_its_minutes(capsys):
    _, first, second, _, _, following = rows(capsys)

    assert first.split() == ["01", "·", "Sums", "&", "<signs>", "10", "0", "of", "1", "-"]
    assert second.split() == ["02", "·", "Products", "20", "0", "of", "1", "-"]
    assert "tinygen step 01" in following


def test_where_no_exercises_are_it_is_told_how_to_get_them(capsys, folder):
    assert "tinygen start" in rows(capsys)[-2]

    (folder / "exercises").mkdir()
    (folder / "exercises" / "01_sums.py").write_text("")
    assert not any("tinygen start" in row for row in rows(capsys))


def test_what_was_done_and_read_is_marked(capsys, folder):
    (folder / "exercises").mkdir()
    (folder / "exercises" / "01_sums.py").write_text("def add(a, b):\n    return a + b\n")
    progress = Progress.load(folder)
    progress.mark("01.1")
    progress.position = {"01": 6, "02": 1}
    progress.save()
    _, first, second, _, following = rows(capsys)

    assert first.split()[-5:] == ["10", "1", "of", "1", "all"]
    assert second.split()[-4:] == ["step", "2", "of", "3"]
    assert "tinygen step 02" in following


def test_when_all_are_read_the_first_is_named(capsys, folder):
    progress = Progress.load(folder)
    progress.position = {"01": 6, "02": 3}
    progress.save()

    assert "tinygen step 01" in rows(capsys)[-1]


def test_a_folder_without_lessons_is_told(capsys, folder, monkeypatch):
    (folder / "none").mkdir()
    monkeypatch.setenv("TINYGEN_LESSONS", str(folder / "none"))

    assert main(["lessons"]) == 2
    assert "no lessons" in capsys.readouterr().err
