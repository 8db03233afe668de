from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.models.likelihood import (
    LIKELIHOODS,
    Bernoulli,
    Gaussian,
    LearnedGaussian,
    PixelwiseGaussian,
    create_likelihood,
)

NORMAL = [name for name in LIKELIHOODS if name != "bernoulli"]


def normal(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).standard_normal(shape))


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log(1 + np.exp(x))


def test_the_probabilities_of_all_binary_pictures_add_up_to_one():
    parameters = tg.cat([normal(1, 1, 2, 2)] * 16)
    pictures = np.array(list(itertools.product([0.0, 1.0], repeat=4))).reshape(16, 1, 2, 2)

    log_prob = Bernoulli().log_prob(parameters, tg.tensor(pictures))

    assert log_prob.shape == (16,)
    assert np.exp(log_prob.numpy()).sum() == pytest.approx(1, rel=1e-12)


def test_a_binary_picture_has_the_product_of_its_pixels_probabilities():
    parameters = np.array([-1.0, 0.5, 2.0, -3.0]).reshape(1, 1, 2, 2)
    picture = np.array([1.0, 0.0, 1.0, 0.0]).reshape(1, 1, 2, 2)
    white = logistic(parameters)

    log_prob = Bernoulli().log_prob(tg.tensor(parameters), tg.tensor(picture))

    product = np.where(picture == 1, white, 1 - white).prod()
    assert math.exp(log_prob.item()) == pytest.approx(product, rel=1e-12)


