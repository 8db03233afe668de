"""The lessons, run in every way there is: ``python -m tests.teach.run_lessons [06 ...]``.

As a script twice, which must print and draw the same; stepped with no terminal; as a page; and, if
nbclient is installed (``pip install tinygen[lessons-test]``), as a notebook with stubs and as a
solved one. The test suite runs the short ones as scripts, and CI also this: it takes minutes.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image

from tinygen.teach.course import Lesson, find_lesson, lessons
from tinygen.teach.showing.book import write_book
from tinygen.teach.showing.notebook import notebook
from tinygen.teach.showing.stage import CellError

__all__ = ["Run", "environment", "run_script", "run_stepped", "script_faults"]

PATIENCE = 300
"""Seconds after which a lesson is taken to hang."""

FEWEST_PICTURES = {"00": 1}
"""Where there may be fewer than three."""

REFUSE = """\
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"a lesson asks the network: {event} {arguments}")

sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Run:
    """What a run printed, and its pictures by their names."""

    code: int
    stdout: str
    stderr: str
    pictures: dict[str, bytes]
    left: list[str]


def environment(folder: Path) -> dict[str, str]:
    """One thread, no network, no data sets, and pictures in a folder."""
    hook = folder / "hook"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(REFUSE, encoding="utf-8")
    without = ("TINYGEN_DATA", "TINYGEN_LANG", "TINYGEN_LESSONS", "PYTHONWARNINGS")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    path = [str(hook), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **kept,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(path),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "MPLCONFIGDIR": matplotlib.get_cachedir(),  # else each run would list the fonts anew
        "TINYGEN_LESSONS_OUT": str(folder / "pictures"),
    }


def run_script(lesson: Lesson, folder: Path) -> Run:
    """``python lessons/06_....py``, in an empty folder."""
    return _run([str(lesson.path)], folder)


def run_stepped(lesson: Lesson, folder: Path) -> Run:
    """``tinygen step 06``, with no terminal."""
    return _run(["-m", "tinygen", "step", lesson.number], folder)


def _run(words: list[str], folder: Path) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    empty = folder / "empty"
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, encoding="utf-8", check=False,
        cwd=empty, env=environment(folder), stdin=subprocess.DEVNULL, timeout=PATIENCE,
    )  # fmt: skip
    left = sorted(file.name for file in empty.iterdir())
    return Run(done.returncode, done.stdout, done.stderr, _pictures(folder), left)


def _pictures(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((folder / "pictures").rglob("*.png"))}


# ---- all ways ------------------------------------------------------------------------------------


def faults(lesson: Lesson, folder: Path) -> Iterator[str]:
    """What is wrong with a lesson, in whatever way it is run."""
    begin = time.monotonic()
    first = run_script(lesson, folder / "first")
    print(f"  script    {time.monotonic() - begin:5.1f} s, {len(first.pictures)} pictures")
    yield from script_faults(lesson, first, folder / "first")
    second = run_script(lesson, folder / "second")
    places = str(folder / "first"), str(folder / "second")
    if first.stdout.replace(places[0], places[1]) != second.stdout:
        yield "two runs print different things"
    if first.pictures != second.pictures:
        yield "two runs draw different pictures"
    stepped = run_stepped(lesson, folder / "stepped")
    yield from _failed("stepped", stepped)
    if stepped.pictures != first.pictures:
        yield "stepped, it draws other pictures"
    try:
        write_book(folder / "book", [lesson], tell=lambda _: None)
    except CellError as error:
        yield f"page: {error}"
    for solved in (False, True):
        yield from _notebook_faults(lesson, folder, solved, first)


def script_faults(lesson: Lesson, run: Run, folder: Path) -> Iterator[str]:
    """What is wrong with a script that ran in a folder: it failed, or lacks pictures."""
    yield from _failed("script", run)
    if len(run.pictures) < FEWEST_PICTURES.get(lesson.number, 3):
        yield f"it draws no more than {len(run.pictures)} pictures"
    if len(run.pictures) != run.stdout.count(str(folder / "pictures")):
        yield "two pictures share a name, or one is not told of"
    for name, picture in run.pictures.items():
        with Image.open(io.BytesIO(picture)) as opened:
            shades = np.asarray(opened.convert("L"), dtype=np.float64)
        if shades.std() <= 5:
            yield f"{name} is blank"


def _failed(way: str, run: Run) -> Iterator[str]:
    if run.code or run.stderr:
        yield f"{way}: exit code {run.code}, {run.stderr}"
    if run.left:
        yield f"{way}: it leaves {run.left}"


def _notebook_faults(lesson: Lesson, folder: Path, solved: bool, script: Run) -> Iterator[str]:
    if importlib.util.find_spec("nbclient") is None:
        print("  notebook  not run: nbclient is not installed")
        return
    way = "solved notebook" if solved else "notebook"
    begin = time.monotonic()
    place = folder / way.replace(" ", "-")
    from nbclient.exceptions import CellExecutionError

    try:
        outputs = _outputs(lesson, solved, place)
    except CellExecutionError as error:
        yield f"{way}: {error}"
        return
    print(f"  {way}  {time.monotonic() - begin:5.1f} s")
    if any(output.get("name") == "stderr" for output in outputs):
        yield f"{way}: it writes to stderr"
    if _pictures(place) != script.pictures:
        yield f"{way}: it draws other pictures than the script"
    if solved and importlib.util.find_spec("jupytext") is not None:
        yield from _jupytext_faults(lesson)


def _outputs(lesson: Lesson, solved: bool, folder: Path) -> list[dict[str, Any]]:
    """Run a notebook: what its cells put out."""
    import nbformat
    from nbclient import NotebookClient

    folder.mkdir(parents=True)
    made = nbformat.reads(json.dumps(notebook(lesson, solved)), as_version=4)
    nbformat.validate(made)
    client = NotebookClient(
        made, timeout=PATIENCE, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute(env=environment(folder), stderr=subprocess.DEVNULL)  # the kernel's own remarks
    outputs: list[dict[str, Any]] = []
    for output in (one for cell in made.cells for one in cell.get("outputs", ())):
        # How much is printed at once depends on how busy the machine is.
        if outputs and output.get("name") and output.get("name") == outputs[-1].get("name"):
            outputs[-1]["text"] += output["text"]
        else:
            outputs.append(dict(output))
    return outputs


def _jupytext_faults(lesson: Lesson) -> Iterator[str]:
    """Where jupytext reads the file in another way."""
    import jupytext

    theirs = [cell.source for cell in jupytext.read(lesson.path).cells]
    ours = [cell.source for cell in lesson.cells]
    if theirs != ours:
        yield "jupytext cuts it into other cells"


def main(numbers: list[str]) -> int:
    """Run lessons and print what is wrong."""
    bad = 0
    for lesson in [find_lesson(number) for number in numbers] or lessons():
        print(f"{lesson.path.stem}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for fault in faults(lesson, Path(folder)):
                bad += 1
                print(f"  FAULT     {fault}", flush=True)
    print(f"{bad} faults" if bad else "all is well")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
