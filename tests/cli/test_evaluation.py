from __future__ import annotations

import math
import re

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import evaluation, judging, main
from tinygen.cli.evaluation import classify, interval, scores_of
from tinygen.cli.likelihoods import binarized
from tinygen.models import create, from_checkpoint


@pytest.mark.parametrize(("right", "total"), [(0, 10), (7, 10), (10, 10), (9903, 10_000)])
def test_the_bounds_solve_wilsons_equation(right, total):
    share = right / total

    for bound in interval(right, total):
        surprise = (share - bound) ** 2 - evaluation.Z**2 * bound * (1 - bound) / total
        assert surprise == pytest.approx(0, abs=1e-12)
        assert -1e-12 <= bound <= 1 + 1e-12


def test_the_interval_holds_the_true_accuracy_as_often_as_it_says():
    truth, total = 0.97, 500
    drawn = np.random.default_rng(0).binomial(total, truth, 2000)

    held = [low <= truth <= high for low, high in (interval(right, total) for right in drawn)]

    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_the_scores_of_a_small_case():
    labels = np.array([0, 0, 1, 1])
    sure = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])

    scores = scores_of(labels, sure)

    assert (scores.right, scores.total, scores.accuracy) == (3, 4, 0.75)
    assert scores.precision == pytest.approx((2 / 3 + 1) / 2)
    assert scores.recall == pytest.approx((1 + 1 / 2) / 2)
    assert scores.f1 == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert scores.auc == pytest.approx(3 / 4)  # of four pairs one is in the wrong order
    assert scores.log_loss == pytest.approx(-np.log([0.9, 0.6, 0.3, 0.8]).mean())
    assert scores.low < 0.75 < scores.high


@pytest.mark.filterwarnings("error")
def test_a_class_without_examples_counts_for_nothing():
    labels = np.array([0, 0, 2, 2])
    sure = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.2, 0.1, 0.7]])

    scores = scores_of(labels, sure)

    assert (scores.precision, scores.recall, scores.f1, scores.auc) == (1, 1, 1, 1)


def test_of_a_single_class_there_is_no_area():
    scores = scores_of(np.array([1, 1]), np.array([[0.1, 0.9], [0.4, 0.6]]))

    assert math.isnan(scores.auc)
    assert scores.accuracy == 1


