"""``tinygen lessons``: the list of the lessons, their pages, and their notebooks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.cli.options import Commands, command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.teach.course import Lesson
    from tinygen.teach.progress import Progress

__all__ = ["add_arguments", "run"]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    lessons = command(commands, "lessons")
    actions = lessons.add_subparsers(
        dest="action", metavar="ACTION", title=text("help title commands")
    )
    about = text("lessons help html")
    html = actions.add_parser("html", help=about, description=about)
    html.add_argument("folder", type=Path, metavar="DIR", help=text("lessons help folder"))
    html.add_argument("lessons", nargs="*", metavar="LESSON", help=text("lessons help which"))
    about = text("lessons help notebook")
    notebook = actions.add_parser("notebook", help=about, description=about)
    notebook.add_argument("lesson", metavar="LESSON", help=text("lessons help lesson"))
    notebook.add_argument("--solved", action="store_true", help=text("lessons help solved"))
    notebook.add_argument("--out", type=Path, metavar="FILE", help=text("lessons help out"))


def run(options: Namespace) -> int:
    """List the lessons, or make pages or a notebook of them.

    Parameters
    ----------
    options : Namespace
        ``action``, and for "html" ``folder`` and ``lessons``, for "notebook" ``lesson``, ``solved``
        and ``out``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    LessonError
        If there is no such lesson.
    UsageError
        If nothing can be written there.
    RefusedError
        If a lesson fails.
    OSError
        If writing fails.
    """
    actions = {None: _list, "html": _pages, "notebook": _notebook}
    actions[options.action](options)
    return 0


def _pages(options: Namespace) -> None:
    from tinygen.cli.errors import RefusedError
    from tinygen.cli.output import prepare
    from tinygen.teach.course import find_lesson, lessons
    from tinygen.teach.showing.book import write_book
    from tinygen.teach.showing.stage import CellError

    chosen = [find_lesson(number) for number in options.lessons] or lessons()
    prepare(options.folder)
    try:
        index, *_ = write_book(options.folder, chosen)
    except CellError as error:
        raise RefusedError(text("lessons failed", told=error)) from error
    print(text("book index", page=index))


def _notebook(options: Namespace) -> None:
    from tinygen.teach.course import find_lesson
    from tinygen.teach.showing.notebook import write_notebook

    lesson = find_lesson(options.lesson)
    path = options.out or Path(f"{lesson.path.stem}.ipynb")
    write_notebook(lesson, path, options.solved)
    print(text("lessons notebook", path=path))


# ---- the list ------------------------------------------------------------------------------------


def _list(options: Namespace) -> None:
    from tinygen.cli.tables import print_rows
    from tinygen.teach.course import lessons
    from tinygen.teach.progress import Progress

    progress, known = Progress.load(), lessons()
    columns = ("lesson", "minutes", "exercises", "read")
    head = [text(f"lessons column {name}") for name in columns]
    print_rows([head, *(_row(lesson, progress) for lesson in known)])
    unread = [one.number for one in known if not _is_read(one, progress)]
    print()
    if not _is_in_course():
        print(text("lessons no folder"))
    print(text("lessons next", number=(unread or [known[0].number])[0]))


def _is_in_course() -> bool:
    from tinygen.teach.cells import LessonError
    from tinygen.teach.student import course_folder

    try:
        course_folder()
    except LessonError:
        return False
    return True


def _row(lesson: Lesson, progress: Progress) -> list[str]:
    done, count = sum(map(progress.done, lesson.exercises)), len(lesson.exercises)
    exercises = text(
        "lessons exercises" if count else "lessons no exercises", done=done, count=count
    )
    return [
        f"{lesson.number} · {lesson.title}",
        str(lesson.minutes),
        exercises,
        _read(lesson, progress),
    ]


def _is_read(lesson: Lesson, progress: Progress) -> bool:
    from tinygen.teach.showing.stepper import steps_of

    return progress.position.get(lesson.number, 0) >= len(steps_of(lesson))


def _read(lesson: Lesson, progress: Progress) -> str:
    """How far the learner has stepped."""
    from tinygen.teach.showing.stepper import steps_of

    number = progress.position.get(lesson.number, 0)
    if _is_read(lesson, progress):
        return text("lessons read")
    if not number:
        return text("lessons not begun")
    return text("lessons begun", step=number + 1, steps=len(steps_of(lesson)))
