from __future__ import annotations

import math
import os
from dataclasses import replace

import numpy as np
import pytest

import tinygen as tg
from tinygen.cli.baselines import linear_accuracy
from tinygen.data import ImageSet, load_mnist
from tinygen.data.glyphs import DIGITS, make_glyphs
from tinygen.io import CheckpointError, load_checkpoint, save_checkpoint
from tinygen.models import GAN, MODELS, Classifier, create
from tinygen.train import RECIPES, Callback, Recipe
from tinygen.train.recipe import (
    Card,
    check_arguments,
    check_labels,
    in_batches,
    labels_read_by,
    new_model,
    new_trainer,
    options_of,
    pictures_of,
    read_card,
    size_of,
    split,
    training_batches,
)

DATA = os.environ.get("TINYGEN_DATA")


def blank_set(count, labels=None):
    labels = np.zeros(count, np.int64) if labels is None else labels
    images = np.zeros((count, 12, 12), np.uint8)
    return ImageSet(images, labels, images[:0], labels[:0], "blank", False)


def in_floats(images):
    return tg.tensor(pictures_of(images)).float() / 255


def small(name, **changes):
    """The recipe of a model, short, and small where the model can be."""
    sizes = {"width": 4, "latent": 8, "hidden": [16], "units": 8, "head_units": 8}
    known = options_of(name)
    if name == "conv-vae":
        sizes |= {"channels": [4, 8]}
    if name in ("conv-vae", "dcgan", "cgan", "wgan-gp"):
        sizes |= {"hidden": 16}
    arguments = {key: value for key, value in sizes.items() if key in known}
    arguments = {**RECIPES[name].arguments, **arguments, **changes.pop("arguments", {})}
    usual = {"epochs": 1, "batch_size": 10, "arguments": arguments}
    return replace(RECIPES[name], **{**usual, **changes})


def noisy_pictures(count=40, classes=3):
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (count, 1, 12, 12)).astype(np.uint8)
    return images, np.arange(count) % classes


def noise_for(name):
    """Noise with labels of the kind that a model reads."""
    images, classes = noisy_pictures()
    kind = getattr(MODELS[name], "labels", "class")
    if kind == "text":
        return images, (classes[:, None] + [0, 1, 0, 1, 0]) % 3
    if kind == "boxes":
        frames = np.tile([2, 1, 9, 11], (len(classes), 1, 1))
        return images, np.concatenate([frames, classes[:, None, None]], axis=2)
    return images, classes


def trained(recipe, callbacks=(), validate=False, **options):
    """The trainer of a whole training on noise."""
    images, labels = noise_for(recipe.model)
    model, _ = new_model(recipe, images, 3)
    trainer = new_trainer(model, recipe, len(images), callbacks, progress=None, **options)
    trainer.diagnose = False
    validation = in_batches(images, labels, 20) if validate else None
    trainer.fit(training_batches(recipe, images, labels), recipe.epochs, validation)
    return trainer


class Rates(Callback):
    """The learning rates of each step."""

    def __init__(self):
        self.seen = []

    def on_batch_end(self, trainer):
        optimizers = trainer.optimizer
        if not isinstance(optimizers, dict):
            optimizers = {"": optimizers}
        self.seen.append([each.param_groups[0]["lr"] for each in optimizers.values()])


# ---- pictures ----------------------------------------------------------------------------------


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


# ---- models ------------------------------------------------------------------------------------


