from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import demo, main
from tinygen.data import DataError, DataNotFoundError, load_mnist, synthetic_digits


@pytest.fixture
def few_digits(monkeypatch):
    """No MNIST, and only some hundred drawn digits."""

    def not_found():
        raise DataNotFoundError

    monkeypatch.setattr(demo, "load_mnist", not_found)
    monkeypatch.setattr(demo, "synthetic_digits", lambda: synthetic_digits(300, 100))


@pytest.mark.usefixtures("few_digits")
def test_it_trains_tells_and_draws(tmp_path, capsys, backend):
    assert main(["demo", "--out", str(tmp_path / "new"), "--device", backend.device]) == 0

    said = capsys.readouterr().out
    assert "MNIST was not found" in said
    assert "TINYGEN_DATA" in said
    assert "300 to learn from, 100 to be tested on" in said
    assert "100%  loss " in said
    assert "95% interval" in said
    with Image.open(tmp_path / "new" / "predictions.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        assert min(picture.size) > 500


@pytest.mark.usefixtures("few_digits")
def test_a_seed_means_the_same_result(tmp_path, capsys):
    results = []
    for seed in ("5", "5", "6"):
        main(["demo", "--out", str(tmp_path), "--seed", seed])
        said = capsys.readouterr().out
        results.append(said[said.index("Test") : said.index("Time")])

    assert results[0] == results[1] != results[2]


@pytest.mark.usefixtures("few_digits")
@pytest.mark.parametrize("moment", ["synthetic_digits", "train", "classify", "_save_picture"])
def test_ctrl_c_ends_it_cleanly_and_says_what_is_lost(tmp_path, capsys, monkeypatch, moment):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, moment, interrupt)

    assert main(["demo", "--out", str(tmp_path)]) == 130

    assert f"{tmp_path / 'predictions.png'} was not written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_damaged_data_end_with_2_and_a_message(tmp_path, capsys, monkeypatch):
    def damaged():
        raise DataError("the file is truncated")

    monkeypatch.setattr(demo, "load_mnist", damaged)

    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "tinygen demo: the file is truncated\n"


def test_a_folder_that_cannot_be_written_to_is_found_before_the_training(tmp_path, capsys):
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    assert main(["demo", "--out", str(in_the_way)]) == 2
    assert "choose another with --out" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_ends_with_2_and_the_reason(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)

    assert main(["demo", "--out", str(tmp_path), "--device", "cuda"]) == 2
    assert "CuPy is not installed" in capsys.readouterr().err


# ---- the parts ---------------------------------------------------------------------------------


def test_pixels_are_standardized_to_float32():
    images = synthetic_digits(50, 0).train_images

    pixels = demo.Standardize(images, "cpu")(images)

    assert pixels.shape == (50, 1, 28, 28)
    assert pixels.dtype == np.float32
    assert pixels.mean().item() == pytest.approx(0, abs=1e-4)
    assert pixels.numpy().std() == pytest.approx(1, abs=1e-4)


def test_probabilities_add_up_to_one_and_all_pictures_get_theirs():
    images = synthetic_digits(300, 0).train_images

    probabilities = demo.classify(demo.small_cnn(), demo.Standardize(images, "cpu"), images)

    assert probabilities.shape == (300, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("right", "total"), [(0, 10), (7, 10), (10, 10), (9903, 10_000)])
def test_the_bounds_solve_wilsons_equation(right, total):
    share = right / total

    for bound in demo.accuracy_interval(right, total):
        surprise = (share - bound) ** 2 - 1.96**2 * bound * (1 - bound) / total
        assert surprise == pytest.approx(0, abs=1e-12)
        assert -1e-12 <= bound <= 1 + 1e-12


def test_the_interval_holds_the_true_accuracy_as_often_as_it_says():
    truth, total = 0.97, 500
    drawn = np.random.default_rng(0).binomial(total, truth, 2000)

    held = [low <= truth <= high for low, high in (demo.accuracy_interval(r, total) for r in drawn)]

    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def accuracy_of_demo_network(digits, epochs):
    tg.manual_seed(0)
    model, standardize = demo.small_cnn(), demo.Standardize(digits.train_images, "cpu")
    demo.train(model, standardize, digits.train_images, digits.train_labels, epochs)
    guesses = demo.classify(model, standardize, digits.test_images).argmax(axis=1)
    return (guesses == digits.test_labels).mean()


def accuracy_of_linear_classifier(digits, ridge=100.0):
    """Least squares on the pixels, in closed form."""

    def with_one(images):
        flat = images.reshape(len(images), -1) / 255
        return np.hstack([flat, np.ones((len(flat), 1))])

    pixels = with_one(digits.train_images)
    targets = np.eye(10)[digits.train_labels]
    weights = np.linalg.solve(
        pixels.T @ pixels + ridge * np.eye(pixels.shape[1]), pixels.T @ targets
    )
    guesses = (with_one(digits.test_images) @ weights).argmax(axis=1)
    return (guesses == digits.test_labels).mean()


def test_the_network_makes_far_fewer_mistakes_than_a_linear_classifier():
    digits = synthetic_digits(3000, 1000)

    linear = accuracy_of_linear_classifier(digits)
    network = accuracy_of_demo_network(digits, epochs=2)

    assert linear < 0.95
    assert 1 - network < (1 - linear) / 1.5


@pytest.mark.skipif(
    "TINYGEN_DATA" not in os.environ,
    reason="to train on real digits, set TINYGEN_DATA to a folder with the files of MNIST",
)
def test_a_tenth_of_the_real_mnist_teaches_most_of_it():
    mnist = load_mnist()
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)

    tenth = type(mnist)(
        mnist.train_images[:6000], mnist.train_labels[:6000],
        mnist.test_images[:2000], mnist.test_labels[:2000], mnist.name, mnist.is_real,
    )  # fmt: skip

    assert accuracy_of_demo_network(tenth, epochs=2) > 0.92