def test_probabilities_add_up_to_one_and_all_pictures_get_theirs(backend):
    tg.manual_seed(0)
    model = create("cnn").to(backend.device)
    images = np.random.default_rng(0).integers(0, 256, (503, 28, 28)).astype(np.uint8)

    probabilities = classify(model, images, backend.device)

    assert probabilities.shape == (503, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    alone = classify(model, images[-1:], backend.device)
    np.testing.assert_allclose(probabilities[-1:], alone, rtol=1e-4)


# ---- models with a likelihood ------------------------------------------------------------------


def evaluate(source, out, *words):
    return main(["evaluate", str(source), "--out", str(out), *words])


def number_behind(words, said):
    """The first number in the line that begins so."""
    line = next(line.strip() for line in said.splitlines() if line.strip().startswith(words))
    return float(re.search(r"-?[\d.]+", line.removeprefix(words)).group())


def is_a_picture(path):
    with Image.open(path) as picture:
        picture.load()
        return min(picture.size) > 100


@pytest.mark.usefixtures("digits")
def test_of_an_autoencoder_the_bound_and_the_likelihood_are_told(checkpoints, tmp_path, capsys):
    words = ("--pictures", "8", "--samples", "20")
    assert evaluate(checkpoints["vae"], tmp_path, *words) == 0

    said = capsys.readouterr().out
    bound = number_behind("bound: reconstruction + KL", said)
    parts = number_behind("reconstruction ", said), number_behind("KL divergence", said)
    assert bound == pytest.approx(sum(parts), abs=0.02)
    assert parts[1] > 0
    assert "(of 8 pictures)" in said
    assert "with 20 codes for each picture" in said
    assert "The bound is that of grey pixels" in said
    assert "All given what the pictures show" not in said
    assert is_a_picture(tmp_path / "reconstructions.png")
    assert is_a_picture(tmp_path / "samples.png")


def test_the_bound_is_that_of_the_model(checkpoints, tmp_path, capsys, digits):
    model = from_checkpoint(checkpoints["vae"])
    greys = tg.tensor(digits.test_images[:, None].astype(np.float32) / 255)
    kl = model.elbo(greys).kl.numpy().mean()  # which has no noise

    evaluate(checkpoints["vae"], tmp_path, "--pictures", "8", "--samples", "20")

    assert number_behind("KL divergence", capsys.readouterr().out) == pytest.approx(kl, abs=0.005)


def test_an_exact_likelihood_is_that_of_black_and_white_pixels(
    checkpoints, tmp_path, capsys, digits
):
    assert evaluate(checkpoints["row-generator"], tmp_path) == 0

    model = from_checkpoint(checkpoints["row-generator"])
    bits = tg.tensor(binarized(digits.test_images[:, None]))
    nll = -model.log_prob(bits, digits.test_labels).detach().numpy().mean()
    said = capsys.readouterr().out
    assert number_behind("negative log-likelihood", said) == pytest.approx(nll, abs=0.01)
    assert number_behind("bits per dimension", said) == pytest.approx(
        nll / (784 * math.log(2)), abs=1e-4
    )
    assert number_behind("the same of independent pixels", said) > 50
    assert "All given what the pictures show." in said
    assert "black or white, drawn by their greys (seed 2)" in said
    assert is_a_picture(tmp_path / "samples.png")


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("name", ["vae", "made"])
def test_likelihoods_are_computed_on_a_gpu(checkpoints, tmp_path, capsys, backend, name):
    found = []
    for device in ("cpu", backend.device):
        words = ("--pictures", "4", "--samples", "5") if name == "vae" else ()
        assert evaluate(checkpoints[name], tmp_path, "--device", device, *words) == 0
        said = capsys.readouterr().out
        found.append(number_behind("KL divergence" if name == "vae" else "negative", said))

    assert found[0] == pytest.approx(found[1], abs=0.02)


def test_pixels_are_drawn_by_their_greys_and_once_and_for_all():
    greys = np.full((300, 1, 10, 10), 51, np.uint8)
    greys[:, :, :5] = 255
    greys[:, :, 9] = 0

    bits = binarized(greys)

    assert bits.dtype == np.float32
    assert np.array_equal(np.unique(bits), [0, 1])
    assert bits[:, :, :5].all()
    assert not bits[:, :, 9].any()
    assert bits[:, :, 5:9].mean() == pytest.approx(51 / 255, abs=0.02)
    assert np.array_equal(bits, binarized(greys))
    assert not np.array_equal(bits, binarized(greys, seed=3))


@pytest.mark.usefixtures("digits", "no_pictures")
@pytest.mark.filterwarnings("ignore::tinygen.train.TrainingWarning")
def test_other_likelihoods_are_said_to_be_others(tmp_path, capsys):
    train = ("--data", "glyphs", "--epochs", "1", "--set", "hidden=8", "--offline")
    out = tmp_path / "run"
    for name, setting, note in (
        ("grey", "likelihood=gaussian", "these are densities"),
        ("bits", "binarize=true", "Pixels are black or white"),
    ):
        assert main(["train", "vae", *train, "--out", str(out / name), "--set", setting]) == 0
        capsys.readouterr()
        words = ("--pictures", "4", "--samples", "5")
        assert main(["evaluate", str(out / name / "best.npz"), *words]) == 0
        said = capsys.readouterr().out
        assert note in said
        assert ("independent pixels" in said) == (name == "bits")


# ---- GANs --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("digits", "shipped")
def test_a_gan_is_judged_beside_real_pictures(checkpoints, tmp_path, capsys):
    assert evaluate(checkpoints["cgan"], tmp_path, "--pictures", "30") == 0

    said = capsys.readouterr().out
    for words in ("confidence", "class shares", "agreement", "Fréchet distance", "training than"):
        assert words in said
    assert said.count("(test pictures: ") == 2
    assert said.count("the floor: ") == 2
    assert "(without copying: 75.00%)" in said  # 120 training pictures, 40 test pictures
    assert "30 drawn pictures beside 40 test" in said
    assert is_a_picture(tmp_path / "samples.png")


@pytest.mark.usefixtures("digits", "shipped")
def test_a_gan_that_was_told_nothing_cannot_agree(checkpoints, tmp_path, capsys):
    assert evaluate(checkpoints["dcgan"], tmp_path, "--pictures", "30") == 0
    assert "agreement" not in capsys.readouterr().out


@pytest.mark.usefixtures("glyphs", "shipped")
def test_pictures_that_the_judge_does_not_know_are_not_judged(checkpoints, tmp_path, capsys):
    assert evaluate(checkpoints["dcgan"], tmp_path) == 0

    said = capsys.readouterr().out
    assert "There is no judge for Glyphs" in said
    assert "confidence" not in said
    assert is_a_picture(tmp_path / "samples.png")


@pytest.mark.usefixtures("digits", "shipped")
def test_samples_are_as_far_from_the_test_pictures_as_a_distance_says(
    checkpoints, tmp_path, capsys, monkeypatch, few_digits
):
    """If a GAN drew the training pictures, its distances would be the floors, and they copies."""
    images = few_digits.train_images[:30, None].astype(np.float32) / 255
    monkeypatch.setattr(judging, "generate", lambda *_: tg.tensor(images))

    evaluate(checkpoints["dcgan"], tmp_path, "--pictures", "30")

    lines = capsys.readouterr().out.splitlines()
    for words in ("Fréchet", "class shares"):
        distance, floor = re.findall(r"\d[\d.]*", next(line for line in lines if words in line))
        assert distance == floor
        assert float(floor) > 0
    assert "100.00%" in next(line for line in lines if "training than" in line)


# ---- what does not fit -------------------------------------------------------------------------


@pytest.mark.usefixtures("digits", "shipped")
def test_what_ships_can_be_tested_too(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert main(["evaluate", "judge"]) == 0

    assert "judge (cnn) on the 40 test pictures of Drawn digits" in capsys.readouterr().out
    assert is_a_picture(tmp_path / "tinygen-judge" / "confusion-matrix.png")


@pytest.mark.usefixtures("glyphs")
def test_only_models_that_look_at_labels_need_the_same_classes(checkpoints, tmp_path, capsys):
    assert evaluate(checkpoints["made"], tmp_path) == 0
    for name in ("cnn", "row-generator"):
        assert evaluate(checkpoints[name], tmp_path) == 2
        assert "10 classes apart (0, 1, 2, 3, 4, ...), Glyphs has 36" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["vae", "cgan", "made"])
def test_pictures_of_another_size_are_refused_by_all(checkpoints, folder, tmp_path, capsys, name):
    assert evaluate(checkpoints[name], tmp_path, "--data", str(folder)) == 2

    said = capsys.readouterr().err
    wrong_classes = "10 classes apart" in said
    assert wrong_classes if name == "cgan" else "wants pictures of (1, 28, 28)" in said


@pytest.mark.parametrize(
    ("name", "words", "option"),
    [
        ("cnn", ["--pictures", "5"], "--pictures means nothing for the model cnn"),
        ("made", ["--pictures", "5", "--samples", "5"], "--samples --pictures means nothing"),
        ("cgan", ["--samples", "5"], "--samples means nothing for the model cgan"),
    ],
)
def test_options_that_mean_nothing_are_refused(checkpoints, tmp_path, capsys, name, words, option):
    assert evaluate(checkpoints[name], tmp_path, *words) == 2
    assert option in capsys.readouterr().err


def test_a_checkpoint_without_a_card_ends_with_1(tmp_path, capsys):
    tg.io.save_checkpoint(tmp_path / "own.npz", model=tg.nn.Dense(2, 2))

    assert evaluate(tmp_path / "own.npz", tmp_path) == 1
    assert "says nothing of the model and its data" in capsys.readouterr().err