def test_every_model_has_a_recipe_that_fits_it():
    assert list(RECIPES) == list(MODELS)
    for name, recipe in RECIPES.items():
        assert recipe.model == name
        check_arguments(name, recipe.arguments)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns_by_its_recipe(name):
    recipe = small(name)
    images, labels = noise_for(name)
    model, arguments = new_model(recipe, images, 3)
    before = {key: value.detach().numpy().copy() for key, value in model.named_parameters()}

    trainer = new_trainer(model, recipe, len(images), progress=None)
    trainer.diagnose = False
    trainer.fit(training_batches(recipe, images, labels), recipe.epochs)

    assert arguments["picture_shape"] == [1, 12, 12]
    assert math.isfinite(trainer.history.rows[0]["loss"])
    assert all(
        not np.array_equal(before[key], value.detach().numpy())
        for key, value in model.named_parameters()
        if value.requires_grad and value.ndim > 1  # the bias of a Wasserstein score is free
    )


def test_a_classifier_is_judged_by_its_accuracy_and_others_by_their_parts():
    columns = {name: set(trained(small(name), validate=True).history) for name in MODELS}

    for name, kind in MODELS.items():
        assert ("val_accuracy" in columns[name]) == issubclass(kind, Classifier)
    assert {"reconstruction", "kl", "val_kl"} <= columns["vae"]
    assert {"bits_per_dim", "val_nll"} <= columns["made"]
    assert {"discriminator", "generator", "val_real"} <= columns["cgan"]


def test_labels_are_for_models_that_are_made_for_them():
    images, _ = noisy_pictures()

    def classes_of(name, **arguments):
        return new_model(small(name, arguments=arguments), images, 3)[0].classes

    assert classes_of("cgan") == classes_of("row-generator") == 3
    assert classes_of("vae") is classes_of("dcgan") is classes_of("made") is None
    assert classes_of("vae", classes=True) == classes_of("dcgan", classes=3) == 3
    assert classes_of("row-generator", classes=False) is None
    assert classes_of("row-generator", classes=None) is None


def test_what_labels_a_model_reads_is_said_by_the_model():
    def labels_of(name, **arguments):
        return labels_read_by(new_model(small(name, arguments=arguments), noise_for(name)[0], 3)[0])

    assert labels_of("detector") == "boxes"
    assert labels_of("strip-reader") == labels_of("strip-cnn") == "text"
    assert labels_of("embedder") == "class"
    assert labels_of("cnn") == labels_of("row-lstm") == labels_of("cgan") == "class"
    assert labels_of("vae") is labels_of("dcgan") is labels_of("made") is None
    assert labels_of("vae", classes=True) == "class"


def test_labels_that_say_something_else_are_refused_with_who_reads_them():
    cnn, vae, detector = (create(name) for name in ("cnn", "vae", "detector"))
    classes, boxes = blank_set(2), blank_set(2, np.full((2, 1, 5), 3))

    for model, pictures in ((cnn, classes), (detector, boxes), (vae, classes), (vae, boxes)):
        check_labels(model, pictures)
    with pytest.raises(ValueError, match="cnn learns from the class .* boxes .*: detector$"):
        check_labels(cnn, boxes)
    with pytest.raises(ValueError, match="detector learns from boxes .* class .*: cnn, lenet"):
        check_labels(detector, classes)


def test_pictures_whose_boxes_stay_are_not_moved():
    check_labels(create("cnn"), blank_set(2), shift=2)
    with pytest.raises(ValueError, match="boxes of blank do not move with the pictures: no shift"):
        check_labels(create("detector"), blank_set(2, np.full((2, 1, 5), 3)), shift=2)


@pytest.mark.parametrize(
    ("name", "classes", "message"),
    [
        ("vae", 10, "the data have 3 classes, and the argument classes is 10"),
        ("cnn", 2, "the data have 3 classes"),
        ("cgan", False, "cgan needs classes"),
    ],
)
def test_classes_that_the_data_have_not_are_refused(name, classes, message):
    with pytest.raises(ValueError, match=message):
        new_model(small(name, arguments={"classes": classes}), noisy_pictures()[0], 3)


def test_a_model_gets_the_arguments_of_its_recipe():
    recipe = small("vae", arguments={"latent": 7, "likelihood": "gaussian", "std": 0.25})

    model, arguments = new_model(recipe, noisy_pictures()[0], 3)

    assert model.latent == arguments["latent"] == 7
    assert model.likelihood.log_std.item() == pytest.approx(math.log(0.25))


