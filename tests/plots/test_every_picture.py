"""What holds for all pictures: whole files, words that can be read, no state left behind."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tests.plots.rendering import CATALOGUE, drawn_texts, pixels
from tinygen import plots

KINDS = pytest.mark.parametrize("kind", CATALOGUE)
OTHERS = {"graph_dot", "latent_page", "plot_predictions", "save_figure", "save_gif", "tile_images"}
"""These have no ``file``, or are tested on their own."""


def test_the_catalogue_has_every_picture() -> None:
    assert set(CATALOGUE) | OTHERS == set(plots.__all__)


@KINDS
def test_a_figure_comes_back_and_the_file_is_the_same_picture(kind: str, tmp_path: Path) -> None:
    figure = CATALOGUE[kind](tmp_path / "new" / "a.png")

    assert isinstance(figure, Figure)
    with Image.open(tmp_path / "new" / "a.png") as picture:
        saved = np.asarray(picture.convert("RGB"))
    if kind != "draw_graph":  # which has its own resolution
        np.testing.assert_array_equal(saved, pixels(figure))


@KINDS
def test_a_picture_can_be_written_into_an_open_file(kind: str) -> None:
    file = io.BytesIO()
    CATALOGUE[kind](file)
    with Image.open(file) as picture:
        picture.load()
        assert picture.format == "PNG"


class DiskFullError(OSError):
    pass


@KINDS
def test_a_failure_leaves_the_old_picture_whole(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"the old picture")

    def fail(self: Figure, file: io.BytesIO, **options: object) -> None:
        file.write(b"\x89PNG half of")
        raise DiskFullError

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(DiskFullError):
        CATALOGUE[kind](path)

    assert path.read_bytes() == b"the old picture"
    assert list(tmp_path.iterdir()) == [path]


@KINDS
def test_no_word_is_cut_off_and_no_two_overlap(kind: str) -> None:
    figure = CATALOGUE[kind](None)
    width, height = figure.bbox.size
    extents = {}
    for text in drawn_texts(figure):
        box = text.get_window_extent()
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
        extents[text] = box.padded(-1.5)
    assert extents
    overlapping = [
        (one.get_text(), other.get_text())
        for one, other in combinations(extents, 2)
        if extents[one].overlaps(extents[other])
    ]
    assert overlapping == []


@KINDS
def test_letters_are_large_enough_in_a_column_of_text(kind: str) -> None:
    """At 6.5 inches no letter is below 4.5 points."""
    figure = CATALOGUE[kind](None)
    share = min(1.0, 6.5 / figure.get_size_inches()[0])
    smallest = min(text.get_fontsize() for text in drawn_texts(figure))
    assert smallest * share >= 4.5


@KINDS
def test_the_users_settings_neither_matter_nor_change(kind: str) -> None:
    usual = pixels(CATALOGUE[kind](None))
    theirs = {"font.size": 20, "axes.facecolor": "black", "axes.grid": False, "text.color": "red"}
    with matplotlib.rc_context(theirs):
        before = dict(matplotlib.rcParams)
        unusual = pixels(CATALOGUE[kind](None))
        assert dict(matplotlib.rcParams) == before
    if kind != "draw_graph":
        np.testing.assert_array_equal(unusual, usual)


def test_pyplot_is_never_imported_and_matplotlib_only_to_draw() -> None:
    code = (
        "import sys, tinygen\n"
        "print('matplotlib' in sys.modules, 'PIL' in sys.modules)\n"
        "from tests.plots.rendering import CATALOGUE\n"
        "for draw in CATALOGUE.values(): draw(None)\n"
        "print('matplotlib.figure' in sys.modules, 'matplotlib.pyplot' in sys.modules)\n"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.stderr == ""
    assert finished.stdout.split() == ["False", "False", "True", "False"]
