"""What a student's process is kept from, on which system.

- **Linux with bubblewrap** (``bwrap``, where the system lets it make namespaces): the process sees
  Python, NumPy and its own folder, all read-only, and an empty ``/tmp`` that is gone afterwards. It
  sees no lessons and no answers, no other submission, no home, no other process and no network.
- **Inside a container** (such as Gradescope's) bubblewrap mostly may not work. Then the container
  protects the machine, but not the lessons and answers that are installed in it.
- **macOS, Windows, and Linux without bubblewrap**: the process has limits: of time everywhere, of
  the size of files but on Windows, of memory on Linux. On Linux it can start no process, send no
  signal and open no connection. Everywhere it can read and write all files that the user can.

For one's own code (``tinygen check``) the last is enough; for other people's it is not.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

import tinygen
from tinygen.teach.cells import LessonError
from tinygen.teach.course import lessons_folder

__all__ = ["NONE", "Bubblewrap", "Isolation", "best_isolation"]

PACKAGE = Path(tinygen.__file__).parent

CHILDS = [Path(__file__).with_name(f"{name}.py") for name in ("child", "confine", "transport")]
"""The files of the package that the process needs."""

SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
"""Mostly links into ``/usr``."""

ETC = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")
"""How the libraries are found that Python loads."""

SCRATCH = 64 << 20
"""Bytes that can be written to ``/tmp``."""

SUBMISSION = "/submission"


@dataclass(frozen=True)
class Isolation:
    """None at all: a child process with limits, which reads and writes what its user may.

    Parameters
    ----------
    name : str
    """

    name: str = "none"

    @property
    def isolates(self) -> bool:
        """Whether answers and other people's files are out of reach."""
        return False

    def command(self, command: Sequence[str], folder: Path, library: bool = False) -> list[str]:
        """The command that runs a command in isolation.

        Parameters
        ----------
        command : sequence of str
        folder : Path
            The submission's, in which it runs.
        library : bool
            Whether it may use all of tinygen (but for the lessons).

        Returns
        -------
        list of str
        """
        return list(command)


NONE = Isolation()


@dataclass(frozen=True)
class Bubblewrap(Isolation):
    """Namespaces of its own, made by bubblewrap.

    Parameters
    ----------
    name : str
    program : str
        The path of ``bwrap``.
    """

    name: str = "bubblewrap"
    program: str = "bwrap"

    @property
    def isolates(self) -> bool:
        """Whether answers and other people's files are out of reach."""
        return True

    def command(self, command: Sequence[str], folder: Path, library: bool = False) -> list[str]:
        """The command that runs a command in isolation; see :meth:`Isolation.command`."""
        return [
            self.program,
            *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
            *_system(),
            *_python(),
            *_package(library),
            *("--ro-bind", str(folder), SUBMISSION, "--chdir", SUBMISSION),
            *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
            *command,
        ]


@cache
def best_isolation() -> Isolation:
    """The strongest isolation that works on this machine.

    Returns
    -------
    Isolation
        ``NONE`` if none does.
    """
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    if program is None:
        return NONE
    isolation = Bubblewrap(program=program)
    trial = isolation.command([sys.executable, "-I", "-c", "import math"], Path(os.path.sep, "usr"))
    try:
        done = subprocess.run(trial, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return NONE
    return isolation if done.returncode == 0 else NONE


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), str(place)]
        elif place.exists():
            words += ["--ro-bind", str(place), str(place)]
    for name in ETC:
        words += ["--ro-bind-try", name, name]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for place in map(Path, ("/dev/shm", "/tmp")):
        words += ["--size", str(SCRATCH), "--tmpfs", str(place)]
    return words


def _python() -> list[str]:
    """Python's folders, and NumPy's."""
    paths = sysconfig.get_paths()
    places = [
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).parent,
        Path(sys.executable).resolve().parent,
        *(Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(np.__file__).parents[1],
    ]
    words: list[str] = []
    bound = [Path("/usr")]
    for place in sorted({place for place in places if place.exists()}):  # outer folders first
        if not any(place.is_relative_to(outer) for outer in bound):
            bound.append(place)
            words += ["--ro-bind", str(place), str(place)]
    return words


def _package(library: bool) -> list[str]:
    """The part of tinygen that is to be seen, over whatever of it has been bound already."""
    seen = [PACKAGE] if library else CHILDS
    hidden = _answers()
    if not library:
        hidden = [PACKAGE, *(place for place in hidden if not place.is_relative_to(PACKAGE))]
    binds = [word for place in seen for word in ("--ro-bind", str(place), str(place))]
    empty = [word for place in hidden for word in ("--tmpfs", str(place))]
    full = [word for place in hidden for word in ("--remount-ro", str(place))]
    return [*binds, *empty, *full] if library else [*empty, *binds, *full]


def _answers() -> list[Path]:
    """The folders with answers, whether or not they would be seen."""
    places = [PACKAGE / "lessons", PACKAGE.parent / "lessons", PACKAGE.parent / "tests"]
    with contextlib.suppress(LessonError):
        places.append(lessons_folder())
    return sorted({place for place in places if place.exists()})
