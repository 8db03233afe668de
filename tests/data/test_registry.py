from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.data import test_cache
from tests.data.mirrors import serving
from tinygen.data import DataNotFoundError, ImageSet, cache, cifar, mnist, registry


@pytest.fixture(autouse=True)
def own(monkeypatch, tmp_path):
    """Nothing is found, nobody can be asked; the folder of the cache."""
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(
        registry, "FILES", tuple(replace(files, mirrors=()) for files in registry.FILES)
    )
    monkeypatch.delenv("TINYGEN_DATA", raising=False)
    return tmp_path / "cache"


@pytest.mark.parametrize("files", [mnist.MNIST, mnist.FASHION_MNIST, cifar.CIFAR10])
def test_the_published_files_are_asked_for_safely_and_at_several_places(files):
    assert len(files.mirrors) >= 2
    assert all(mirror.startswith("https://") for mirror in files.mirrors)
    assert all(mirror.endswith("/") for mirror in files.mirrors)
    assert len(files.classes) == 10


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("mnist", "MNIST"),
        ("MNIST", "MNIST"),
        ("fashion-mnist", "Fashion-MNIST"),
        ("fashion_mnist", "Fashion-MNIST"),
        ("FashionMNIST", "Fashion-MNIST"),
        ("cifar10", "CIFAR-10"),
        ("CIFAR-10", "CIFAR-10"),
    ],
)
def test_names_are_understood_however_they_are_written(name, title):
    with pytest.raises(DataNotFoundError, match=f"^{title} is not in"):
        tg.data.load(name)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="no data set 'mnits'; did you mean 'mnist'.*cifar10"):
        tg.data.load("mnits")
    with pytest.raises(ValueError, match="no data set 'zebra'.*cifar10"):
        tg.data.load("zebra")


def test_a_set_is_loaded_by_its_name_from_the_network_and_then_from_the_cache(monkeypatch, own):
    told = []
    with serving(test_cache.PACKED) as mirror:
        monkeypatch.setattr(registry, "FILES", (test_cache.at(mirror),))
        found = tg.data.load("mnist", progress=lambda *step: told.append(step), budget=20)

    assert test_cache.is_right(found)
    assert told[-1][1:] == (len(test_cache.PACKED[test_cache.NAMES[-1]]),) * 2
    assert test_cache.is_right(tg.data.load("mnist", offline=True))
    (line,) = [line for line in tg.data.available() if line.name == "mnist"]
    assert line.place == own / "mnist"


def test_a_set_can_be_fetched_without_being_read(monkeypatch, tmp_path):
    with serving(test_cache.PACKED) as mirror:
        monkeypatch.setattr(registry, "FILES", (test_cache.at(mirror),))
        folder = tg.data.fetch("mnist", tmp_path / "mine")

    assert test_cache.files_in(folder) == test_cache.PACKED


def test_the_table_says_what_there_is_and_where():
    table = {line.name: line for line in tg.data.available()}

    assert {"mnist", "fashion-mnist", "cifar10", "glyphs", "shapes"} <= set(table)
    assert table["mnist"].counts == (60_000, 10_000)
    assert table["cifar10"].picture_shape == (3, 32, 32)
    assert table["cifar10"].download_bytes > 100e6
    assert table["glyphs"].download_bytes == 0
    assert all(line.place is None for line in table.values())


@pytest.mark.parametrize("drawn", registry.DRAWN, ids=lambda drawn: drawn.name)
def test_drawn_sets_have_no_files(drawn):
    with pytest.raises(ValueError, match="drawn by a program"):
        tg.data.load(drawn.name, root="somewhere")
    with pytest.raises(ValueError, match="nothing to fetch"):
        tg.data.fetch(drawn.name)


def test_a_folder_of_ones_own_is_loaded_like_the_others(tmp_path):
    (tmp_path / "train" / "cat").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / "train" / "cat" / "1.png")

    assert tg.data.load("folder", tmp_path).classes == ("cat",)
    with pytest.raises(ValueError, match="needs root"):
        tg.data.load("folder")


# ---- what all of them are ----------------------------------------------------------------------


def make(images=(5, 4, 4), labels=(0, 1, 2, 0, 1), classes=("a", "b", "c")):
    pictures, numbers = np.zeros(images, np.uint8), np.array(labels, np.int64)
    return ImageSet(pictures, numbers, pictures[:0], numbers[:0], "Toys", False, classes)


def test_a_set_is_printed_in_a_line():
    assert repr(make()) == "ImageSet(Toys: 5 + 0 pictures of 1 x 4 x 4, 3 classes)"
    assert make(images=(5, 3, 6, 7)).picture_shape == (3, 6, 7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"images": (5, 16)}, r"train_images must be of shape .*got \(5, 16\)"),
        ({"images": (4, 4, 4)}, r"got \(4, 4, 4\) and \(5,\)"),
        ({"labels": (0, 1, 2, 3, 0)}, "must be between 0 and 2, .*between 0 and 3"),
        ({"labels": (0, 1, 2, -1, 0)}, "between -1 and 2"),
    ],
)
def test_pictures_and_labels_must_fit(wrong, message):
    with pytest.raises(ValueError, match=message):
        make(**wrong)
