"""The page of the demo, and the parts of it that the pages of the tasks have too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tinygen.io.messages import text
from tinygen.plots.html import document

__all__ = [
    "Chapter", "Gallery", "Notes", "Page", "Part", "Picture", "Table", "render", "section",
]  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A picture of the page and what is to be seen in it.

    Attributes
    ----------
    name : str
        Of the file.
    width, height : int
        In pixels of the page, at which letters in all pictures have one size.
    heading, caption : str
    alt : str
        What it shows, for those who do not see it.
    wide : bool
        Whether it wants the whole width.
    inside : str
        The picture itself as an address, to stand inside of the page; otherwise it is the file.
    """

    name: str
    width: int
    height: int
    heading: str
    caption: str
    alt: str
    wide: bool = False
    inside: str = ""


@dataclass(frozen=True)
class Table:
    """Numbers beside what they are to be compared with.

    Attributes
    ----------
    heading : str
    head : sequence of str
        Above the columns.
    rows : sequence of sequences of str
    note : str
        Below; may be empty.
    is_last_row_own : bool
        Whether the last row is the model's own, to be told from those above.
    is_third_column_foreign : bool
        Whether a third column is no result of this run, in the model's own row either.
    """

    heading: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str
    is_last_row_own: bool = True
    is_third_column_foreign: bool = True


@dataclass(frozen=True)
class Gallery:
    """Small pictures with sharp pixels: for each that was worked on a card, with what became of it.

    Attributes
    ----------
    heading, caption : str
    columns : sequence of str
        What each picture of a card is; said below the pictures if there are several.
    cards : sequence of (str, sequence of str)
        A name, and an address for each column.
    sizes : sequence of (int, int)
        Width and height of the pictures of each column, in pixels of the page.
    more : str
        Below; may be empty.
    """

    heading: str
    caption: str
    columns: Sequence[str]
    cards: Sequence[tuple[str, Sequence[str]]]
    sizes: Sequence[tuple[int, int]]
    more: str = ""


@dataclass(frozen=True)
class Notes:
    """Sentences below each other.

    Attributes
    ----------
    heading : str
    lines : sequence of str
    """

    heading: str
    lines: Sequence[str]


Part = Picture | Table | Gallery | Notes
"""What a page consists of."""


@dataclass(frozen=True)
class Chapter:
    """What one model is, what it made, and how good that is.

    Attributes
    ----------
    heading, lead : str
    parts : sequence of Picture and Table
        In the order of the page.
    """

    heading: str
    lead: str
    parts: Sequence[Picture | Table]


@dataclass(frozen=True)
class Page:
    """All that the page says.

    Attributes
    ----------
    lead : str
        What was done, below the title.
    facts : sequence of (str, str)
        Large numbers, and what they count.
    overview : Picture
        All at a glance.
    chapters : sequence of Chapter
    commands : sequence of (str, str)
        What to type next, and what it does.
    footer : str
    """

    lead: str
    facts: Sequence[tuple[str, str]]
    overview: Picture
    chapters: Sequence[Chapter]
    commands: Sequence[tuple[str, str]]
    footer: str


def render(page: Page) -> str:
    """The HTML of a page.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
    """
    facts = "".join(
        f"<div><dt>{escape(what)}</dt><dd>{escape(number)}</dd></div>\n"
        for number, what in page.facts
    )
    commands = "".join(
        f"<dt><code>{escape(command)}</code></dt><dd>{escape(what)}</dd>\n"
        for command, what in page.commands
    )
    overview = f"<h2>{escape(page.overview.heading)}</h2>"
    chapters = "\n".join(map(_chapter, page.chapters))
    body = (
        f'<dl class="facts">\n{facts}</dl>\n'
        f"{_picture(page.overview, overview, more=' overview')}\n{chapters}\n"
        f'<div class="chapter">\n<h2>{escape(text("page next"))}</h2>\n</div>\n'
        f'<section>\n<dl class="commands">\n{commands}</dl>\n</section>'
    )
    return document(text("page title"), page.lead, body, page.footer)


def section(part: Part, level: int = 3) -> str:
    """The HTML of a part of a page, under a heading of this level."""
    heading = f"<h{level}>{escape(part.heading)}</h{level}>"
    if isinstance(part, Picture):
        return _picture(part, heading)
    if isinstance(part, Table):
        return _table(part, heading)
    if isinstance(part, Gallery):
        return _gallery(part, heading)
    return _notes(part, heading)


def _chapter(chapter: Chapter) -> str:
    return (
        f'<div class="chapter">\n<h2>{escape(chapter.heading)}</h2>\n'
        f"<p>{escape(chapter.lead)}</p>\n</div>\n" + "\n".join(map(section, chapter.parts))
    )


def _picture(picture: Picture, heading: str, more: str = "") -> str:
    """A heading, what is to be seen, and the picture; one in a file opens alone at a click."""
    file = picture.inside or f"{picture.name}.png"
    image = (
        f'<img src="{file}" width="{picture.width}" height="{picture.height}" '
        f'alt="{escape(picture.alt)}">'
    )
    paper = (
        f'<div class="paper">{image}</div>'
        if picture.inside
        else (f'<a class="paper" href="{file}">{image}</a>')
    )
    return (
        f'<section class="{"wide" if picture.wide else "figure"}{more}">\n'
        f"<div>{heading}\n<p>{escape(picture.caption)}</p></div>\n{paper}\n</section>"
    )


def _table(table: Table, heading: str) -> str:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    lines, own = [f"<tr>{cells}</tr>"], "own foreign" if table.is_third_column_foreign else "own"
    for row in table.rows:
        is_own = f' class="{own}"' if table.is_last_row_own and row is table.rows[-1] else ""
        numbers = "".join(f"<td>{escape(number)}</td>" for number in row[1:])
        lines.append(f'<tr{is_own}><th scope="row">{escape(row[0])}</th>{numbers}</tr>')
    rows = "\n".join(lines)
    note = f'<p class="note">{escape(table.note)}</p>\n' if table.note else ""
    return (
        f'<section>\n{heading}\n<div class="scroll">\n<table>\n{rows}\n'
        f"</table>\n</div>\n{note}</section>"
    )


def _gallery(gallery: Gallery, heading: str) -> str:
    cards = "\n".join(_card(gallery, name, sources) for name, sources in gallery.cards)
    more = f'<p class="note">{escape(gallery.more)}</p>\n' if gallery.more else ""
    return (
        f"<section>\n{heading}\n<p>{escape(gallery.caption)}</p>\n"
        f'<div class="cards">\n{cards}\n</div>\n{more}</section>'
    )


def _card(gallery: Gallery, name: str, sources: Sequence[str]) -> str:
    is_alone = len(gallery.columns) == 1
    tiles = "\n".join(
        _tile(f"{name}: {column}", "" if is_alone else column, source, *size)
        for column, source, size in zip(gallery.columns, sources, gallery.sizes, strict=True)
    )
    return (
        f'<div class="card">\n<p class="name">{escape(name)}</p>\n'
        f'<div class="tiles">\n{tiles}\n</div>\n</div>'
    )


def _tile(alt: str, caption: str, source: str, width: int, height: int) -> str:
    shape = "long" if width > 2 * height else "square"
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure class="{shape}" style="--width: {width}px"><img src="{source}" width="{width}" '
        f'height="{height}" alt="{escape(alt)}">{words}</figure>'
    )


def _notes(notes: Notes, heading: str) -> str:
    lines = "\n".join(f"<li>{escape(line)}</li>" for line in notes.lines)
    return f'<section>\n{heading}\n<ul class="notes">\n{lines}\n</ul>\n</section>'
