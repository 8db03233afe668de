"""What a task leaves behind: a page, the numbers, and every picture in a file of its own."""

from __future__ import annotations

import base64
import io
import json
import math
import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen import __version__
from tinygen.cli.output import check, prepare
from tinygen.cli.page import Gallery, Notes, Part, Picture, Table, section
from tinygen.io.messages import text
from tinygen.plots.host import host, images_of
from tinygen.plots.html import document
from tinygen.tensors import Tensor, as_tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAGE", "RESULTS", "Report", "difference"]

PAGE, RESULTS = "index.html", "results.json"

SHOWN = 24
"""Pictures of a kind that the page shows; all of them are files."""

TILE = 140
"""Pixels of the page that a side of a small picture takes, about."""

ACROSS, GAP = 1000, 8
"""Pixels of the page in a row of pictures, and between two of them."""

UNUSUAL = re.compile(r"[^\w.+-]+")
"""What does not belong into the name of a file."""


def difference(before: Any, after: Any) -> Tensor:
    """By how much each value of pictures was changed, whichever way: ``|after - before|``.

    Parameters
    ----------
    before, after : Tensor or array of shape (N, C, H, W)
        From 0 to 1, of one shape.

    Returns
    -------
    Tensor of shape (N, C, H, W)
        From 0 to 1, on the device of ``after``.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    first, second = as_tensor(before), as_tensor(after)
    if first.shape != second.shape:
        raise ValueError(
            "difference compares pixel by pixel, got pictures of shapes "
            f"{tuple(first.shape)} and {tuple(second.shape)}: resize one to the other"
        )
    return (second.detach() - first.detach().to(second.device)).abs()


class Report:
    """Collects what a command has to tell, and writes all of it at once.

    Nothing is written before :meth:`save`; what an earlier run left stays until then, and is
    replaced only by a report that is complete. Make it before the work: it finds out whether the
    folder can be written to.

    Parameters
    ----------
    command : str
        The verb.
    out : Path
        The folder.
    title, lead : str
        Of the page: what this is, and what was done to what with which model.

    Raises
    ------
    UsageError
        If nothing can be written into the folder.
    """

    def __init__(self, command: str, out: Path, title: str, lead: str) -> None:
        check(out)
        self._command, self._out = command, out
        self._title, self._lead = title, lead
        self._numbers: dict[str, Any] = {}
        self._tables: list[Table] = []
        self._parts: list[Part] = []
        self._notes: list[str] = []
        self._files: dict[str, bytes] = {}

    def numbers(self, **values: Any) -> None:
        """Numbers and words for results.json, by name; lists and dictionaries of them too.

        NaN and infinities, which JSON has no word for, become null.
        """
        self._numbers.update(values)

    def table(
        self,
        heading: str,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        note: str = "",
        is_last_row_own: bool = True,
    ) -> None:
        """A table: baselines above, the model's own row last.

        Parameters
        ----------
        heading : str
        head : sequence of str
            Above the columns.
        rows : sequence of sequences of str
            Each begins with what it is about.
        note : str
            Below.
        is_last_row_own : bool
            False for a table of another kind, in which no row stands out.
        """
        table = Table(heading, head, rows, note, is_last_row_own, is_third_column_foreign=False)
        self._tables.append(table)
        self._parts.append(table)

    def pictures(
        self,
        heading: str,
        caption: str,
        columns: Mapping[str, Any],
        names: Sequence[str] | None = None,
    ) -> None:
        """Small pictures beside each other, such as before, after, and their difference.

        The page shows the first 24, enlarged with sharp pixels. Each picture is also written as
        ``COLUMN/NAME.png`` at its own size.

        Parameters
        ----------
        heading, caption : str
        columns : dict of str to Tensor or array of shape (N, C, H, W)
            From 0 to 1, with one or three channels; N is the same for all, the size need not be.
        names : sequence of str, optional
            Of the N pictures; by default their numbers from 1.

        Raises
        ------
        ValueError
            If the numbers of pictures or names differ, or a shape or range is wrong.
        """
        made = {column: _pngs(pictures, column) for column, pictures in columns.items()}
        counts = {column: len(pngs) for column, pngs in made.items()}
        count = next(iter(counts.values()), 0)
        called = [str(number + 1) for number in range(count)] if names is None else list(names)
        if set(counts.values()) != {len(called)}:
            raise ValueError(
                f"Report.pictures wants as many pictures in each column as names, got {counts} "
                f"and {len(called)} names"
            )
        for column, pngs in made.items():
            for name, png in zip(called, pngs, strict=True):
                self._add(f"{_file_name(column)}/{_file_name(name)}.png", png)
        cards = [
            (name, [_address(pngs[number]) for pngs in made.values()])
            for number, name in enumerate(called[:SHOWN])
        ]
        more = text("own page more", count=count - SHOWN) if count > SHOWN else ""
        sizes = [_size_on_page(pictures, len(columns)) for pictures in columns.values()]
        self._parts.append(Gallery(heading, caption, list(columns), cards, sizes, more))

    def figure(self, name: str, heading: str, caption: str, figure: Figure, alt: str) -> None:
        """A drawing.

        Parameters
        ----------
        name : str
            Of its file, without the ending.
        heading, caption : str
        figure : matplotlib.figure.Figure
        alt : str
            What it shows, for those who do not see it.
        """
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=160)
        self._add(f"{_file_name(name)}.png", file.getvalue())
        width, height = (round(96 * inches) for inches in figure.get_size_inches())
        wide = width > NARROW
        address = _address(file.getvalue())
        self._parts.append(Picture(name, width, height, heading, caption, alt, wide, address))

    def note(self, words: str) -> None:
        """A sentence about what was done to the user's pictures, or to be kept in mind."""
        self._notes.append(words)

    def save(self) -> Path:
        """Write the page, the numbers and the pictures, all or nothing, and say where.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        UsageError
            If nothing can be written into the folder.
        OSError
            If the disk is full, or a file cannot be replaced; then all is as before.
        """
        prepare(self._out)
        files = {**self._files, RESULTS: self._results(), PAGE: self._html().encode()}
        _replace(self._out, files, obsolete=_files_of_results(self._out))
        print(text("own page", path=self._out / PAGE))
        print(text("own beside", count=len(self._files)))
        return self._out / PAGE

    def _add(self, path: str, content: bytes) -> None:
        if path in self._files:
            raise ValueError(f"the report has two pictures for {path}: give them different names")
        self._files[path] = content

    def _results(self) -> bytes:
        results = {
            "command": self._command,
            "tinygen": __version__,
            "numbers": _plain(self._numbers),
            "tables": [
                {"heading": table.heading, "head": list(table.head), "rows": _plain(table.rows)}
                for table in self._tables
            ],
            "notes": self._notes,
            "files": [PAGE, RESULTS, *self._files],
        }
        return json.dumps(results, indent=2, ensure_ascii=False).encode()

    def _html(self) -> str:
        parts = [*self._parts]
        if self._notes:
            parts.append(Notes(text("own page notes"), self._notes))
        footer = text("own page footer", version=__version__)
        return document(
            self._title, self._lead, "\n".join(section(part, 2) for part in parts), footer
        )