def test_all_options_of_a_gan_can_be_set_and_no_others():
    options = options_of("wgan-gp")

    assert {"loss", "pack", "critic_steps", "ema_decay", "latent", "width"} <= set(options)
    assert options["latent"].default == 100
    assert "self" not in options
    assert "options" not in options


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("vae", {"latnet": 3}, "vae has no 'latnet'; did you mean 'latent'"),
        ("cnn", {"xyz": 3}, r"cnn has no 'xyz'\. There are: classes, dropout, batch_norm$"),
        ("dcgan", {"losss": "hinge"}, "did you mean 'loss'"),
        ("vae", {"latent": "big"}, "latent of vae is a whole number, got 'big'"),
        ("vae", {"latent": 2.5}, "a whole number, got 2.5"),
        ("vae", {"latent": True}, "a whole number, got True"),
        ("vae", {"hidden": [1, "two"]}, "hidden of vae is a list of whole numbers"),
        ("vae", {"hidden": 400}, "a list of whole numbers, got 400"),
        ("vae", {"beta": None}, "beta of vae is a number, got None"),
        ("vae", {"binarize": 1}, "binarize of vae is true or false, got 1"),
        ("vae", {"classes": "ten"}, "classes of vae is true or false or a whole number or null"),
        ("vae", {"activation": 3}, "activation of vae is a word"),
        ("cnn", {"mean": 0.5}, "mean of cnn follows from the pictures"),
        ("gan", {"picture_shape": [1, 2, 3]}, "picture_shape of gan follows from the pictures"),
    ],
)
def test_arguments_that_a_model_cannot_have_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        check_arguments(name, arguments)


def test_what_may_be_left_out_may_be_null():
    check_arguments("dcgan", {"ema_decay": None, "classes": None})
    check_arguments("dcgan", {"ema_decay": 0.9, "gradient_penalty": 10})


def test_a_schedule_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="one-cycle, cosine, constant, got 'linear'"):
        Recipe(schedule="linear")


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


# ---- trainings ---------------------------------------------------------------------------------


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
    rates = Rates()
    trained(Recipe(epochs=8, batch_size=10, lr=0.01), [rates])

    seen = [rate for (rate,) in rates.seen]
    assert len(seen) == 32
    assert max(seen) == pytest.approx(0.01, rel=0.02)
    assert seen[-1] < 1e-4
    assert 0 < seen.index(max(seen)) < 16


def test_the_rate_falls_by_half_a_cosine_or_stays():
    cosine, constant = Rates(), Rates()
    trained(small("vae", epochs=2, lr=0.01, schedule="cosine"), [cosine])
    trained(small("vae", epochs=2, lr=0.01, schedule="constant"), [constant])

    steps = np.arange(1, 9)  # a rate is looked at when the schedule has gone on
    expected = 0.01 * (1 + np.cos(np.pi * steps / 8)) / 2
    np.testing.assert_allclose([rate for (rate,) in cosine.seen], expected, atol=1e-12)
    assert constant.seen == [[0.01]] * 8


def test_both_players_of_a_gan_follow_one_schedule_even_if_one_rests():
    rates = Rates()
    trainer = trained(small("wgan-gp", epochs=8, lr=0.01, schedule="one-cycle"), [rates])

    assert trainer.model.critic_steps == 2
    generator, discriminator = np.array(rates.seen).T
    assert discriminator.max() == pytest.approx(0.01, rel=0.05)
    assert discriminator[-1] < 1e-4
    np.testing.assert_array_equal(generator[1:], discriminator[:-1])


