"""The exercises as tests: for those who like ``pytest -m task06_3`` better than ``tinygen check``.

The folder that ``tinygen start`` lays has a small ``test_exercises.py`` that uses this. It is the
only file of the package that needs pytest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.teach.checking.from_file import checked, following, save_picture
from tinygen.teach.checking.verdict import lines_of
from tinygen.teach.course import find_exercise, lessons
from tinygen.teach.progress import Progress

if TYPE_CHECKING:
    import pytest

__all__ = ["fail_unless_right", "numbers", "register_marks"]


def numbers() -> list[Any]:
    """All exercises, each with its mark: ``task06_3`` for 06.3.

    Returns
    -------
    list of pytest.param
    """
    import pytest

    return [
        pytest.param(number, marks=getattr(pytest.mark, _mark(number)), id=number)
        for lesson in lessons()
        for number in lesson.exercises
    ]


def register_marks(config: pytest.Config) -> None:
    """Tell pytest the marks.

    Parameters
    ----------
    config : pytest.Config
    """
    for lesson in lessons():
        for exercise in lesson.exercises.values():
            mark = f"{_mark(exercise.number)}: {exercise.title}"
            config.addinivalue_line("markers", mark)


def fail_unless_right(number: str, folder: Path | None = None) -> None:
    """Check an exercise, and fail with what the checker says.

    Parameters
    ----------
    number : str
    folder : Path, optional
        Of the course; by default the current one.
    """
    import pytest

    progress = Progress.load(folder)
    verdict = checked(find_exercise(number), progress.folder)
    if verdict.passed:
        progress.mark(number)
        progress.save()
        return
    picture = save_picture(verdict, progress.folder)
    pytest.fail("\n".join(lines_of(verdict, picture, following(verdict, progress))), pytrace=False)


def _mark(number: str) -> str:
    return f"task{number.replace('.', '_')}"
