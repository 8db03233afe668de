from __future__ import annotations

import os

import numpy as np
import pytest

import tinygen as tg
from tinygen.cli.baselines import constant_accuracy, linear_accuracy
from tinygen.cli.demo import EXPECTED
from tinygen.cli.errors import UsageError
from tinygen.cli.evaluation import classify
from tinygen.cli.recipe import (
    Card,
    Recipe,
    new_model,
    new_trainer,
    pictures_of,
    read_card,
    size_of,
    split,
    training_batches,
)
from tinygen.data import ImageSet, load_mnist
from tinygen.data.glyphs import DIGITS, make_glyphs
from tinygen.io import load_checkpoint, save_checkpoint
from tinygen.models import create
from tinygen.train import Callback

DATA = os.environ.get("TINYGEN_DATA")


def blank_set(count, labels=None):
    labels = np.zeros(count, np.int64) if labels is None else labels
    images = np.zeros((count, 12, 12), np.uint8)
    return ImageSet(images, labels, images[:0], labels[:0], "blank", False)


def test_of_a_large_set_the_last_10000_are_for_validation():
    pictures = blank_set(50_000, np.arange(50_000) // 40_000)

    parts = split(pictures, use_all=False)

    assert len(parts.train_labels) == 40_000
    assert len(parts.validation_labels) == 10_000
    assert not parts.train_labels.any()
    assert parts.validation_labels.all()


def test_of_a_small_set_a_tenth_of_each_class_is_for_validation():
    pictures = blank_set(100, np.arange(100) // 10)  # sorted by class, as a folder is

    parts = split(pictures, use_all=False)

    assert parts.train_images.shape == (90, 1, 12, 12)
    assert sorted(parts.validation_labels) == list(range(10))


def test_all_can_be_learned_from():
    parts = split(blank_set(100), use_all=True)

    assert len(parts.train_labels) == 100
    assert len(parts.validation_labels) == 0


def test_the_model_standardizes_by_its_training_pictures():
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (50, 3, 12, 12)).astype(np.uint8)
    images[:, 1] //= 4

    model, arguments = new_model(Recipe(), images, 7)

    pixels = images / 255
    standardized = (pixels - model.mean.numpy()) / model.std.numpy()
    np.testing.assert_allclose(standardized.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(standardized.std(axis=(0, 2, 3)), 1, atol=1e-5)
    assert arguments["picture_shape"] == [3, 12, 12]


def test_a_channel_without_any_contrast_does_no_harm():
    images = np.full((20, 1, 12, 12), 30, np.uint8)

    model, _ = new_model(Recipe(), images, 2)

    assert np.isfinite(model(tg.full((1, 1, 12, 12), 30 / 255)).detach().numpy()).all()


def test_the_seed_decides_the_first_weights():
    images = np.zeros((5, 1, 12, 12), np.uint8)
    first, again, other = (
        new_model(Recipe(seed=seed), images, 2)[0]
        .get_submodule("convolutions.0")
        .weight.detach()
        .numpy()
        for seed in (0, 0, 1)
    )

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_batches_are_float_pictures_that_are_moved_if_asked_for():
    images = np.zeros((40, 1, 12, 12), np.uint8)
    images[:, 0, 6, 6] = 255
    places = set()
    for shift in (0, 2):
        recipe = Recipe(batch_size=4, shift=shift)
        for batch, _ in training_batches(recipe, images, np.zeros(40, np.int64)):
            assert batch.dtype == np.float32
            assert batch.shape == (4, 1, 12, 12)
            assert batch.numpy().sum(axis=(1, 2, 3)).tolist() == [1] * 4
            places |= {(shift, *map(int, place)) for place in np.argwhere(batch.numpy())[:, 2:]}

    assert {place for place in places if place[0] == 0} == {(0, 6, 6)}
    moved = {place for place in places if place[0] == 2}
    assert len(moved) > 2
    assert all(abs(row - 6) <= 2 and abs(column - 6) <= 2 for _, row, column in moved)


def test_the_rate_rises_to_its_peak_and_falls_to_nearly_nothing():
    rates = []

    class Watch(Callback):
        def on_batch_end(self, trainer):
            rates.append(trainer.optimizer.param_groups[0]["lr"])

    images, labels = np.zeros((64, 1, 12, 12), np.uint8), np.zeros(64, np.int64)
    recipe = Recipe(epochs=2, batch_size=4, lr=0.01)
    model, _ = new_model(recipe, images, 2)
    trainer = new_trainer(model, recipe, 64, [Watch()], progress=None)
    trainer.diagnose = False
    trainer.fit(training_batches(recipe, images, labels), recipe.epochs)

    assert len(rates) == 32
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert rates[-1] < 1e-4
    assert 0 < rates.index(max(rates)) < 16


def test_a_checkpoint_says_what_it_is(tmp_path):
    recipe = Recipe(data="pets", epochs=3)
    model, arguments = new_model(recipe, np.zeros((4, 1, 12, 12), np.uint8), 2)
    card = Card(recipe, arguments, ("cat", "dog"))
    trainer = new_trainer(model, recipe, 4, out=tmp_path, progress=None, card=card)
    trainer.diagnose = False
    images, labels = np.zeros((4, 1, 12, 12), np.uint8), np.zeros(4, np.int64)
    trainer.fit(training_batches(recipe, images, labels), 1)

    read = read_card(tmp_path / "last.npz")

    assert read.recipe == recipe
    assert read.arguments == arguments
    assert read.classes == ["cat", "dog"]


def test_a_checkpoint_builds_its_model_again(tmp_path):
    model, arguments = new_model(Recipe(), np.zeros((4, 3, 12, 14), np.uint8), 5)
    card = Card(Recipe(), arguments, "abcde")
    save_checkpoint(tmp_path / "model.npz", model=model, **card.contents())

    saved = load_checkpoint(tmp_path / "model.npz")
    again = create(saved.architecture, **saved.arguments)
    load_checkpoint(tmp_path / "model.npz", model=again)

    assert type(again) is type(model)
    pictures = tg.rand(2, 3, 12, 14)
    with tg.no_grad():
        np.testing.assert_array_equal(again(pictures).numpy(), model(pictures).numpy())


def test_a_model_that_is_not_known_is_named(tmp_path):
    card = Card(Recipe(model="diffusion"), {}, "ab")
    save_checkpoint(tmp_path / "new.npz", model=tg.nn.Dense(2, 2), **card.contents())

    with pytest.raises(UsageError, match="a model 'diffusion', .* knows only cnn"):
        read_card(tmp_path / "new.npz")


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"epoch": 3},
        {"recipe": {}},
        {"recipe": {"epochs": "many"}, "classes": ["a"]},
        {"recipe": {"colour": "red"}, "classes": ["a"]},
    ],
)
def test_a_checkpoint_of_another_hand_says_nothing(tmp_path, metadata):
    save_checkpoint(tmp_path / "other.npz", model=tg.nn.Dense(2, 2), metadata=metadata)

    with pytest.raises(UsageError, match="says nothing of the model"):
        read_card(tmp_path / "other.npz")


