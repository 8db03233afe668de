"""Known pixels stay; what is filled in follows the model's own distribution, by enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import create
from tinygen.models.gan import PointGAN
from tinygen.tasks.complete import (
    can_complete,
    complete,
    complete_by_network,
    completeness,
    is_random,
    mean_fill,
    nearest_fill,
)
from tinygen.tasks.masks import MASKS, named_mask

SHAPE = (1, 8, 8)

KINDS = {
    "vae": {"hidden": [12], "latent": 3},
    "conv-vae": {"channels": [4], "hidden": 8, "latent": 3, "likelihood": "gaussian-pixelwise"},
    "gan": {"hidden": [12], "latent": 3},
    "cgan": {"width": 4, "latent": 3, "classes": 3},
    "row-generator": {"units": 8, "head_units": 8, "classes": 3},
    "made": {"hidden": [12]},
    "pixelcnn": {"units": 4, "layers": 1},
    "unet": {"task": "inpaint", "width": 4},
}
"""Models of every family that can complete, and what makes them small."""

QUICK = {
    "vae": {"steps": 2, "rounds": 2}, "conv-vae": {"steps": 2, "rounds": 2},
    "gan": {"guesses": 20, "steps": 2}, "cgan": {"guesses": 20, "steps": 2},
    "row-generator": {"tries": 2}, "made": {"tries": 2}, "pixelcnn": {"tries": 2},
}  # fmt: skip
"""Options that make the work short."""

RANDOM = [name for name in KINDS if name != "unet"]

every_kind = pytest.mark.parametrize("name", KINDS)
every_random_kind = pytest.mark.parametrize("name", RANDOM)


def model_of(name, shape=SHAPE, **more):
    tg.manual_seed(0)
    return create(name, picture_shape=shape, **{**KINDS[name], **more}).eval()


def pictures_of(count, shape=SHAPE, seed=0, device="cpu"):
    pixels = np.random.default_rng(seed).random((count, *shape), np.float32)
    return tg.tensor(pixels, device=device)


def completed(name, model, pictures, mask, seed=1, **more):
    tg.manual_seed(seed)
    return complete(model, pictures, mask, **{**QUICK.get(name, {}), **more})


def state(model):
    return {key: array.tobytes() for key, array in model.state_dict().items()}


# ---- what is kept --------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("mask", MASKS)
def test_known_pixels_are_kept_bit_for_bit(name, mask):
    model, pictures = model_of(name), pictures_of(3)
    tg.manual_seed(4)
    hidden = named_mask(mask, SHAPE)

    made = completed(name, model, pictures, hidden).numpy()

    assert made.shape == pictures.shape
    assert made.dtype == np.float32
    known = np.broadcast_to(~hidden.numpy(), made.shape)
    assert made[known].tobytes() == pictures.numpy()[known].tobytes()
    assert not np.array_equal(made, pictures.numpy())
    assert made.min() >= 0
    assert made.max() <= 1


@pytest.mark.parametrize("name", ["conv-vae", "gan", "row-generator", "unet"])
def test_known_colours_are_kept_bit_for_bit(name):
    shape = (3, 8, 8)
    model, pictures, hidden = (
        model_of(name, shape),
        pictures_of(2, shape),
        named_mask("lower", shape),
    )

    made = completed(name, model, pictures, hidden).numpy()

    assert made[:, :, :4].tobytes() == pictures.numpy()[:, :, :4].tobytes()


@every_kind
def test_what_is_hidden_is_not_looked_at(name):
    model, hidden = model_of(name), named_mask("centre", SHAPE)
    one = pictures_of(3)
    other = tg.where(hidden, pictures_of(3, seed=5), one)

    made, again = (completed(name, model, pictures, hidden).numpy() for pictures in (one, other))

    np.testing.assert_array_equal(made, again)


@every_random_kind
def test_completions_of_one_picture_follow_each_other_and_differ(name):
    model, pictures, hidden = model_of(name), pictures_of(3), named_mask("lower", SHAPE)

    made = completed(name, model, pictures, hidden, samples=4).numpy()

    assert made.shape == (12, *SHAPE)
    for number, one in enumerate(made):
        np.testing.assert_array_equal(one[:, :4], pictures.numpy()[number // 4, :, :4])
    missing = made.reshape(3, 4, *SHAPE)[:, :, :, 4:]
    assert (missing.std(1).max((1, 2, 3)) > 1e-4).all()


@every_random_kind
def test_the_seed_decides(name):
    model, pictures, hidden = model_of(name), pictures_of(2), named_mask("lower", SHAPE)

    first, again, other = (
        completed(name, model, pictures, hidden, seed=seed).numpy() for seed in (1, 1, 2)
    )

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@every_kind
def test_the_model_stays_as_it_was(name):
    model = model_of(name).train()
    first = next(iter(model.children()))
    first.eval()
    before = state(model)

    completed(name, model, pictures_of(2), named_mask("random", SHAPE))

    assert state(model) == before
    assert model.training
    assert not first.training
    assert all(parameter.grad is None for parameter in model.parameters())


@every_kind
def test_many_pictures_are_worked_on_some_at_a_time(monkeypatch, name):
    model, hidden = model_of(name), named_mask("lower", SHAPE)
    monkeypatch.setattr("tinygen.tasks.complete.AT_ONCE", 2)

    made = completed(name, model, pictures_of(5), hidden).numpy()

    np.testing.assert_array_equal(made[:, :, :4], pictures_of(5).numpy()[:, :, :4])


@every_kind
def test_pictures_on_another_device_are_completed_there(backend, name):
    model = model_of(name).to(backend.device)
    pictures = pictures_of(2, device=backend.device)
    hidden = named_mask("lower", SHAPE, device=backend.device)

    made = completed(name, model, pictures, hidden)

    assert made.device == pictures.device
    on_the_host = completed(name, model_of(name), pictures_of(2), named_mask("lower", SHAPE))
    np.testing.assert_allclose(made.numpy(), on_the_host.numpy(), atol=1e-3)


# ---- a VAE, against the integral over its one code -----------------------------------------------


def vae_of_one_code():
    """Four pixels that a code of one number decides about; its encoder always says N(0, 1)."""
    model = create("vae", latent=1, hidden=[6], picture_shape=(1, 2, 2)).eval()
    chance = np.random.default_rng(1)
    with tg.no_grad():
        for parameter in model.decoder.parameters():
            parameter.copy_(tg.tensor(chance.normal(0, 1.5, parameter.shape).astype(np.float32)))
        for parameter in model.encoder.parameters():
            parameter.zero_()
    return model


ONE = np.array([[[[1.0, 0.0], [0.0, 0.0]]]], np.float32)
LAST = np.array([[False, False], [True, True]])
"""Of the four pixels, the two that are missing."""


def over_all_codes(model):
    """A grid of codes, the means of the missing pixels, prior and likelihood of the known ones."""
    z = np.linspace(-6, 6, 4001)
    with tg.no_grad():
        means = model.decode(tg.tensor(z[:, None].astype(np.float32))).numpy().astype(np.float64)
    known = means[:, 0, ~LAST]
    likelihood = np.where(ONE[0, 0][~LAST] == 1, known, 1 - known).prod(1)
    return z, means[:, 0, LAST], np.exp(-z * z / 2), likelihood


def test_a_vae_draws_from_what_the_known_pixels_leave_open():
    model = vae_of_one_code()
    _, missing, prior, likelihood = over_all_codes(model)
    posterior = prior * likelihood
    wanted = (posterior[:, None] * missing).sum(0) / posterior.sum()
    ignorant = (prior[:, None] * missing).sum(0) / prior.sum()
    assert np.abs(wanted - ignorant).max() > 0.1  # so that the two can be told apart

    found = {}
    for exact in (True, False):
        tg.manual_seed(0)
        made = complete(
            model, tg.tensor(ONE), tg.tensor(LAST),
            samples=2000, starts=1, steps=0, rounds=40, exact=exact,
        )  # fmt: skip
        found[exact] = made.numpy()[:, 0, LAST].mean(0)

    np.testing.assert_allclose(found[True], wanted, atol=0.04)
    np.testing.assert_allclose(found[False], ignorant, atol=0.04)


def test_without_rounds_a_vae_gives_the_likeliest_code():
    model = vae_of_one_code()
    _, missing, prior, likelihood = over_all_codes(model)
    wanted = missing[(prior * likelihood).argmax()]

    tg.manual_seed(0)
    made = complete(
        model, tg.tensor(ONE), tg.tensor(LAST), samples=20, starts=1, steps=400, rounds=0
    )

    distances = np.abs(made.numpy()[:, 0, LAST] - wanted).max(1)
    assert distances.min() < 0.01  # the others may have come to other hills


# ---- models that draw in order, against all pictures that there are ------------------------------


def made_of_six_pixels():
    model = create("made", hidden=[12], picture_shape=(1, 2, 3), classes=2).eval()
    chance = np.random.default_rng(1)
    with tg.no_grad():
        for parameter in model.parameters():
            parameter.copy_(tg.tensor(chance.normal(0, 1, parameter.shape).astype(np.float32)))
    return model


@pytest.mark.parametrize(
    ("missing", "tries", "samples"),
    [([4, 5], 1, 3000), ([2, 3, 4, 5], 1, 3000), ([0, 3], 24, 1000)],
    ids=["the end", "most", "with known ones behind"],
)
def test_a_model_in_order_draws_as_bayes_rule_says(missing, tries, samples):
    model = made_of_six_pixels()
    picture = np.array([1, 0, 1, 1, 0, 1], np.float32)
    every = np.array(list(itertools.product((0, 1), repeat=6)), np.float32)
    pictures = tg.tensor(every.reshape(-1, 1, 2, 3))
    with tg.no_grad():
        probability = sum(
            np.exp(model.log_prob(pictures, [label] * 64).numpy().astype(np.float64)) / 2
            for label in (0, 1)
        )
    known = np.setdiff1d(np.arange(6), missing)
    fits = (every[:, known] == picture[known]).all(1)
    wanted = probability * fits / (probability * fits).sum()

    mask = np.zeros(6, bool)
    mask[missing] = True
    tg.manual_seed(0)
    made = complete(
        model, tg.tensor(picture.reshape(1, 1, 2, 3)), tg.tensor(mask.reshape(2, 3)),
        samples=samples, tries=tries,
    )  # fmt: skip

    places = made.numpy().reshape(-1, 6).astype(int) @ (2 ** np.arange(6)[::-1])
    shares = np.bincount(places, minlength=64) / samples
    assert probability.sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(shares - wanted).max() < 0.05


def test_a_model_in_order_believes_the_labels_that_it_is_given():
    model = made_of_six_pixels()
    picture, mask = tg.zeros(1, 1, 2, 3), tg.tensor([[False, False, False], [True, True, True]])
    shares = {}
    for label in (0, 1):
        tg.manual_seed(0)
        made = complete(model, picture, mask, labels=[label], samples=2000)
        shares[label] = made.numpy()[:, 0, 1].mean(0)
        with tg.no_grad():
            wanted = tg.sigmoid(model(picture, [label]))[0, 0, 1, 0].item()
        assert shares[label][0] == pytest.approx(wanted, abs=0.05)

    assert np.abs(shares[0] - shares[1]).max() > 0.1


def test_greys_are_read_as_bits_and_kept_as_greys():
    model, hidden = model_of("made"), named_mask("lower", SHAPE)
    greys = pictures_of(2)
    bits = (greys > 0.5).float()

    of_greys, of_bits = (
        completed("made", model, pictures, hidden).numpy() for pictures in (greys, bits)
    )

    np.testing.assert_array_equal(of_greys[:, :, 4:], of_bits[:, :, 4:])
    np.testing.assert_array_equal(of_greys[:, :, :4], greys.numpy()[:, :, :4])


# ---- a GAN, against pictures that it has made itself ---------------------------------------------


def varied(name, **more):
    """A GAN whose pictures differ much."""
    model = model_of(name, ema_decay=None, **more)
    with tg.no_grad():
        for weight in model.generator.parameters():
            weight.mul_(3.0)
    return model


@pytest.mark.parametrize(("name", "labels"), [("gan", None), ("gan", [2, 0, 1, 1]), ("cgan", None)])
def test_a_gan_finds_the_missing_part_of_what_it_has_made(name, labels):
    model = varied(name, classes=3) if labels or name == "cgan" else varied(name)
    tg.manual_seed(3)
    pictures, hidden = model.sample(4, labels), named_mask("random", SHAPE)

    made = completed(
        name, model, pictures, hidden,
        labels=labels, guesses=600, steps=100, prior=1e-4, realism=0.0,
    )  # fmt: skip

    def error(some):
        return ((some.numpy() - pictures.numpy()) ** 2)[:, 0, hidden.numpy()].sum(1)

    examples = np.rint(model.sample(200).numpy() * 255).astype(np.uint8)
    assert (error(made) < 0.2 * error(mean_fill(pictures, hidden, examples))).all()


def test_a_gan_gives_the_best_completions_first():
    model = varied("gan")
    tg.manual_seed(3)
    pictures, hidden = model.sample(3), named_mask("lower", SHAPE)

    few, more = (
        completed("gan", model, pictures, hidden, guesses=100, starts=5, samples=samples)
        for samples in (1, 5)
    )

    np.testing.assert_array_equal(few.numpy(), more.numpy()[::5])


def test_a_gan_heeds_its_discriminator_if_told_to():
    model, pictures = varied("gan"), pictures_of(3)
    hidden = named_mask("lower", SHAPE)
    scores = []
    for realism in (0.0, 30.0):
        made = completed("gan", model, pictures, hidden, steps=40, starts=1, realism=realism)
        with tg.no_grad():
            scores.append(model.realism_loss(made).item())

    assert scores[1] < scores[0]


def test_a_discriminator_of_packs_is_not_asked():
    model, hidden = model_of("gan", pack=2), named_mask("lower", SHAPE)

    made, without = (
        completed("gan", model, pictures_of(3), hidden, realism=realism).numpy()
        for realism in (5.0, 0.0)
    )

    np.testing.assert_array_equal(made, without)


# ---- a U-Net -------------------------------------------------------------------------------------


def test_a_unet_completes_as_it_restores():
    model, pictures, hidden = model_of("unet"), pictures_of(3), named_mask("centre", SHAPE)

    made = complete(model, pictures, hidden)

    np.testing.assert_array_equal(made.numpy(), model.restore(pictures, hidden).numpy())
    assert not is_random(model)
    with pytest.raises(ValueError, match="not 2 different ones"):
        complete_by_network(model, pictures, hidden, samples=2)


# ---- without a model -----------------------------------------------------------------------------


def test_the_mean_of_others_is_filled_in():
    examples = np.array([[[[0, 255], [51, 0]]], [[[0, 255], [153, 102]]]], np.uint8)
    hidden = tg.tensor([[False, False], [True, True]])

    made = mean_fill(tg.full((1, 1, 2, 2), 0.7), hidden, examples)

    np.testing.assert_allclose(made.numpy()[0, 0], [[0.7, 0.7], [0.4, 0.2]], rtol=1e-6)


def test_the_other_picture_that_is_nearest_on_the_known_pixels_is_filled_in():
    chance = np.random.default_rng(0)
    examples = chance.integers(0, 256, (50, 3, 4, 4)).astype(np.uint8)
    asked = chance.integers(0, 256, (6, 3, 4, 4)).astype(np.uint8)
    hidden = named_mask("centre", (3, 4, 4))
    known = ~hidden.numpy()

    made = nearest_fill(tg.tensor(asked / 255).float(), hidden, examples).numpy()

    for one, picture in zip(made, asked, strict=True):
        distances = [
            ((other[:, known].astype(float) - picture[:, known]) ** 2).sum() for other in examples
        ]
        wanted = np.where(known, picture, examples[int(np.argmin(distances))])
        np.testing.assert_allclose(one, wanted / 255, atol=1e-6)


def test_only_missing_pixels_count_for_how_good_it_is():
    true = tg.zeros(2, 1, 2, 2)
    made = tg.tensor([[[[0.9, 0.1], [0.1, 0.0]]], [[[0.9, 0.01], [0.01, 0.0]]]])
    hidden = tg.tensor([[False, True], [True, False]])

    score = completeness(true, made, hidden)

    assert score.psnr == pytest.approx((20 + 40) / 2, abs=1e-4)
    assert score.recovered is None


def test_a_judge_says_how_often_it_reads_what_is_shown():
    shape = (1, 12, 12)
    judge = create("cnn", picture_shape=shape, classes=3).eval()
    pictures, hidden = pictures_of(6, shape), named_mask("lower", shape)
    guesses = judge.predict(tg.tensor(np.rint(pictures.numpy() * 255).astype(np.float32) / 255))
    labels = guesses.numpy()
    labels[:2] = (labels[:2] + 1) % 3

    score = completeness(pictures_of(6, shape, seed=1), pictures, hidden, labels, judge)

    assert score.recovered == pytest.approx(4 / 6)


# ---- what cannot be done -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("cnn", {}), ("unet", {"task": "denoise"}), ("row-lstm", {})],
)
def test_a_model_that_cannot_is_refused_with_those_that_can(name, arguments):
    model = create(name, picture_shape=(1, 12, 12), **arguments)

    assert not can_complete(model)
    with pytest.raises(
        TypeError, match=r"cannot complete pictures: a VAE, a GAN, .*='inpaint' can"
    ):
        complete(model, pictures_of(1, (1, 12, 12)), named_mask("lower", (1, 12, 12)))


def test_points_are_no_pictures():
    assert not can_complete(PointGAN())


@every_kind
@pytest.mark.parametrize(
    ("mask", "pictures", "error", "message"),
    [
        (tg.zeros(8, 8, dtype=bool), tg.zeros(2, *SHAPE), ValueError, "hides nothing"),
        (tg.ones(8, 8, dtype=bool), tg.zeros(2, *SHAPE), ValueError, "hides everything"),
        (tg.ones(4, 8, dtype=bool), tg.zeros(2, *SHAPE), ValueError, r"the shape \(8, 8\)"),
        (tg.ones(8, 8), tg.zeros(2, *SHAPE), TypeError, "a mask is bool"),
        (named_mask("lower", SHAPE), tg.zeros(2, 1, 8, 6), ValueError, r"got \(2, 1, 8, 6\)"),
        (named_mask("lower", SHAPE), tg.full((2, *SHAPE), 9.0), ValueError, "divide bytes by 255"),
    ],
)
def test_bad_input_is_refused(name, mask, pictures, error, message):
    with pytest.raises(error, match=message):
        complete(model_of(name), pictures, mask)


@pytest.mark.parametrize(
    ("name", "more", "options", "message"),
    [
        ("vae", {}, {"labels": [1, 2]}, "takes no labels"),
        ("vae", {"classes": 3}, {}, "is conditional, of 3 classes: give the labels"),
        ("cgan", {}, {"labels": [1, 3]}, "labels are 0 to 2, got 3"),
        ("cgan", {}, {"guesses": 8}, "guesses must be at least 12, got 8"),
        ("unet", {}, {"labels": [1, 2]}, "takes no labels"),
        ("made", {}, {"labels": [1, 2]}, "takes no labels"),
        ("made", {}, {"tries": 0}, "tries must be at least 1"),
        ("vae", {}, {"samples": 0}, "samples must be at least 1"),
        ("vae", {}, {"rounds": -1}, "rounds must be at least 0"),
        ("gan", {}, {"starts": 0}, "starts must be at least 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(name, more, options, message):
    with pytest.raises(ValueError, match=message):
        complete(model_of(name, **more), pictures_of(2), named_mask("lower", SHAPE), **options)
