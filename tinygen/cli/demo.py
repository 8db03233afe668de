"""``tinygen demo``: a model of each family learns, and a page shows what it learned."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tinygen import __version__, backend, data
from tinygen.cli.arguments import FAMILIES, FETCH_SECONDS
from tinygen.cli.cores import say_if_busy
from tinygen.cli.demo_models import (
    Completing,
    Drawing,
    Packing,
    Reading,
    Results,
    Study,
    complete,
    draw_by_class,
    pack,
    read,
)
from tinygen.cli.demo_pictures import DRAWINGS, overview
from tinygen.cli.errors import INTERRUPTED
from tinygen.cli.output import prepare
from tinygen.cli.page import Chapter, Page, Picture, Table, render
from tinygen.cli.sets import load, mnist
from tinygen.data import ImageSet
from tinygen.io import whole_file
from tinygen.io.messages import text

__all__ = ["run"]

PAGE, OVERVIEW = "index.html", "overview"


def run(options: Namespace) -> int:
    """Train, test, draw, and write the page.

    Parameters
    ----------
    options : Namespace
        ``only`` (families, None for all), ``epochs`` (None for as many as the data want),
        ``seed``, ``device``, ``out``, ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If nothing can be written into the folder.
    BackendError
        If there is no GPU to be used.
    DataError, OSError
        If the files of MNIST are there but damaged, or a result cannot be written.
    """
    backend.get(options.device)  # says at once why there is no GPU
    prepare(options.out)
    say_if_busy()
    try:
        _make(options)
    except KeyboardInterrupt:
        print()
        print(text("demo lost", path=options.out / PAGE))
        return INTERRUPTED
    print(text("demo page", path=options.out / PAGE))
    return 0


def _make(options: Namespace) -> None:
    """All of it."""
    started = time.perf_counter()
    name, pictures = _pictures(options.offline)
    study = Study(name, pictures, options.epochs, options.seed, options.device, Path(options.out))
    results, tables = _learn_all(study, options.only or FAMILIES)

    print(text("demo drawing"))
    drawn = {
        name: _drawn(name, results)
        for name, drawing in DRAWINGS.items()
        if getattr(results, drawing.family) is not None
    }
    with whole_file(options.out / PAGE, "w") as file:
        file.write(render(_page(results, tables, drawn, options)))
    print(text("demo time", seconds=time.perf_counter() - started))


def _learn_all(study: Study, families: Sequence[str]) -> tuple[Results, dict[str, Table]]:
    """Train one of each family, and say how good each is as soon as it is known."""
    results, tables = Results(study), {}
    for family in families:
        result = _learn(family, results)
        setattr(results, family, result)
        table = result.table()
        if table is None:
            print(text("demo unread"))
        else:
            tables[family] = table
            _print_table(table)
    return results, tables


def _learn(family: str, results: Results) -> Reading | Packing | Drawing | Completing:
    """Train one."""
    if family == "cnn":
        return read(results.study)
    if family == "vae":
        return pack(results.study)
    if family == "gan":
        return draw_by_class(results.study, results.cnn)
    return complete(results.study)


def _print_table(table: Table) -> None:
    lines = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print()
    for what, *numbers in lines:
        cells = "".join(
            f"  {number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True)
        )
        print(f"  {what:<{widths[0]}}{cells}")
    print(f"\n{table.note}\n")


# ---- data --------------------------------------------------------------------------------------


def _pictures(offline: bool) -> tuple[str, ImageSet]:
    """MNIST where it is or can be had, drawn characters otherwise; and say which."""
    print(text("demo looking"))
    try:
        name, pictures = "mnist", mnist(offline, text("demo fetching", seconds=FETCH_SECONDS))
    except data.DataNotFoundError as error:
        print(text("demo no mnist offline" if offline else "demo no mnist", reason=error.reason))
        name, pictures = "glyphs", load("glyphs", offline)
    print(
        text(
            "demo data", name=pictures.name, train=len(pictures.train_images),
            test=len(pictures.test_images),
        )
    )  # fmt: skip
    return name, pictures


# ---- the page ----------------------------------------------------------------------------------


def _drawn(name: str, results: Results) -> Picture:
    """Draw a picture, save it, and say what is to be seen in it."""
    drawing = DRAWINGS[name]
    result = getattr(results, drawing.family)
    return _saved(name, drawing.draw(result), results, result.facts(), drawing.wide)


def _saved(
    name: str, figure: Any, results: Results, facts: Mapping[str, Any], wide: bool
) -> Picture:
    from tinygen.plots import save_figure

    save_figure(figure, results.study.out / f"{name}.png")
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    return Picture(
        name, width, height, text(f"page {name}", **facts), text(f"page {name} caption", **facts),
        text(f"page {name} alt", **facts), wide,
    )  # fmt: skip


def _page(
    results: Results, tables: Mapping[str, Table], drawn: Mapping[str, Picture], options: Namespace
) -> Page:
    study, pictures = results.study, results.study.pictures
    seconds = sum(result.learned.seconds for _, result in results.items())
    facts = {
        "name": pictures.name, "train": len(pictures.train_images), "seconds": seconds,
        "test": len(pictures.test_images), "seed": study.seed, "version": __version__,
        "folder": study.out, "class": pictures.classes[7],
        "epochs": f" --epochs {study.epochs}" if study.epochs else "",
        "only": f" --only {','.join(options.only)}" if options.only else "",
    }  # fmt: skip

    def say(key: str) -> str:
        return text(key, **facts)

    return Page(
        lead=say("page lead real" if pictures.is_real else "page lead drawn"),
        facts=[_fact(family, result) for family, result in results.items()],
        overview=_saved(OVERVIEW, overview(results), results, facts, wide=True),
        chapters=_chapters(results, tables, drawn),
        commands=[
            (say(f"page command {name}"), say(f"page command {name} does"))
            for name in _commands(results)
        ],
        footer=say("page footer"),
    )


def _fact(family: str, result: Any) -> tuple[str, str]:
    """The number of a model that matters most, and what it counts."""
    facts = result.facts()
    if family == "gan" and facts["agreement"] is None:
        family = "gan unread"
    return text(f"page fact {family} number", **facts), text(f"page fact {family}", **facts)


def _chapters(
    results: Results, tables: Mapping[str, Table], drawn: Mapping[str, Picture]
) -> list[Chapter]:
    """One for each model, and another look at the CNN at the end."""
    chapters = []
    for family, result in results.items():
        parts: list[Picture | Table] = _of_chapter(family, drawn)
        if family in tables:
            parts.insert(1, tables[family])
        chapters.append(_chapter(family, result.facts(), parts))
    if results.cnn is not None:
        chapters.append(_chapter("inside", results.cnn.facts(), _of_chapter("inside", drawn)))
    return chapters


def _of_chapter(chapter: str, drawn: Mapping[str, Picture]) -> list[Any]:
    return [picture for name, picture in drawn.items() if DRAWINGS[name].chapter == chapter]


def _chapter(name: str, facts: Mapping[str, Any], parts: list[Any]) -> Chapter:
    return Chapter(text(f"page chapter {name}"), text(f"page chapter {name} lead", **facts), parts)


def _commands(results: Results) -> list[str]:
    """What to type next, by the end of its key."""
    own = [family for family, _ in results.items()]
    return ["again", *(f"after {family}" for family in own), "own", "help"]
