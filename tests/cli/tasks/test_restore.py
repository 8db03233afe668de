"""``tinygen restore`` takes out noise and makes pictures larger."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.cli.tasks.restored import new_model, pixels, results
from tinygen.cli import main
from tinygen.cli.tasks.restore import COUNT
from tinygen.models import from_checkpoint
from tinygen.models.damage import add_noise, edge_map, shrink
from tinygen.nn import functional as F


@pytest.fixture(autouse=True)
def _drawn_digits(monkeypatch, few_digits):
    """MNIST is not there, and of the digits in its place there are few."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)


@pytest.fixture
def cleaner(tmp_path):
    return new_model(tmp_path / "cleaner.npz", "unet", task="denoise", width=4)


@pytest.fixture
def enlarger(tmp_path):
    return new_model(tmp_path / "enlarger.npz", "unet", task="enlarge", width=4)


def restore(out, model, *words):
    return main(["restore", *map(str, words), "--model", str(model), "--out", str(out)])


def clean_digits(few_digits):
    return tg.tensor(few_digits.test_images[:COUNT, None].astype(np.float32) / 255)


def as_written(pictures):
    return np.rint(pictures.numpy() * 255) / 255


def decibels(clean, pictures):
    """Of all pixels together."""
    return -10 * np.log10(((clean.numpy() - as_written(pictures)) ** 2).mean())


def test_noise_is_added_to_test_digits_and_taken_out(tmp_path, cleaner, capsys, few_digits):
    out = tmp_path / "out"
    assert restore(out, cleaner, "--sigma", "0.3", "--seed", "4", "--offline") == 0

    clean = clean_digits(few_digits)
    tg.manual_seed(4)
    noisy = add_noise(clean, 0.3)
    made = from_checkpoint(cleaner).restore(noisy)
    scores = results(out)["numbers"]["scores"]
    before, gaussian, median, own = scores.values()
    assert before["psnr"] == pytest.approx(decibels(clean, noisy), rel=1e-4)
    assert own["psnr"] == pytest.approx(decibels(clean, made), rel=1e-4)
    assert gaussian["psnr"] > before["psnr"]
    assert median["psnr"] > before["psnr"]
    assert results(out)["numbers"]["sigma"] == 0.3
    first = sorted((out / "before").iterdir())[0].name
    np.testing.assert_allclose(pixels(out / "before" / first), as_written(noisy)[0], atol=1e-6)
    np.testing.assert_allclose(pixels(out / "after" / first), as_written(made)[0], atol=1e-6)
    np.testing.assert_allclose(pixels(out / "clean" / first), clean.numpy()[0], atol=1e-6)
    said = capsys.readouterr().out
    for words in ("with the noise", "Gaussian filter", "median filter", "the model (unet)"):
        assert words in said
    (table,) = results(out)["tables"]
    gains = [float(row[2].removesuffix(" dB")) for row in table["rows"]]
    assert gains[0] == 0
    assert gains[-1] == pytest.approx(own["psnr"] - before["psnr"], abs=0.01)


def test_test_digits_are_halved_and_enlarged(tmp_path, enlarger, few_digits):
    out = tmp_path / "out"
    assert restore(out, enlarger, "--task", "enlarge", "--offline") == 0

    clean = clean_digits(few_digits)
    small = shrink(clean)
    bicubic = F.interpolate(small, scale_factor=2, mode="bicubic").clamp(0, 1)
    scores = list(results(out)["numbers"]["scores"].values())
    assert scores[0]["psnr"] == pytest.approx(decibels(clean, bicubic), rel=1e-4)
    made = from_checkpoint(enlarger).restore(small)
    assert scores[1]["psnr"] == pytest.approx(decibels(clean, made), rel=1e-4)
    first = sorted((out / "before").iterdir())[0].name
    assert pixels(out / "before" / first).shape == (1, 14, 14)
    for column in ("bicubic", "after", "difference", "clean"):
        assert pixels(out / column / first).shape == (1, 28, 28)


def test_a_picture_of_the_users_is_restored_as_it_is(tmp_path, cleaner, few_digits, capsys):
    picture = tmp_path / "scan.png"
    Image.fromarray(few_digits.test_images[0]).save(picture)

    assert restore(tmp_path / "out", cleaner, picture) == 0

    given = few_digits.test_images[:1, None].astype(np.float32) / 255
    assert np.array_equal(pixels(tmp_path / "out" / "before" / "scan.png"), given[0])
    expected = as_written(from_checkpoint(cleaner).restore(tg.tensor(given)))
    np.testing.assert_allclose(
        pixels(tmp_path / "out" / "after" / "scan.png"), expected[0], atol=1e-6
    )
    assert "scores" not in results(tmp_path / "out")["numbers"]
    assert not (tmp_path / "out" / "clean").exists()
    assert "dB" not in capsys.readouterr().out


