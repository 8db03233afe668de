"""What a process is kept from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tinygen.teach.sandbox import isolation
from tinygen.teach.sandbox.isolation import NONE, PACKAGE, Bubblewrap, best_isolation


def tell(best: Bubblewrap, folder: Path, code: str, library: bool = False) -> str:
    """What Python prints in isolation."""
    command = best.command([sys.executable, "-I", "-c", code], folder, library)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_isolation_a_command_stays_as_it_is(tmp_path):
    assert NONE.command(["python", "x"], tmp_path) == ["python", "x"]
    assert not NONE.isolates


def test_without_bubblewrap_there_is_none(monkeypatch):
    best_isolation.cache_clear()
    monkeypatch.setattr(isolation.shutil, "which", lambda _: None)
    assert best_isolation() is NONE
    best_isolation.cache_clear()


@pytest.mark.parametrize("code", [1, 127])
def test_a_bubblewrap_that_does_not_work_is_none(monkeypatch, tmp_path, code):
    if sys.platform == "win32":
        pytest.skip("no shell scripts")
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    best_isolation.cache_clear()
    monkeypatch.setattr(isolation.shutil, "which", lambda _: str(program))
    assert best_isolation() is NONE
    best_isolation.cache_clear()


def test_the_folder_can_be_read_and_not_written(best, tmp_path):
    (tmp_path / "here.txt").write_text("seen")
    assert tell(best, tmp_path, "print(open('here.txt').read())") == "seen"
    code = "import os; print([os.access(p, os.W_OK) for p in ('.', 'here.txt', '/', '/usr')])"
    assert tell(best, tmp_path, code) == str([False] * 4)


def test_nothing_beside_the_folder_is_seen(best, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "other").mkdir()
    code = f"import os; print(os.path.exists({str(tmp_path / 'other')!r}), os.listdir('..'))"
    seen = tell(best, tmp_path / "mine", code)
    assert seen.startswith("False")
    assert "other" not in seen


def test_what_is_written_to_tmp_is_gone(best, tmp_path):
    code = "import os; print(os.path.exists('/tmp/stash')); open('/tmp/stash', 'w').close()"
    assert tell(best, tmp_path, code) == "False"
    assert tell(best, tmp_path, code) == "False"


def test_the_kernel_cannot_be_told_anything(best, tmp_path):
    code = """
import glob
for name in ["/proc/sysrq-trigger", "/proc/1/mem", *glob.glob("/proc/sys/kernel/*")]:
    try:
        open(name, "r+").close()
        print(name)
    except OSError:
        pass
"""
    assert tell(best, tmp_path, code) == ""


def test_there_is_no_network(best, tmp_path):
    code = "import socket; print([name for _, name in socket.if_nameindex()])"
    assert tell(best, tmp_path, code) == "['lo']"


SEEN = f"""
import os
for place, _, names in os.walk({str(PACKAGE.parent)!r}):
    for name in names:
        path = os.path.join(place, name)
        if {str(PACKAGE)!r} in path or "lesson" in path or "answer" in path:
            print(os.path.relpath(path, {str(PACKAGE)!r}))
"""


def test_of_the_package_only_what_runs_is_seen(best, tmp_path):
    seen = tell(best, tmp_path, SEEN).splitlines()
    assert sorted(seen) == [
        f"teach/sandbox/{name}.py" for name in ("child", "confine", "transport")
    ]


def test_the_library_can_be_had_without_the_lessons(best, tmp_path):
    seen = tell(best, tmp_path, SEEN, library=True).splitlines()
    assert "nn/__init__.py" in seen
    assert not [name for name in seen if name.startswith(("..", "lessons"))]


@pytest.mark.parametrize("library", [False, True])
def test_lessons_inside_the_package_are_hidden_too(best, tmp_path, library, monkeypatch):
    package = tmp_path / "site" / "tinygen"
    (package / "lessons").mkdir(parents=True)
    (package / "lessons" / "06_sums.py").write_text("the answer")
    (package / "ops.py").write_text("the library")
    monkeypatch.setattr(isolation, "PACKAGE", package)
    monkeypatch.setattr(isolation, "CHILDS", [])
    monkeypatch.setattr(isolation.np, "__file__", str(tmp_path / "site" / "numpy" / "init.py"))
    (tmp_path / "mine").mkdir()
    files = f"[n for _, _, names in os.walk({str(package.parent)!r}) for n in names]"
    code = f"import os; print(*{files})"
    assert tell(best, tmp_path / "mine", code, library) == ("ops.py" if library else "")
