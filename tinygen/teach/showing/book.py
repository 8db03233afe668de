"""The lessons as pages: run, with what each cell printed and drew below it.

A page is one file that asks nothing of a network. What a reader should first think about (answers,
hints, solutions) opens at a click; answers to questions open by themselves on paper.
"""

from __future__ import annotations

import base64
import io
import struct
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from html import escape
from pathlib import Path

from tinygen.io.files import whole_file
from tinygen.io.messages import text
from tinygen.plots.html import document
from tinygen.teach.cells import Cell, without_marks, without_questions
from tinygen.teach.classroom import LETTERS, Classroom, take_over
from tinygen.teach.course import Lesson, lessons
from tinygen.teach.exercises import Exercise
from tinygen.teach.showing.book_style import SCRIPT, STYLE
from tinygen.teach.showing.markdown import highlighted, to_html
from tinygen.teach.showing.stage import Stage
from tinygen.teach.student import stub

__all__ = ["write_book"]

INDEX = "index.html"

PIXELS = 96 / 160
"""Of a page for each of a picture: an inch of a figure is an inch of the page."""


def write_book(
    folder: Path, chosen: Sequence[Lesson], tell: Callable[[str], None] = print
) -> list[Path]:
    """Run lessons and write a page of each, and a page that lists all pages of the folder.

    Parameters
    ----------
    folder : Path
    chosen : sequence of Lesson
    tell : callable
        Gets a line for each lesson that is done.

    Returns
    -------
    list of Path
        The index, and the pages of these lessons.

    Raises
    ------
    CellError
        If a cell fails; the pages before it are written.
    """
    known = [one for one in lessons() if one in chosen or (folder / _file(one)).exists()]
    written = []
    for lesson in chosen:
        page, content = folder / _file(lesson), _page(lesson, known)
        with whole_file(page, "w") as file:
            file.write(content)
        tell(text("book written", number=lesson.number, page=page))
        written.append(page)
    with whole_file(folder / INDEX, "w") as file:
        file.write(_index(known))
    return [folder / INDEX, *written]


def _file(lesson: Lesson) -> str:
    return f"{lesson.path.stem}.html"


# ---- running -----------------------------------------------------------------------------------


