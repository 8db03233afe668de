from __future__ import annotations

import os
import stat

import pytest
from matplotlib.figure import Figure
from PIL import Image

from tinygen.plots import save_figure


@pytest.fixture
def figure():
    figure = Figure(figsize=(3, 2))
    figure.text(0.5, 0.5, "a picture")
    return figure


def test_a_picture_has_the_size_that_was_asked_for(tmp_path, figure):
    path = save_figure(figure, tmp_path / "a.png", dpi=50)

    with Image.open(path) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (150, 100))


def test_folders_are_made(tmp_path, figure):
    assert save_figure(figure, tmp_path / "new" / "deep" / "a.png").is_file()


def test_the_ending_names_the_format(tmp_path, figure):
    assert save_figure(figure, tmp_path / "a.svg").read_text().startswith("<?xml")


class CutShortError(Exception):
    pass


class HalfWritten:
    """A figure that fails after some bytes."""

    def savefig(self, file, format, dpi):
        file.write(b"\x89PNG half of")
        raise CutShortError


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(CutShortError):
        save_figure(HalfWritten(), tmp_path / "a.png")

    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_picture_whole(tmp_path, figure):
    path = save_figure(figure, tmp_path / "a.png")
    before = path.read_bytes()

    with pytest.raises(CutShortError):
        save_figure(HalfWritten(), path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_others_may_read_the_picture_as_the_umask_says(tmp_path, figure):
    before = os.umask(0o022)
    try:
        path = save_figure(figure, tmp_path / "a.png")
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o644