def test_the_network_makes_far_fewer_mistakes_than_a_linear_classifier():
    digits = make_glyphs(1200, 400, characters=DIGITS)
    recipe = Recipe(epochs=2, batch_size=50, lr=0.01)
    images = pictures_of(digits.train_images)
    model, _ = new_model(recipe, images, 10)
    trainer = new_trainer(model, recipe, len(images), progress=None)
    trainer.fit(training_batches(recipe, images, digits.train_labels), recipe.epochs)

    guesses = classify(model, digits.test_images).argmax(axis=1)
    network = (guesses == digits.test_labels).mean()
    linear = linear_accuracy(
        digits.train_images, digits.train_labels, digits.test_images, digits.test_labels
    )
    assert linear < 0.85
    assert 1 - network < (1 - linear) / 3


def test_the_size_is_that_of_all_weights():
    assert size_of(tg.nn.Dense(3, 4)) == 3 * 4 + 4


@pytest.mark.skipif(
    DATA is None,
    reason="to train on real digits, set TINYGEN_DATA to a folder with the files of MNIST",
)
def test_a_tenth_of_the_real_mnist_teaches_most_of_it():
    mnist = load_mnist(DATA)
    images, labels = pictures_of(mnist.train_images[:6000]), mnist.train_labels[:6000]
    recipe = Recipe(epochs=2, lr=0.01)
    model, _ = new_model(recipe, images, 10)
    trainer = new_trainer(model, recipe, len(images), progress=None)
    trainer.fit(training_batches(recipe, images, labels), recipe.epochs)

    guesses = classify(model, mnist.test_images[:2000]).argmax(axis=1)

    assert (guesses == mnist.test_labels[:2000]).mean() > 0.93


@pytest.mark.skipif(
    DATA is None,
    reason="to fit real digits, set TINYGEN_DATA to a folder with the files of MNIST",
)
def test_what_is_expected_of_the_baselines_is_what_mnist_gives():
    mnist, expected = load_mnist(DATA), EXPECTED["mnist"]
    learned, tested = mnist.train_labels, mnist.test_labels
    constant = constant_accuracy(learned, tested)
    linear = linear_accuracy(mnist.train_images, learned, mnist.test_images, tested)

    assert expected.constant[0] <= 100 * constant <= expected.constant[1]
    assert expected.linear[0] <= 100 * linear <= expected.linear[1]