def test_adam_has_the_memories_of_the_recipe_and_gradients_their_bound():
    trainer = trained(small("row-lstm", betas=(0.5, 0.6), clip_norm=0.7))
    players = trained(small("gan", betas=(0.1, 0.2))).optimizer.values()

    assert trainer.clip_norm == 0.7
    assert trainer.optimizer.param_groups[0]["betas"] == (0.5, 0.6)
    assert [player.param_groups[0]["betas"] for player in players] == [(0.1, 0.2)] * 2


def test_of_a_gan_the_last_checkpoint_counts_as_the_best(tmp_path):
    trained(small("gan", epochs=3, lr=0.05), out=tmp_path)

    assert load_checkpoint(tmp_path / "best.npz").epoch == 3


def test_a_gan_learns_from_whole_batches():
    images, labels = noisy_pictures(45)

    sizes = {
        name: [len(batch) for batch, _ in training_batches(small(name), images, labels)]
        for name in ("gan", "vae")
    }
    assert sizes == {"gan": [10] * 4, "vae": [10] * 4 + [5]}


@pytest.mark.parametrize(
    ("changes", "pictures", "message"),
    [
        ({"batch_size": 64}, 40, "40 pictures do not fill one of 64: give a smaller batch size"),
        ({"batch_size": 9, "arguments": {"pack": 2}}, 40, "packs 2 .* batches of 9"),
        ({"clip_norm": 1.0}, 40, "no clip_norm"),
    ],
)
def test_what_a_gan_cannot_do_is_refused(changes, pictures, message):
    recipe = small("gan", **changes)
    model, _ = new_model(recipe, noisy_pictures()[0], 3)
    assert isinstance(model, GAN)

    with pytest.raises(ValueError, match=message):
        new_trainer(model, recipe, pictures, progress=None)


# ---- checkpoints -------------------------------------------------------------------------------


def test_a_checkpoint_says_what_it_is(tmp_path):
    recipe = Recipe(data="pets", epochs=3, clip_norm=2.0, arguments={"dropout": 0.5})
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

    with pytest.raises(CheckpointError, match="a model 'diffusion', .* knows only cnn"):
        read_card(tmp_path / "new.npz")


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"epoch": 3},
        {"recipe": {}},
        {"recipe": {"schedule": "none"}, "classes": ["a"]},
        {"recipe": {"clip_norm": "short"}, "classes": ["a"]},
        {"recipe": {"epochs": "many"}, "classes": ["a"]},
        {"recipe": {"colour": "red"}, "classes": ["a"]},
    ],
)
def test_a_checkpoint_of_another_hand_says_nothing(tmp_path, metadata):
    save_checkpoint(tmp_path / "other.npz", model=tg.nn.Dense(2, 2), metadata=metadata)

    with pytest.raises(CheckpointError, match="says nothing of the model"):
        read_card(tmp_path / "other.npz")


def test_the_network_makes_far_fewer_mistakes_than_a_linear_classifier():
    digits = make_glyphs(1200, 400, characters=DIGITS)
    recipe = Recipe(epochs=2, batch_size=50, lr=0.01)
    images = pictures_of(digits.train_images)
    model, _ = new_model(recipe, images, 10)
    trainer = new_trainer(model, recipe, len(images), progress=None)
    trainer.fit(training_batches(recipe, images, digits.train_labels), recipe.epochs)

    guesses = model.predict(in_floats(digits.test_images)).numpy()
    network = (guesses == digits.test_labels).mean()
    linear = linear_accuracy(
        digits.train_images, digits.train_labels, digits.test_images, digits.test_labels
    )
    assert linear < 0.85
    assert 1 - network < (1 - linear) / 3


def test_the_size_is_that_of_all_weights_but_of_none_twice():
    assert size_of(tg.nn.Dense(3, 4)) == 3 * 4 + 4
    assert size_of(create("gan")) == size_of(create("gan", ema_decay=None))


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

    guesses = model.predict(in_floats(mnist.test_images[:2000])).numpy()

    assert (guesses == mnist.test_labels[:2000]).mean() > 0.93
