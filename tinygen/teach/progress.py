"""What a student has done, in one file of the course's folder.

The file is small and plain, holds no names of people, and may be committed. A mark "done" belongs
to what the function was when it passed: whoever changes the function is asked to check it again.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.teach.cells import LessonError
from tinygen.teach.course import find_exercise
from tinygen.teach.student import course_folder, digest, file_of

__all__ = ["FILE", "FORMAT", "Progress"]

FILE = ".tinygen-progress.json"

FORMAT = 1


@dataclass
class Progress:
    """What was done, predicted, read and asked for.

    Parameters
    ----------
    folder : Path
        Of the course: where the file and the exercises are.
    current : str
        The exercise that was checked last.
    passed : dict of str to str
        For each exercise that passed, the digest of the student's function at that time.
    predictions : dict of str to tuple of str and bool
        For each question the letter that was chosen, and whether it was right.
    position : dict of str to int
        For each lesson the cell at which it is to be resumed.
    hints : dict of str to int
        How many hints to an exercise were read.
    """

    folder: Path
    current: str = ""
    passed: dict[str, str] = field(default_factory=dict)
    predictions: dict[str, tuple[str, bool]] = field(default_factory=dict)
    position: dict[str, int] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path | None = None) -> Progress:
        """Read the file of a folder.

        One that cannot be read is kept under another name, with a warning.

        Parameters
        ----------
        folder : Path, optional
            Of the course; by default the student's (:func:`course_folder`), or else the current.

        Returns
        -------
        Progress
            Empty where there is no file.
        """
        folder = folder or _folder()
        path = folder / FILE
        try:
            content = json.loads(path.read_bytes())
            if not isinstance(content, dict) or content.get("format") != FORMAT:
                raise ValueError(f"it is not of format {FORMAT}")
        except FileNotFoundError:
            return cls(folder)
        except (ValueError, RecursionError) as error:
            aside = _free_name(path)
            os.replace(path, aside)
            message = text("progress unreadable", file=path, aside=aside.name, reason=error)
            warnings.warn(message, stacklevel=2)
            return cls(folder)
        progress = cls(folder, **_known(content))
        progress._seen = _known(content)
        return progress

    def save(self) -> None:
        """Write the file, whole or not at all.

        What the file has by now stays, but for what was changed here since it was read: a lesson
        that is stepped through in one terminal must not undo what is checked in another.
        """
        self._take_over(Progress.load(self.folder))
        content = {
            "format": FORMAT,
            "current": self.current,
            "done": self.passed,
            "predictions": self.predictions,
            "position": self.position,
            "hints": self.hints,
        }
        with whole_file(self.folder / FILE, "w") as file:
            file.write(json.dumps(content, indent=1, sort_keys=True) + "\n")
        self._seen = _known(json.loads(json.dumps(content)))

    def _take_over(self, latest: Progress) -> None:
        """Become the latest that was kept, with the changes that were made here."""
        if self.current == self._seen.get("current", ""):
            self.current = latest.current
        for name in ("passed", "predictions", "position", "hints"):
            mine, seen = getattr(self, name), self._seen.get(name, {})
            changed = {key: value for key, value in mine.items() if seen.get(key) != value}
            taken_back = seen.keys() - mine.keys()
            merged = {**getattr(latest, name), **changed}
            mine.clear()
            mine.update({k: v for k, v in merged.items() if k not in taken_back})

    def done(self, exercise: str) -> bool:
        """Whether an exercise has passed, and its function is still the same.

        Parameters
        ----------
        exercise : str
            Its number, such as ``"06.1"``.

        Returns
        -------
        bool
        """
        return exercise in self.passed and self.passed[exercise] == self._digest(exercise)

    def mark(self, exercise: str) -> None:
        """Note that an exercise passed as it is now.

        Parameters
        ----------
        exercise : str
        """
        self.passed[exercise] = self._digest(exercise)

    def unmark(self, exercise: str) -> None:
        """Note that an exercise did not pass.

        Parameters
        ----------
        exercise : str
        """
        self.passed.pop(exercise, None)

    def _digest(self, exercise: str) -> str:
        try:
            found = find_exercise(exercise)
            return digest(file_of(found, self.folder), found.name)
        except (LessonError, OSError, SyntaxError, ValueError):
            return ""


def _folder() -> Path:
    try:
        return course_folder()
    except LessonError:
        return Path.cwd()


def _known(content: dict[str, Any]) -> dict[str, Any]:
    """What a file says, as far as it is understood: the rest was written by another version."""
    return {
        "current": str(content.get("current", "")),
        "passed": {k: v for k, v in _dictionary(content, "done") if isinstance(v, str) and v},
        "predictions": {
            k: (v[0], v[1])
            for k, v in _dictionary(content, "predictions")
            if isinstance(v, list) and [type(part) for part in v] == [str, bool]
        },
        "position": {k: v for k, v in _dictionary(content, "position") if type(v) is int},
        "hints": {k: v for k, v in _dictionary(content, "hints") if type(v) is int},
    }


def _dictionary(content: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    value = content.get(name)
    return list(value.items()) if isinstance(value, dict) else []


def _free_name(path: Path) -> Path:
    """A name beside a file that nothing has."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.unreadable-{number}.json")).exists():
        number += 1
    return aside
