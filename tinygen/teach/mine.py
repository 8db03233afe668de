"""The student's own functions, where they take the place of the reference's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from tinygen.io.messages import text
from tinygen.teach.course import Lesson, find_exercise, lessons
from tinygen.teach.reference import reference
from tinygen.teach.student import file_of

if TYPE_CHECKING:
    from tinygen.teach.progress import Progress

__all__ = ["functions_of", "mine_or_reference", "own_functions"]


def mine_or_reference(mine: Any, exercise: str) -> Any:
    """Your own function if you have written it, and else the reference's.

    Notebooks call it below each exercise, so that they run to their end whatever is written yet.

    Parameters
    ----------
    mine : callable
        The function or class of the cell above.
    exercise : str
        Its number, such as ``"06.1"``.

    Returns
    -------
    callable
    """
    name = find_exercise(exercise).name
    if _is_written(mine):
        print(text("lesson mine", number=exercise, name=name))
        return mine
    print(text("lesson not mine", number=exercise, name=name))
    return reference(exercise)


def _is_written(mine: Any) -> bool:
    """Whether no part of it raises NotImplementedError any more, as the stub does."""
    names = (function.__code__.co_names for function in functions_of(mine))
    return not any("NotImplementedError" in used for used in names)


def functions_of(mine: Any) -> Iterator[FunctionType]:
    """A function, or the methods of a class.

    Parameters
    ----------
    mine : callable

    Yields
    ------
    function
        Those that are written in Python.
    """
    for part in vars(mine).values() if isinstance(mine, type) else [mine]:
        function = getattr(part, "__func__", part)  # of a class method or a static one
        if isinstance(function, FunctionType):
            yield function


def own_functions(progress: Progress, upto: Lesson) -> dict[str, Any]:
    """The functions of a student that have passed their checks and are still the same.

    Parameters
    ----------
    progress : Progress
    upto : Lesson
        The last lesson whose exercises are looked for.

    Returns
    -------
    dict of str to callable
        By the number of the exercise. What they need of other exercises is the student's too where
        that has passed, and else the reference's.

    Raises
    ------
    Exception
        Whatever a file of the student's raises when it is run.
    """
    passed = [
        exercise
        for lesson in lessons()
        if lesson.number <= upto.number
        for exercise in lesson.exercises.values()
        if progress.done(exercise.number)
    ]
    files = {file: _run(file) for file in {file_of(one, progress.folder) for one in passed}}
    names = {one.number: files[file_of(one, progress.folder)].__dict__ for one in passed}
    own = {one.number: names[one.number][one.name] for one in passed}
    for exercise in passed:
        for needed in exercise.needs:
            function = own[needed] if needed in own else reference(needed)
            names[exercise.number][find_exercise(needed).name] = function
    return own


def _run(file: Path) -> ModuleType:
    """A file of the student's as a module."""
    module = ModuleType(f"exercises_{file.stem}")
    module.__file__ = str(file)
    source = file.read_text(encoding="utf-8")
    exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)
    return module