def test_a_small_picture_of_the_users_is_twice_as_large(tmp_path, enlarger):
    chance = np.random.default_rng(0)
    small = np.zeros((14, 14), np.uint8)
    small[3:10, 4:9] = chance.integers(128, 256, (7, 5))
    Image.fromarray(small).save(tmp_path / "small.png")

    assert restore(tmp_path / "out", enlarger, tmp_path / "small.png", "--task", "enlarge") == 0

    assert pixels(tmp_path / "out" / "before" / "small.png").shape == (1, 14, 14)
    assert pixels(tmp_path / "out" / "after" / "small.png").shape == (1, 28, 28)


def test_a_clean_picture_of_the_users_is_damaged_first_if_asked_for(tmp_path, cleaner, few_digits):
    picture = tmp_path / "clean.png"
    Image.fromarray(few_digits.test_images[0]).save(picture)

    assert restore(tmp_path / "out", cleaner, picture, "--damage", "--sigma", "0.4") == 0

    before = results(tmp_path / "out")["numbers"]["scores"]["with the noise"]
    assert 5 < before["psnr"] < 15  # the squared error of noise of 0.4 is 0.16 at most: 8 dB
    assert before["accuracy"] is None
    clean = pixels(tmp_path / "out" / "clean" / "clean.png")
    assert np.array_equal(clean[0], few_digits.test_images[0].astype(np.float32) / 255)
    assert any("0.4 was added" in note for note in results(tmp_path / "out")["notes"])


def test_an_autoencoder_takes_out_noise_too(tmp_path):
    model = new_model(tmp_path / "vae.npz", "denoising-vae", hidden=[8], latent=2)

    assert restore(tmp_path / "out", model, "--offline") == 0
    assert "the model (denoising-vae)" in results(tmp_path / "out")["numbers"]["scores"]


# ---- tinygen evaluate ----------------------------------------------------------------------------


@pytest.mark.usefixtures("digits", "no_curves")
@pytest.mark.parametrize(
    "words",
    [["unet", "--set", f"task={task}"] for task in ("denoise", "enlarge", "inpaint", "edges")]
    + [["pix2pix"]],
)
def test_a_trained_model_is_evaluated_on_test_pictures(words, tmp_path, capsys, few_digits):
    quick = ["--data", "glyphs", "--epochs", "1", "--batch-size", "30", "--set", "width=4"]
    assert main(["train", *words, *quick, "--out", str(tmp_path), "--offline"]) == 0
    capsys.readouterr()

    assert main(["evaluate", str(tmp_path / "best.npz"), "--offline"]) == 0

    said = capsys.readouterr().out
    assert f"How near {len(few_digits.test_images)} pictures come" in said
    given, own = said.splitlines()[-2:]
    clean = few_digits.test_images[:, None].astype(np.float32) / 255
    if words[-1] == "task=enlarge":
        assert given.startswith("bicubic interpolation")
    elif words[-1] in ("task=edges", "pix2pix"):
        error = np.abs(edge_map(tg.tensor(clean)).numpy() - clean).mean()
        assert f"{error:.4f}" in given
    assert own.startswith(f"the model ({words[0]})")


# ---- what does not go --------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["denoise", "enlarge"])
def test_without_a_model_it_says_how_to_train_one(task, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tinygen.cli.tasks.inputs.PRETRAINED", {})

    assert main(["restore", "--task", task, "--out", str(tmp_path / "out")]) == 2
    assert f"tinygen train unet --set task={task}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "able"),
    [("denoise", "a denoising-vae did"), ("enlarge", "a unet with task=enlarge did")],
)
def test_a_model_that_cannot_is_refused_and_named(task, able, tmp_path, capsys):
    other = new_model(tmp_path / "other.npz", "unet", task="edges", width=4)

    assert restore(tmp_path / "out", other, "--task", task) == 1

    said = capsys.readouterr().err
    assert "holds the model unet, which did not learn" in said
    assert able in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["a.png"], ["--task", "enlarge"]])
def test_without_added_noise_there_is_no_sigma(words, tmp_path, cleaner, capsys):
    assert restore(tmp_path / "out", cleaner, *words, "--sigma", "0.1") == 2
    assert "with pictures of your own --damage" in capsys.readouterr().err


def test_what_is_no_picture_leaves_earlier_results_untouched(tmp_path, cleaner, capsys):
    out = tmp_path / "out"
    assert restore(out, cleaner, "--offline") == 0
    before = (out / "index.html").read_bytes()
    (tmp_path / "broken.png").write_bytes(b"no picture")

    assert restore(out, cleaner, tmp_path / "broken.png") == 1

    assert "broken.png" in capsys.readouterr().err
    assert (out / "index.html").read_bytes() == before


def test_a_gpu_restores_the_same(tmp_path, cleaner, backend):
    scores = []
    for device in ("cpu", backend.device):
        out = tmp_path / device
        assert restore(out, cleaner, "--offline", "--device", device) == 0
        scores.append(list(results(out)["numbers"]["scores"].values())[-1]["psnr"])
    assert scores[0] == pytest.approx(scores[1], rel=1e-3)
