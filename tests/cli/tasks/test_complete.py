"""``tinygen complete`` fills in what a mask hides, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import main
from tinygen.cli.tasks import complete as command
from tinygen.io import save_checkpoint
from tinygen.metrics import psnr
from tinygen.models import create, pretrained
from tinygen.tasks.complete import complete, mean_fill
from tinygen.tasks.masks import MASKS, named_mask

SHAPE = (1, 28, 28)


@pytest.fixture(autouse=True)
def _drawn_digits(monkeypatch, shipped, few_digits):
    """MNIST is not there, and of the digits in its place there are few."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)


@pytest.fixture
def own(tmp_path, few_digits):
    """A folder with two pictures, of the size that the models take."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name, image in zip(("first", "second"), few_digits.test_images[:2], strict=True):
        Image.fromarray(image).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def hole(tmp_path):
    """A mask: white in a corner."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[:9, 20:] = 255
    Image.fromarray(pixels).save(tmp_path / "hole.png")
    return tmp_path / "hole.png"


@pytest.fixture
def inpainting(tmp_path):
    return saved(tmp_path, "unet", task="inpaint", width=4)


def saved(folder, name, **arguments):
    path = folder / f"{name}.npz"
    save_checkpoint(path, model=create(name, **arguments), architecture=name, arguments=arguments)
    return path


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def bytes_of(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


# ---- the user's pictures -------------------------------------------------------------------------


@pytest.mark.parametrize("model", [None, "cgan", "row-generator", "INPAINTING"])
def test_known_pixels_are_those_of_the_picture(tmp_path, own, hole, inpainting, few_digits, model):
    out = tmp_path / "out"
    words = [] if model is None else ["--model", model.replace("INPAINTING", str(inpainting))]
    assert main(["complete", str(own), "--mask", str(hole), "--out", str(out), *words]) == 0

    hidden = bytes_of(hole) > 0
    for name, image in zip(("first", "second"), few_digits.test_images, strict=False):
        before, after = (bytes_of(out / column / f"{name}.png") for column in ("before", "after"))
        np.testing.assert_array_equal(after[~hidden], image[~hidden])
        np.testing.assert_array_equal(before, np.where(hidden, 128, image))
        different = bytes_of(out / "difference" / f"{name}.png")
        assert np.abs(different - np.abs(after.astype(int) - image)).max() <= 1
    numbers = results(out)["numbers"]
    assert numbers["missing"] == 9 * 8
    assert numbers["samples"] == (1 if model == "INPAINTING" else 3)
    assert "scores" not in numbers
    assert not (out / "nearest").exists()
    page = (out / "index.html").read_text(encoding="utf-8")
    assert f"what is white in {hole}" in page
    assert 'src="http' not in page


def test_it_is_what_the_model_makes_of_them(tmp_path, own, few_digits):
    out = tmp_path / "out"
    words = ["--mask", "centre", "--samples", "2", "--seed", "5"]
    assert main(["complete", str(own), "--out", str(out), *words]) == 0

    pictures = tg.tensor(few_digits.test_images[:2, None].astype(np.float32) / 255)
    tg.manual_seed(5)
    made = complete(pretrained("vae"), pictures, named_mask("centre", SHAPE), samples=2)
    made = np.rint(made.numpy() * 255)
    np.testing.assert_array_equal(bytes_of(out / "after" / "second.png"), made[2, 0])
    np.testing.assert_array_equal(bytes_of(out / "after-2" / "second.png"), made[3, 0])


def test_it_completes_on_a_gpu(tmp_path, own, backend):
    words = ["--samples", "1", "--device", backend.device]
    assert main(["complete", str(own), "--out", str(tmp_path / "out"), *words]) == 0
    assert (tmp_path / "out" / "after" / "first.png").is_file()


# ---- test pictures -------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", MASKS)
def test_test_pictures_are_compared_with_what_needs_no_model(tmp_path, capsys, few_digits, mask):
    assert main(["complete", "--mask", mask, "--out", str(tmp_path), "--offline"]) == 0

    said = capsys.readouterr().out
    numbers = results(tmp_path)["numbers"]
    assert numbers["count"] == 40
    tg.manual_seed(0)
    hidden = named_mask(mask, SHAPE)
    true = tg.tensor(few_digits.test_images[:, None].astype(np.float32) / 255)
    filled = mean_fill(true, hidden, few_digits.train_images[:, None])
    (mean, nearest, averaged, model) = numbers["scores"].values()
    assert mean["psnr"] == pytest.approx(psnr(true, filled, mask=hidden), abs=1e-6)
    assert all(0 <= one["recovered"] <= 1 for one in (mean, nearest, averaged, model))
    assert averaged["psnr"] > model["psnr"]
    for words in ("the mean of 120 training pictures", "one completion by the model vae"):
        assert words in said
    (table,) = results(tmp_path)["tables"]
    assert table["rows"][-1][0] == "one completion by the model vae"
    assert table["rows"][0][1] == f"{mean['psnr']:.2f} dB"
    assert len(list((tmp_path / "nearest").iterdir())) == command.SHOWN


def test_without_a_judge_there_are_errors_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tinygen.cli.judging.judge_of", lambda _: None)
    assert main(["complete", "--out", str(tmp_path), "--offline", "--samples", "1"]) == 0

    (table,) = results(tmp_path)["tables"]
    assert {len(row) for row in (table["head"], *table["rows"])} == {2}
    assert "dB" in capsys.readouterr().out


def test_the_names_of_masks_are_those_of_the_task():
    assert tuple(MASKS) == command.NAMED


# ---- what cannot be done -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.zeros((28, 28), np.uint8), "hides nothing"),
        (np.full((28, 28), 255, np.uint8), "hides everything"),
        (np.zeros((14, 28), np.uint8), "has 28 x 14 pixels, and the pictures have 28 x 28"),
    ],
)
def test_a_mask_that_makes_no_sense_leaves_earlier_results(tmp_path, own, capsys, pixels, reason):
    out = tmp_path / "out"
    assert main(["complete", str(own), "--out", str(out), "--samples", "1"]) == 0
    before = (out / "index.html").read_bytes()
    Image.fromarray(pixels).save(tmp_path / "bad.png")

    words = ["--mask", str(tmp_path / "bad.png"), "--out", str(out)]
    assert main(["complete", str(own), *words]) == 1

    assert reason in capsys.readouterr().err
    assert (out / "index.html").read_bytes() == before