class Author(Classroom):
    """Who writes down what a lesson says and shows, as HTML."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        self._heard = io.StringIO()
        self._written: list[str] = []
        self._options: dict[str, Sequence[str]] = {}

    def written(self) -> str:
        """What there is since the last time."""
        self._write("")
        written = "".join(self._written)
        self._written.clear()
        return written

    def show(self, path: Path, alt: str) -> None:
        """A picture, inside the page."""
        picture = path.read_bytes()
        width, height = (round(size * PIXELS) for size in struct.unpack(">II", picture[16:24]))
        source = "data:image/png;base64," + base64.b64encode(picture).decode()
        words = escape(alt)
        self._write(
            f'<div class="shown"><div class="paper"><img src="{source}" width="{width}" '
            f'height="{height}" alt="{words}"></div>\n<p aria-hidden="true">{words}</p></div>\n'
        )

    def predict(self, key: str, question: str, options: Sequence[str]) -> None:
        """A question; its answer comes later."""
        self._options[key] = options
        items = "\n".join(f"<li>{escape(option)}</li>" for option in options)
        self._write(
            f'<div class="question" id="{key}"><p class="label">{text("book predict")}</p>\n'
            f"<p>{escape(question)}</p>\n<ol>\n{items}\n</ol>\n"
            f'<p class="later"><a href="#{key}-answer">{text("book later")}</a></p></div>\n'
        )

    def reveal(self, key: str, answer: str, why: str) -> None:
        """The answer, folded."""
        option = self._options[key][LETTERS.index(answer)]
        self._write(
            f'<details class="answer" id="{key}-answer"><summary>{text("book answer")}</summary>\n'
            f"<p><strong>{answer}) {escape(option)}</strong></p>\n<p>{escape(why)}</p></details>\n"
        )

    def listen(self) -> redirect_stdout[io.StringIO]:
        """Hear what is printed."""
        return redirect_stdout(self._heard)

    def _write(self, html: str) -> None:
        """HTML below what was printed before it."""
        printed = self._heard.getvalue().strip("\n")
        if printed:
            self._written.append(f'<pre class="output">{escape(printed)}</pre>\n')
        self._heard.seek(0)
        self._heard.truncate()
        self._written.append(html)


def _body(lesson: Lesson) -> str:
    """The cells with what they print and draw."""
    parts = []
    with tempfile.TemporaryDirectory() as out, Stage(lesson) as stage:
        author = Author(Path(out))
        before = take_over(author)
        try:
            for cell in lesson.cells:
                if cell.kind == "markdown":
                    parts.append(_words(lesson, cell))
                    continue
                with author.listen():
                    stage.run(cell)
                parts.append(_code(lesson, cell) + author.written())
        finally:
            take_over(before)
    return "".join(parts)


# ---- pages -------------------------------------------------------------------------------------


def _page(lesson: Lesson, known: Sequence[Lesson]) -> str:
    builds_on = ", ".join(lesson.head.marks.get("builds_on", ()))
    about = "book lead" if builds_on else "book lead first"
    lead = text(about, minutes=lesson.minutes, builds_on=builds_on)
    links = _links(lesson, known)
    body = f'{links}<div class="lesson">\n{_body(lesson)}</div>\n{links}'
    title = f"{lesson.number} · {lesson.title}"
    return document(title, lead, body, text("book footer"), STYLE, SCRIPT)


def _links(lesson: Lesson, known: Sequence[Lesson]) -> str:
    """To the lessons before and after, and to all."""
    place = known.index(lesson)
    before, after = known[:place][-1:], known[place + 1 :][:1]
    return (
        "<nav>\n"
        + "".join(f'<a href="{_file(one)}">← {_name(one)}</a>\n' for one in before)
        + f'<a href="{INDEX}">{text("book all")}</a>\n'
        + "".join(f'<a href="{_file(one)}">{_name(one)} →</a>\n' for one in after)
        + f'<button type="button" class="unfold">{text("book unfold")}</button>\n</nav>\n'
    )


def _name(lesson: Lesson) -> str:
    return escape(f"{lesson.number} · {lesson.title}")


def _index(known: Sequence[Lesson]) -> str:
    rows = "\n".join(
        f'<li><a href="{_file(one)}">{_name(one)}</a> '
        f"<span>{text('book minutes', minutes=one.minutes)}</span></li>"
        for one in known
    )
    body = f'<ul class="contents">\n{rows}\n</ul>\n'
    return document(text("book title"), text("book about"), body, text("book footer"), STYLE)


def _words(lesson: Lesson, cell: Cell) -> str:
    if "hints" in cell.marks:
        return ""  # they stand with their exercise
    if "teacher" in cell.marks:
        return _folded("teacher", text("book teacher"), to_html(cell.source))
    source = cell.source
    if cell is lesson.head:  # its heading is the title of the page
        source = source.partition("\n")[2]
    return f'<div class="words">\n{to_html(source)}</div>\n'


def _code(lesson: Lesson, cell: Cell) -> str:
    if "exercise" in cell.marks:
        return _exercise(lesson.exercises[cell.marks["exercise"]])
    source = without_questions(cell.source)
    title = f'<p class="caption">{escape(cell.title)}</p>\n' if cell.title and source else ""
    return title + (highlighted(source) if source else "")


def _exercise(exercise: Exercise) -> str:
    """The stub, and below it what is to be unfolded one by one: hints, and the solution."""
    given, count = stub(exercise), len(exercise.hints)
    folded = [
        _folded("hint", text("book hint", number=number, count=count), to_html(hint))
        for number, hint in enumerate(exercise.hints, 1)
    ]
    if given != exercise.source:
        solution = highlighted(without_marks(exercise.source))
        folded.append(_folded("solution", text("book solution"), solution))
    label, size = (escape(text(f"book {name}", **vars(exercise))) for name in ("exercise", "size"))
    return (
        f'<div class="exercise"><p class="label">{label}</p>\n<p>{size}</p>\n'
        f"{highlighted(given)}{''.join(folded)}</div>\n"
    )


def _folded(kind: str, summary: str, html: str) -> str:
    return f'<details class="{kind}"><summary>{summary}</summary>\n{html}</details>\n'
