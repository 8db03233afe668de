from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.data import test_cache
from tests.data.mirrors import serving
from tinygen.data import DataNotFoundError, ImageSet, cache, cifar, mnist, registry
from tinygen.data.glyphs import DIGITS, make_glyphs
from tinygen.data.sets import classes_in


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
    assert {"canvases", "strips"} <= set(table)
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
    pictures, numbers = np.zeros(images, np.uint8), np.asarray(labels, np.int64)
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
        ({"labels": np.full((5, 2), 3)}, r"\(or -1 for nothing\), and are between 3 and 3"),
        ({"labels": np.full((5, 2), -2)}, "between -2 and -2"),
        ({"labels": np.full((5, 2, 5), 3)}, "between 0 and 2, .*between 3 and 3"),
        ({"labels": np.zeros((5, 2, 4))}, r"or \(N, K, 5\), got \(5, 4, 4\) and \(5, 2, 4\)"),
        ({"labels": np.zeros((5, 2, 5, 1))}, r"got \(5, 4, 4\) and \(5, 2, 5, 1\)"),
    ],
)
def test_pictures_and_labels_must_fit(wrong, message):
    with pytest.raises(ValueError, match=message):
        make(**wrong)


def test_the_shape_of_labels_says_what_they_are():
    text, boxes = np.full((5, 3), -1), np.full((5, 2, 5), 60)
    boxes[:, :, 4] = [2, -1]

    assert [make(labels=own).label_kind for own in ((0, 1, 2, 0, 1), text, boxes)] == [
        "class", "text", "boxes",
    ]  # fmt: skip


def test_the_classes_of_boxes_stand_in_their_last_column():
    labels = np.arange(20).reshape(2, 2, 5)

    assert classes_in(labels).tolist() == [[4, 9], [14, 19]]
    assert classes_in(labels[0]).tolist() == labels[0].tolist()


def test_training_and_test_labels_are_of_one_kind():
    pictures = np.zeros((2, 4, 4), np.uint8)
    with pytest.raises(ValueError, match=r"test_labels .*got \(2, 4, 4\) and \(2, 3\)"):
        ImageSet(pictures, np.zeros(2, int), pictures, np.zeros((2, 3), int), "Toys", False)


@pytest.mark.parametrize("is_here", [True, False])
def test_canvases_are_made_of_mnist_if_it_is_here_and_of_drawn_digits_otherwise(
    monkeypatch, is_here
):
    few = make_glyphs(20, 10, characters=DIGITS)
    asked = []

    def load_files(files, offline):
        asked.append((files.name, offline))
        if is_here:
            return replace(few, name="MNIST")
        raise DataNotFoundError("nowhere")

    monkeypatch.setattr(cache, "load_files", load_files)
    monkeypatch.setattr("tinygen.data.glyphs.make_glyphs", lambda characters: few)
    monkeypatch.setattr("tinygen.data.canvases.make_canvases", lambda digits: digits.name)

    assert tg.data.load("canvases") == ("MNIST" if is_here else "Drawn digits")
    assert asked == [("mnist", True)]


@pytest.mark.parametrize("is_here", [True, False])
def test_strips_are_made_of_mnist_if_it_is_here_and_drawn_otherwise(monkeypatch, is_here):
    few = make_glyphs(20, 10, characters=DIGITS)

    def load_files(files, offline):
        assert (files.name, offline) == ("mnist", True)
        if is_here:
            return few
        raise DataNotFoundError("nowhere")

    monkeypatch.setattr(cache, "load_files", load_files)
    monkeypatch.setattr("tinygen.data.canvases.make_strips", lambda digits=None: digits)

    assert tg.data.load("strips") is (few if is_here else None)
