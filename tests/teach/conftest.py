"""A small course, and the folder of a student who takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.teach.small_course import small_course
from tinygen.teach.laying import lay


@pytest.fixture
def small(tmp_path, monkeypatch) -> Iterator[Path]:
    """Two small lessons in place of the course, also in processes that a test starts."""
    with small_course(tmp_path / "course") as lessons:
        monkeypatch.setenv("TINYGEN_LESSONS", str(lessons))
        yield lessons


@pytest.fixture
def student(small, tmp_path, monkeypatch) -> Path:
    """The student's folder as ``tinygen start`` lays it; the current one."""
    folder = tmp_path / "student"
    lay(folder)
    monkeypatch.delenv("TINYGEN_COURSE", raising=False)
    monkeypatch.chdir(folder)
    return folder
