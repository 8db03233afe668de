"""Small data sets, so that a command takes a second."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from PIL import Image

from tests.numbers.ship import ship
from tinygen.cli import cores
from tinygen.data import ImageSet, cache, make_canvases, make_strips, registry
from tinygen.data.glyphs import DIGITS, make_glyphs
from tinygen.io import save_checkpoint
from tinygen.models import create
from tinygen.models.pretrained import PRETRAINED
from tinygen.train.recipe import (
    Card,
    Recipe,
    new_model,
    new_trainer,
    pictures_of,
    training_batches,
)


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
    return drawn(monkeypatch, few_glyphs)


@pytest.fixture(scope="session")
def few_digits() -> ImageSet:
    """Digits of the size of MNIST's."""
    return make_glyphs(120, 40, characters=DIGITS)


@pytest.fixture
def digits(monkeypatch, few_digits) -> ImageSet:
    """Some digits under the name of the glyphs."""
    return drawn(monkeypatch, few_digits)


@pytest.fixture(scope="session")
def few_canvases(few_digits) -> ImageSet:
    """Digits with boxes around them."""
    return make_canvases(few_digits, 60, 20)


@pytest.fixture
def canvases(monkeypatch, few_canvases) -> ImageSet:
    """Some canvases under the names of all sets that are drawn."""
    return drawn(monkeypatch, few_canvases)


@pytest.fixture
def strips(monkeypatch) -> ImageSet:
    """Some lines of digits under the names of all sets that are drawn."""
    return drawn(monkeypatch, make_strips(None, 60, 20))


def drawn(monkeypatch, pictures):
    """Let all sets that are drawn be these."""
    monkeypatch.setattr(
        registry, "DRAWN",
        tuple(
            registry.Drawn(one.name, lambda: pictures, one.counts, one.picture_shape)
            for one in registry.DRAWN
        ),
    )  # fmt: skip
    return pictures


SMALL = {
    "cnn": {},
    "vae": {"hidden": [16], "latent": 4},
    "dcgan": {"width": 4, "latent": 8},
    "cgan": {"width": 4, "latent": 8},
    "row-generator": {"units": 16, "head_units": 16, "classes": True},
    "made": {"hidden": [16]},
}
"""A model of each kind, and what makes it small."""


UNTRAINED = {
    "detector": ("detector", {"width": 4}),
    "inpainter": ("unet", {"task": "inpaint", "width": 2}),
    "denoise": ("unet", {"task": "denoise", "width": 2}),
    "strip-reader": ("strip-reader", {"channels": [4, 4, 4], "units": 4}),
    "enlarge": ("unet", {"task": "enlarge", "width": 2}),
    "pix2pix": ("pix2pix", {"width": 2}),
    "embedder": ("embedder", {"channels": [4, 4]}),
    "colourize": ("unet", {"task": "colourize", "width": 2, "picture_shape": [3, 32, 32]}),
}
"""What ships besides, as it is before any training."""


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory, few_digits):
    """A checkpoint of each of them, after a few steps, by name."""
    folder, images = tmp_path_factory.mktemp("models"), pictures_of(few_digits.train_images)
    for name, small in SMALL.items():
        recipe = Recipe(name, data="glyphs", epochs=1, batch_size=30, lr=0.01, arguments=small)
        model, arguments = new_model(recipe, images, 10)
        card = Card(recipe, arguments, few_digits.classes)
        out = folder / name
        trainer = new_trainer(model, recipe, len(images), out=out, progress=None, card=card)
        trainer.diagnose = False
        trainer.fit(training_batches(recipe, images, few_digits.train_labels), 1)
    return {name: folder / name / "best.npz" for name in SMALL}


@pytest.fixture
def shipped(monkeypatch, tmp_path, checkpoints):
    """Let these be what comes with the package."""
    for name, (kind, arguments) in UNTRAINED.items():
        model, path = create(kind, **arguments), tmp_path / f"{name}.npz"
        save_checkpoint(path, model=model, architecture=kind, arguments=arguments)
        ship(path, name, tmp_path / "weights")
    for name in set(PRETRAINED) - set(UNTRAINED):
        ship(checkpoints["cnn" if name == "judge" else name], name, tmp_path / "weights")
    module = importlib.import_module("tinygen.models.pretrained")
    monkeypatch.setattr(module, "_folder", lambda: tmp_path / "weights")


@pytest.fixture
def no_curves(monkeypatch):
    """Let no curves be drawn, which takes longer than a training in a test."""
    monkeypatch.setattr("tinygen.plots.metric_curves", lambda *_, **__: None)


@pytest.fixture
def no_pictures(monkeypatch, no_curves):
    """Let models draw nothing either."""
    monkeypatch.setattr("tinygen.cli.drawing.show", lambda *_: None)


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
