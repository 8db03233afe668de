"""``tinygen retrieve`` finds what a search of the gallery finds, and counts what is right."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen import metrics
from tinygen.cli import main
from tinygen.cli.tasks import retrieve
from tinygen.cli.tasks.retrieve import training_pictures
from tinygen.data import glyphs
from tinygen.models import from_checkpoint
from tinygen.tasks.features import features_of, pixels
from tinygen.tasks.retrieve import Gallery


@pytest.fixture(autouse=True)
def _drawn_digits(monkeypatch, shipped, few_digits):
    """MNIST is not there, and of the digits in its place there are few."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)


@pytest.fixture
def scans(tmp_path, few_digits):
    """A folder of twelve pictures, ink on paper."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number, image in enumerate(few_digits.train_images[:12]):
        Image.fromarray(255 - image).save(folder / f"scan-{number:02}.png")
    return folder


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def floats(images):
    return tg.tensor(images[:, None].astype(np.float32) / 255)


def test_a_picture_of_the_gallery_finds_itself(tmp_path, scans, capsys):
    out = tmp_path / "out"
    query = scans / "scan-05.png"
    words = ["retrieve", str(query), "--gallery", str(scans), "--k", "3", "--out", str(out)]
    assert main(words) == 0

    (search,) = results(out)["numbers"]["searches"]
    assert search["name"] == "scan-05"
    assert search["found"][0] == "scan-05"
    assert len(search["found"]) == len(set(search["found"])) == 3
    assert search["distances"] == sorted(search["distances"])
    assert search["distances"][0] == pytest.approx(0, abs=1e-6)
    assert "scan-05: scan-05, " in capsys.readouterr().out
    for column in ("query", "1", "2", "3"):
        assert (out / column / "scan-05.png").is_file()
    assert any("In the gallery: " in note for note in results(out)["notes"])
    with (
        Image.open(out / "query" / "scan-05.png") as one,
        Image.open(out / "1" / "scan-05.png") as other,
    ):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("model", ["judge", "vae"])
def test_test_pictures_are_counted_beside_pixels_and_components(
    model, tmp_path, capsys, few_digits, checkpoints
):
    words = ["--model", model, "--metric", "l2", "--k", "5", "--out", str(tmp_path), "--offline"]
    assert main(["retrieve", *words]) == 0

    scores = results(tmp_path)["numbers"]["scores"]
    own = features_of(from_checkpoint(checkpoints["cnn" if model == "judge" else model]))
    queries, labels = floats(few_digits.test_images), few_digits.test_labels
    for name, features in (("pixels", pixels), ("model", own)):
        found = Gallery(floats(few_digits.train_images), features).search(queries, 5).indices
        expected = metrics.precision_at_k(labels, few_digits.train_labels, found, 5)
        tolerance = 0 if name == "pixels" else 0.01  # the shipped one is rounded
        assert scores[name]["precision"] == pytest.approx(expected, abs=tolerance + 1e-9)
    components = 4 if model == "vae" else 119
    assert results(tmp_path)["numbers"]["components"] == components
    said = capsys.readouterr().out
    for line in ("Share of the first 5", "pixels", "as many principal components", "this model"):
        assert line in said
    assert len(list((tmp_path / "query").iterdir())) == 12


def test_the_training_pictures_are_those_of_the_test_pictures(few_digits):
    assert training_pictures((1, 28, 28), offline=True) is few_digits


def test_drawn_digits_to_learn_from_are_not_those_to_be_tested_on(monkeypatch):
    monkeypatch.setattr("tinygen.data.synthetic_digits", glyphs.synthetic_digits)
    monkeypatch.setattr(retrieve, "DRAWN", 50)
    known = training_pictures((1, 28, 28), offline=True)
    tested = glyphs.synthetic_digits(0, 50)
    assert len(known.train_images) == len(tested.test_images) == 50
    assert known.classes == tested.classes
    alike = (known.train_images[:, None] == tested.test_images[None]).all((2, 3))
    assert not alike.any()


def test_no_training_pictures_of_such_a_shape(tmp_path, capsys, few_digits):
    model = tg.models.create("cnn", picture_shape=(1, 20, 20))
    tg.io.save_checkpoint(
        tmp_path / "small.npz", model=model, architecture="cnn",
        arguments={"picture_shape": [1, 20, 20]},
    )  # fmt: skip
    Image.fromarray(255 - few_digits.test_images[0]).save(tmp_path / "digit.png")
    words = [str(tmp_path / "digit.png"), "--model", str(tmp_path / "small.npz")]
    assert main(["retrieve", *words, "--out", str(tmp_path / "out")]) == 2
    assert "name a folder with --gallery" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--model", "MADE"], "MADE has no vector for a picture"),
        (["--gallery", "EMPTY"], "EMPTY"),
        (["--k", "121"], "120 pictures: k is from 1 on, got 121"),
    ],
)
def test_what_cannot_be_searched_is_said(words, reason, tmp_path, capsys, checkpoints):
    (tmp_path / "EMPTY").mkdir()
    given = {"MADE": str(checkpoints["made"]), "EMPTY": str(tmp_path / "EMPTY")}
    words = [given.get(word, word) for word in words]
    out = tmp_path / "out"
    assert main(["retrieve", *words, "--out", str(out), "--offline"]) == 1
    assert reason in capsys.readouterr().err
    assert not out.exists()


def test_a_gpu_finds_the_same(tmp_path, backend):
    found = []
    for device in ("cpu", backend.device):
        out = tmp_path / device
        words = ["--out", str(out), "--offline", "--device", device]
        assert main(["retrieve", "--k", "2", *words]) == 0
        found.append([search["distances"] for search in results(out)["numbers"]["searches"]])
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-4)