NARROW = 720
"""Pixels of the page up to which a drawing has room beside its words."""


def _pngs(pictures: Any, column: str) -> list[bytes]:
    """The file of each picture; grey ones are written as grey."""
    from PIL import Image

    is_grey = host(pictures).ndim == 4 and host(pictures).shape[1] == 1
    made = []
    for pixels in images_of(pictures, "Report.pictures", column):
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels[..., 0] if is_grey else pixels)).save(
            file, "PNG"
        )
        made.append(file.getvalue())
    return made


def _size_on_page(pictures: Any, columns: int) -> tuple[int, int]:
    """Enlarged by a whole number, so that all pixels are alike; all columns fit into a row, if
    they are not so many that they would become too small."""
    height, width = host(pictures).shape[-2:]
    room = max(ACROSS // columns - GAP, TILE // 2)
    zoom = max(1, min(round(TILE / math.sqrt(height * width)), room // width))
    return zoom * width, zoom * height


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _file_name(name: str) -> str:
    """A name that any file system takes."""
    return UNUSUAL.sub("-", name).strip(".-")[:100] or "picture"


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return _plain(host(value).tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# ---- all or nothing ----------------------------------------------------------------------------


def _files_of_results(out: Path) -> list[str]:
    """The files of an earlier report in the folder, as it lists them itself."""
    try:
        listed = json.loads((out / RESULTS).read_text(encoding="utf-8"))["files"]
        return [path for path in listed if _is_inside(path)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _is_inside(path: Any) -> bool:
    return isinstance(path, str) and not Path(path).is_absolute() and ".." not in Path(path).parts


def _replace(out: Path, files: Mapping[str, bytes], obsolete: Sequence[str]) -> None:
    """Put files into a folder in the place of others; if it fails, all is as before.

    They are written into a folder beside them first. Then all it takes is renaming: the old ones
    into that folder, the new ones out of it, and the other way round where that fails.
    """
    work = out / f".tinygen-{secrets.token_hex(8)}.unfinished"
    moved: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            (work / "new" / path).parent.mkdir(parents=True, exist_ok=True)
            (work / "new" / path).write_bytes(content)
        for path in {*files, *obsolete}:
            if (out / path).is_file():
                _move(out / path, work / "old" / path, moved)
        for path in files:
            _move(work / "new" / path, out / path, moved)
    except BaseException:
        for source, target in reversed(moved):
            os.replace(target, source)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
        for folder in {(out / path).parent for path in {*files, *obsolete}} - {out}:
            with suppress(OSError):  # it is not empty
                folder.rmdir()


def _move(source: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
    moved.append((source, target))