def test_a_sure_and_right_decoder_loses_nothing():
    """Nothing squashes the logits: after a tanh, 0.3133 nats of each pixel could not be won."""
    picture = tg.bernoulli(tg.full((1, 1, 28, 28), 0.5))

    right = Bernoulli().log_prob((picture - 0.5) * 200, picture)
    wrong = Bernoulli().log_prob((0.5 - picture) * 200, picture)

    assert right.item() == pytest.approx(0, abs=1e-30)
    assert wrong.item() == pytest.approx(-100 * 784, rel=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_good_reconstruction_is_more_probable_than_a_blank_one_and_that_than_a_negative(name):
    """A softmax over the only channel gave all three the same loss."""
    likelihood = create_likelihood(name, std=0.5)
    picture = (tg.rand(1, 1, 4, 4) > 0.5).float()
    outputs = 4 * (picture - 0.5)
    rest = [tg.zeros(1, 1, 4, 4)] * (likelihood.outputs - 1)

    good, blank, negative = (
        likelihood.log_prob(tg.cat([sign * outputs, *rest], 1), picture).item()
        for sign in (1, 0, -1)
    )

    assert good > blank > negative


@pytest.mark.parametrize("name", NORMAL)
def test_the_density_of_one_pixel_integrates_to_one(name):
    likelihood = create_likelihood(name, std=0.3).to(tg.float64)
    parameters = normal(1, likelihood.outputs, 1, 1)
    grid = np.linspace(-20, 20, 40001)

    log_prob = likelihood.log_prob(
        parameters.expand(len(grid), -1, 1, 1), tg.tensor(grid).reshape(-1, 1, 1, 1)
    )

    density = np.exp(log_prob.detach().numpy())
    assert density.sum() * (grid[1] - grid[0]) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_some_pixels_and_the_others_add_up_to_all(name):
    likelihood = create_likelihood(name, std=0.3).to(tg.float64)
    parameters, pictures = normal(3, 2 * likelihood.outputs, 4, 5), tg.rand(3, 2, 4, 5).double()
    counted = tg.tensor(np.random.default_rng(1).random((4, 5)) < 0.5)

    one, other = (likelihood.log_prob(parameters, pictures, of) for of in (counted, ~counted))

    all_of_them = likelihood.log_prob(parameters, pictures)
    np.testing.assert_allclose((one + other).detach(), all_of_them.detach(), rtol=1e-12)
    changed = tg.where(counted, pictures, 0.5)
    np.testing.assert_array_equal(
        one.detach(), likelihood.log_prob(parameters, changed, counted).detach()
    )


def gaussian_log_density(pictures, mean, std):
    return -0.5 * ((pictures - mean) / std) ** 2 - np.log(std) - 0.5 * math.log(2 * math.pi)


def deviations_of(likelihood, parameters):
    """What the standard deviations should be, from the formulas."""
    if isinstance(likelihood, Gaussian):
        return 0.3
    raw = 0.7 if isinstance(likelihood, LearnedGaussian) else parameters[:, 3:]
    return np.exp(softplus(raw + 6) - 6)


def some_normal_likelihood(name):
    likelihood = create_likelihood(name, std=0.3).to(tg.float64)
    if isinstance(likelihood, LearnedGaussian):
        with tg.no_grad():
            likelihood.log_std.fill_(0.7)
    return likelihood


@pytest.mark.parametrize("name", NORMAL)
def test_log_densities_are_those_of_the_normal_distribution(name):
    likelihood = some_normal_likelihood(name)
    parameters, pictures = normal(4, 3 * likelihood.outputs, 2, 5), normal(4, 3, 2, 5, seed=1)

    log_prob = likelihood.log_prob(parameters, pictures)

    mean = logistic(parameters.numpy()[:, :3])
    std = deviations_of(likelihood, parameters.numpy())
    expected = gaussian_log_density(pictures.numpy(), mean, std).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(log_prob.detach().numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", NORMAL)
def test_drawn_pixels_have_the_mean_and_the_deviation_of_the_normal_distribution(name):
    tg.manual_seed(0)
    likelihood = some_normal_likelihood(name)
    parameters = normal(1, 3 * likelihood.outputs, 1, 2)
    count = 20_000

    drawn = likelihood.sample(tg.cat([parameters] * count)).numpy()

    std = deviations_of(likelihood, parameters.numpy()) * np.ones((1, 3, 1, 2))
    error = (drawn.mean(axis=0) - logistic(parameters.numpy()[0, :3])) / std[0]
    assert np.abs(error).max() < 4 / math.sqrt(count)
    np.testing.assert_allclose(drawn.std(axis=0), std[0], rtol=4 / math.sqrt(2 * count))


def test_drawn_binary_pixels_have_the_right_frequencies():
    tg.manual_seed(0)
    parameters, count = normal(1, 1, 2, 3), 20_000

    drawn = Bernoulli().sample(tg.cat([parameters] * count)).numpy()

    assert set(np.unique(drawn)) == {0.0, 1.0}
    white = logistic(parameters.numpy()[0])
    assert np.abs(drawn.mean(axis=0) - white).max() < 4 * 0.5 / math.sqrt(count)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_mean_picture_lies_between_0_and_1(name):
    likelihood = create_likelihood(name, std=0.1)

    mean = likelihood.mean(10 * normal(2, 3 * likelihood.outputs, 4, 4))

    assert mean.shape == (2, 3, 4, 4)
    assert mean.min().item() >= 0
    assert mean.max().item() <= 1


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_every_backend_gives_the_same_numbers_in_float32(name, backend):
    def outputs(device):
        tg.manual_seed(0)
        likelihood = create_likelihood(name, std=0.1).to(device)
        parameters = normal(2, 3 * likelihood.outputs, 4, 4).float().to(device)
        log_prob = likelihood.log_prob(parameters, tg.rand(2, 3, 4, 4, device=device))
        return log_prob, likelihood.mean(parameters), likelihood.sample(parameters)

    for expected, computed in zip(outputs("cpu"), outputs(backend.device), strict=True):
        assert computed.dtype == np.float32
        assert computed.device == backend.device
        values = computed.detach().cpu().numpy()
        np.testing.assert_allclose(values, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_gradients_reach_parameters_and_pictures(name):
    likelihood = create_likelihood(name, std=0.3).to(tg.float64)
    parameters = normal(2, 2 * likelihood.outputs, 2, 2).requires_grad_()
    pictures = tg.tensor(np.random.default_rng(1).uniform(0.1, 0.9, (2, 2, 2, 2)))
    pictures.requires_grad_()
    learned = list(likelihood.parameters())

    def log_prob(parameters, pictures, *_):
        return likelihood.log_prob(parameters, pictures)

    assert tg.gradcheck(log_prob, [parameters, pictures, *learned], rtol=1e-6, atol=1e-8, eps=1e-5)


def test_a_fixed_deviation_is_saved_but_not_learned():
    assert not list(Gaussian(0.2).parameters())
    assert Gaussian(0.2).state_dict()["log_std"] == pytest.approx(math.log(0.2))


def test_a_learned_deviation_begins_where_it_is_told_to():
    begun = create_likelihood("gaussian-learned", std=0.2).to(tg.float64)
    zero, half = tg.zeros(1, 1, 1, 1, dtype=tg.float64), tg.full((1, 1, 1, 1), 0.5).to(tg.float64)

    assert begun.log_prob(zero, half).item() == pytest.approx(  # at its mean
        -math.log(0.2) - 0.5 * math.log(2 * math.pi), rel=1e-6
    )


def test_the_best_learned_deviation_is_the_root_of_the_mean_squared_error():
    """There the slope of the likelihood by the deviation is nothing."""
    likelihood = LearnedGaussian().to(tg.float64)
    parameters, pictures = normal(5, 1, 8, 8), normal(5, 1, 8, 8, seed=1)
    error = math.sqrt(((logistic(parameters.numpy()) - pictures.numpy()) ** 2).mean())
    slopes = {}
    for factor in (0.5, 1.0, 2.0):
        with tg.no_grad():  # the inverse of softplus(x + 6) - 6
            likelihood.log_std.fill_(math.log(math.exp(math.log(factor * error) + 6) - 1) - 6)
        likelihood.zero_grad()
        likelihood.log_prob(parameters, pictures).sum().backward()
        slopes[factor] = likelihood.log_std.grad.item()

    assert slopes[0.5] > 1
    assert slopes[1.0] == pytest.approx(0, abs=1e-9)
    assert slopes[2.0] < -1


def test_a_pixel_that_never_changes_does_not_make_the_density_infinite():
    likelihood, pictures = PixelwiseGaussian(), tg.full((1, 1, 1, 1), 0.5)
    parameters = tg.tensor([0.0, -1e4]).reshape(1, 2, 1, 1)

    log_prob = likelihood.log_prob(parameters, pictures).item()

    assert log_prob == pytest.approx(6 - 0.5 * math.log(2 * math.pi), rel=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: create_likelihood("gaussian-learned", 0.001), "stays above 0.0025, got std=0.001"),
        (lambda: create_likelihood("bernouli", 0.1), "did you mean 'bernoulli'"),
        (lambda: create_likelihood("x", 0.1), "There are: bernoulli, gaussian"),
        (lambda: Gaussian(0.0), "deviation is positive"),
        (lambda: Bernoulli().log_prob(tg.zeros(2, 3, 4, 4), tg.zeros(2, 1, 4, 4)),
         r"need outputs of shape \(2, 1, 4, 4\) from the decoder, got \(2, 3, 4, 4\)"),
        (lambda: PixelwiseGaussian().log_prob(tg.zeros(2, 1, 4, 4), tg.zeros(2, 1, 4, 4)),
         r"need outputs of shape \(2, 2, 4, 4\)"),
        (lambda: Gaussian().log_prob(tg.zeros(1, 1, 4, 4), tg.zeros(2, 1, 4, 4)), "need outputs"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
