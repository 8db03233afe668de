"""``tinygen classify`` says of each picture what the model says, and how often that is right."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import main
from tinygen.cli.tasks import classify
from tinygen.models import from_checkpoint


@pytest.fixture(autouse=True)
def _drawn_digits(monkeypatch, shipped, few_digits):
    """MNIST is not there, and of the digits in its place there are few."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)


@pytest.fixture
def own(tmp_path, few_digits):
    """A folder with two pictures, ink on paper."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name, image in zip(("first", "second"), few_digits.test_images[:2], strict=True):
        Image.fromarray(255 - image).save(folder / f"{name}.png")
    return folder


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def test_the_users_pictures_are_told(tmp_path, own, capsys, checkpoints, few_digits):
    out = tmp_path / "out"
    assert main(["classify", str(own), "--out", str(out)]) == 0

    said = capsys.readouterr().out
    model = from_checkpoint(checkpoints["cnn"])
    pictures = tg.tensor(few_digits.test_images[:2, None].astype(np.float32) / 255)
    shares = model.predict_proba(pictures).numpy()
    told = results(out)["numbers"]["pictures"]
    assert [one["name"] for one in told] == ["first", "second"]
    for one, row in zip(told, shares, strict=True):
        order = np.argsort(-row)[:3]
        assert [guess["class"] for guess in one["guesses"]] == [str(place) for place in order]
        found = [guess["probability"] for guess in one["guesses"]]
        np.testing.assert_allclose(found, row[order], rtol=0.05)  # the shipped one is rounded
        assert f"{one['name']}: {order[0]} ({found[0]:.1%}), " in said
    assert any("inverted" in note for note in results(out)["notes"])
    assert "accuracy" not in results(out)["numbers"]
    assert (out / "pictures" / "first.png").is_file()
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "What pictures show" in page
    assert "<img" in page
    assert 'src="http' not in page


def test_test_pictures_are_counted_beside_baselines(tmp_path, capsys, few_digits):
    assert main(["classify", "--out", str(tmp_path), "--offline"]) == 0

    numbers = results(tmp_path)["numbers"]
    right = [
        one["guesses"][0]["class"] == str(label)
        for one, label in zip(numbers["pictures"], few_digits.test_labels, strict=True)
    ]
    assert len(right) == 40
    assert numbers["accuracy"] == pytest.approx(np.mean(right))
    usual = np.bincount(few_digits.train_labels).argmax()
    constant = (few_digits.test_labels == usual).mean()
    assert numbers["baselines"]["constant"] == pytest.approx(constant)
    assert numbers["baselines"]["linear"] > constant
    said = capsys.readouterr().out
    for words in ("always the same class", "linear model of the pixels", "this model"):
        assert words in said
    (numbers_table, _) = results(tmp_path)["tables"]
    assert [row[0] for row in numbers_table["rows"]][-1] == "this model"


def test_a_model_of_other_classes_is_not_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(classify, "class_names", lambda *_: list("abcdefghij"))
    assert main(["classify", "--out", str(tmp_path), "--offline"]) == 0
    assert "accuracy" not in results(tmp_path)["numbers"]
    assert any("other classes" in note for note in results(tmp_path)["notes"])


def test_a_checkpoint_without_a_card_has_numbers_for_names(tmp_path):
    model = tg.models.create("cnn", classes=4)
    tg.io.save_checkpoint(
        tmp_path / "bare.npz", model=model, architecture="cnn", arguments={"classes": 4}
    )
    assert classify.class_names(str(tmp_path / "bare.npz"), model) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("name", ["vae", "cgan"])
def test_a_model_that_is_no_classifier_is_refused(name, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["classify", "--model", name, "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "cannot classify pictures" in said
    assert "cnn" in said
    assert not out.exists()


def test_bad_pictures_leave_earlier_results_untouched(tmp_path, own, capsys):
    out = tmp_path / "out"
    assert main(["classify", str(own), "--out", str(out)]) == 0
    before = (out / "index.html").read_bytes()
    (own / "third.png").write_bytes(b"no picture")
    assert main(["classify", str(own), "--out", str(out)]) == 1
    assert "third.png" in capsys.readouterr().err
    assert (out / "index.html").read_bytes() == before


def test_a_gpu_says_the_same(tmp_path, backend):
    found = []
    for device in ("cpu", backend.device):
        out = tmp_path / device
        assert main(["classify", "--out", str(out), "--offline", "--device", device]) == 0
        found.append(results(out)["numbers"])
    for one, other in zip(*(numbers["pictures"] for numbers in found), strict=True):
        shares = [
            [guess["probability"] for guess in guesses["guesses"]] for guesses in (one, other)
        ]
        np.testing.assert_allclose(*shares, rtol=1e-3, atol=1e-5)
    assert found[0]["accuracy"] == pytest.approx(found[1]["accuracy"], abs=0.03)
