"""The lessons are inside of what is installed, once, and are found there."""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tinygen

ROOT = Path(tinygen.__file__).parents[1]
LESSONS = ROOT / "lessons"

pytestmark = pytest.mark.skipif(
    not (ROOT / "setup.cfg").exists(), reason="this is an installed package, not a checkout"
)


def options():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup["options"]


def mapped():
    """The folder of each package that stands elsewhere than its name says."""
    lines = filter(None, options()["package_dir"].splitlines())
    return dict(line.split(" = ") for line in lines)


def test_the_list_of_packages_is_what_would_be_found_and_the_lessons():
    found = {
        ".".join(file.relative_to(ROOT).parent.parts)
        for file in (ROOT / "tinygen").rglob("__init__.py")
    }
    named = options()["packages"].split()

    lessons = {"tinygen.lessons", "tinygen.lessons.checks", "tinygen.lessons.zh-CN"}
    assert set(named) == found | lessons
    assert named == sorted(named)


def test_each_folder_with_lessons_belongs_to_a_package():
    packages = set(options()["packages"].split())
    folders = {file.relative_to(ROOT).parent.parts for file in LESSONS.rglob("*.py")}

    assert mapped() == {"tinygen.lessons": "lessons"}
    assert {name for name in packages if name.startswith("tinygen.lessons")} == {
        ".".join(("tinygen", *parts)) for parts in folders
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, since building leaves things behind; without weights, for speed."""
    for needed, least in (("pip", 1), ("setuptools", 77)):  # as pyproject.toml wants
        try:
            found = importlib.metadata.version(needed)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"a wheel cannot be built here: {needed} is not installed")
        if int(found.split(".")[0]) < least:
            pytest.skip(f"a wheel cannot be built here: {needed} {found} is older than {least}")
    folder = tmp_path_factory.mktemp("build")
    copy = folder / "copy"
    copy.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("tinygen", "lessons"):
        leave = shutil.ignore_patterns("__pycache__", "*.npz")
        shutil.copytree(ROOT / name, copy / name, ignore=leave)
    run("pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, copy)
    (made,) = folder.glob("*.whl")
    return made


def run(*words):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wheel_has_each_lesson_once(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    wanted = {"tinygen/" + file.relative_to(ROOT).as_posix() for file in LESSONS.rglob("*.py")}

    assert wanted
    assert {name for name in names if "lessons/" in name} == wanted
    assert len(names) == len(set(names))


def test_an_installed_package_finds_its_lessons_and_no_others(wheel, tmp_path):
    target = tmp_path / "installed"
    run("pip", "install", "--no-deps", "--no-index", "--target", target, wheel)
    script = tmp_path / "where.py"
    script.write_text(
        "import tinygen.teach as teach\n"
        "print(teach.lessons_folder(), *(lesson.number for lesson in teach.lessons()), sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, cwd=tmp_path,
        env=environment(target),
    )  # fmt: skip

    folder, *numbers = done.stdout.split("\n")[:-1]
    assert folder == str(target / "tinygen" / "lessons"), done.stderr
    assert numbers == [file.name[:2] for file in sorted(LESSONS.glob("[0-9][0-9]_*.py"))]


def environment(target):
    """Let the package there be the one that is imported."""
    without = {name: value for name, value in os.environ.items() if name != "TINYGEN_LESSONS"}
    return {**without, "PYTHONPATH": str(target)}