def test_a_file_that_is_no_mask_is_refused(tmp_path, own, capsys):
    (tmp_path / "words.png").write_text("no picture")
    words = ["--mask", str(tmp_path / "words.png"), "--out", str(tmp_path / "out")]
    assert main(["complete", str(own), *words]) == 1
    assert "words.png" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--mask", "center"], 2, "no mask center: name one of lower, centre, random, or the file"),
        (["--model", "judge"], 1, "cannot complete pictures; these can: vae, conv-vae, gan"),
        (["--model", "DENOISE"], 1, "(a unet with task=inpaint)"),
        (["--model", "TOLD"], 1, "must be told what pictures show"),
        (["--model", "INPAINTING", "--samples", "2"], 1, "not 2 different ones"),
        (["--model", "none.npz"], 2, "there is no file none.npz"),
    ],
)
def test_what_cannot_be_completed_is_said(tmp_path, own, inpainting, capsys, words, code, reason):
    given = {"INPAINTING": str(inpainting)}
    if "DENOISE" in words:
        given["DENOISE"] = str(saved(tmp_path / "own", "unet", task="denoise", width=4))
    if "TOLD" in words:
        given["TOLD"] = str(saved(tmp_path, "vae", hidden=[8], classes=10))
    out = tmp_path / "out"
    words = [given.get(word, word) for word in words]

    assert main(["complete", str(own), "--out", str(out), *words]) == code

    assert reason in capsys.readouterr().err
    assert not out.exists()
