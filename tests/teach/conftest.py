"""A small course, and the folder of a student who takes it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.teach.small_course import small_course
from tinygen.teach.laying import lay
from tinygen.teach.sandbox.isolation import Isolation, best_isolation


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


@pytest.fixture(scope="session")
def best() -> Isolation:
    """The isolation of this system; skipped only where bubblewrap itself cannot run."""
    program = shutil.which("bwrap")
    if program is None:
        pytest.skip("bubblewrap is not installed")
    bare = [program, "--ro-bind", "/", "/", "--unshare-all", "true"]
    if subprocess.run(bare, capture_output=True).returncode:
        pytest.skip("bubblewrap may not make namespaces here")
    isolation = best_isolation()
    assert isolation.isolates, "bubblewrap works here, but not as the grader calls it"
    return isolation
