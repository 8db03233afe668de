"""Small data sets, so that a command takes a second."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tinygen.cli import cores
from tinygen.data import ImageSet, cache, registry
from tinygen.data.glyphs import make_glyphs


@pytest.fixture(autouse=True)
def _no_files_and_no_network(monkeypatch, tmp_path):
    """No data set is on this machine, and mirrors are not there."""
    monkeypatch.delenv("TINYGEN_DATA", raising=False)
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")

    def unreachable(urls, path, *_, **__):
        raise cache.DownloadError(path.name, [(url, "is not asked by tests") for url in urls])

    monkeypatch.setattr(cache, "download", unreachable)


@pytest.fixture(autouse=True)
def _idle_cores(monkeypatch):
    """Other programs do nothing, and nobody has to watch them."""
    monkeypatch.setattr(cores, "use", lambda: cores.Use(0.0, 2))


@pytest.fixture(scope="session")
def few_glyphs() -> ImageSet:
    return make_glyphs(600, 100)


@pytest.fixture
def glyphs(monkeypatch, few_glyphs) -> ImageSet:
    """The glyphs, but only some hundred."""
    monkeypatch.setattr(
        registry, "DRAWN",
        tuple(
            registry.Drawn(one.name, lambda: few_glyphs, one.counts, one.picture_shape)
            for one in registry.DRAWN
        ),
    )  # fmt: skip
    return few_glyphs


@pytest.fixture
def folder(tmp_path):
    """Pictures of bright and of dark, in colour, in folders."""
    chance = np.random.default_rng(0)
    for part, count in (("train", 20), ("test", 5)):
        for name, ground in (("bright", 160), ("dark", 0)):
            place = tmp_path / "pictures" / part / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = ground + chance.integers(0, 90, (16, 16, 3))
                Image.fromarray(pixels.astype(np.uint8)).save(place / f"{number}.png")
    return tmp_path / "pictures"
