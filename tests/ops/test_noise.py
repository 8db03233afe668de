"""What is drawn at random has the right moments, and the seed decides it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F

MANY = 200_000


@pytest.fixture(autouse=True)
def _seeded():
    tg.manual_seed(7)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_mean(p, backend):
    y = F.dropout(tg.ones(MANY, device=backend.device), p).to("cpu").numpy()
    kept = y != 0
    spread = math.sqrt(p * (1 - p) / MANY)
    np.testing.assert_allclose(y[kept], 1 / (1 - p), rtol=1e-6)
    assert kept.mean() == pytest.approx(1 - p, abs=5 * spread)
    assert y.mean() == pytest.approx(1, abs=5 * spread / (1 - p))


def test_dropout_has_one_mask_for_value_and_gradient(backend):
    x = tg.ones(1000, device=backend.device, requires_grad=True)
    y = F.dropout(x, 0.3)
    (slope,) = tg.grad(y.sum(), x)
    np.testing.assert_array_equal(slope.to("cpu").numpy(), y.detach().to("cpu").numpy())


def test_dropout_draws_another_mask_each_time(backend):
    x = tg.ones(100, device=backend.device)
    assert F.dropout(x).tolist() != F.dropout(x).tolist()


def test_dropout2d_drops_whole_channels(backend):
    y = F.dropout2d(tg.ones(50, 40, 3, 2, device=backend.device), 0.25).to("cpu").numpy()
    by_channel = y.reshape(50 * 40, 6)
    assert (by_channel == by_channel[:, :1]).all()
    spread = math.sqrt(0.25 * 0.75 / 2000)
    assert (by_channel[:, 0] == 0).mean() == pytest.approx(0.25, abs=5 * spread)


def test_in_evaluation_dropout_returns_its_input():
    x = tg.ones(3)
    assert F.dropout(x, 0.5, training=False) is x


@pytest.mark.parametrize("logvar", [-2.0, 0.0, 1.5])
def test_a_reparameterized_sample_has_mean_mu_and_variance_exp_logvar(logvar, backend):
    mu = tg.full((MANY,), 0.7, dtype="float64", device=backend.device)
    z = F.reparameterize(mu, tg.full_like(mu, logvar)).to("cpu").numpy()
    variance = math.exp(logvar)
    assert z.mean() == pytest.approx(0.7, abs=5 * math.sqrt(variance / MANY))
    assert z.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / MANY))
    assert ((z - z.mean()) ** 4).mean() == pytest.approx(3 * variance**2, rel=0.05)


def test_noise_given_to_reparameterize_is_used():
    mu, logvar, eps = tg.tensor([1.0]), tg.tensor([2 * math.log(3.0)]), tg.tensor([-2.0])
    assert F.reparameterize(mu, logvar, eps).item() == pytest.approx(1 - 2 * 3, rel=1e-6)


@pytest.mark.parametrize("p", [0.2, 0.9])
def test_bernoulli_hits_its_probability(p, backend):
    drawn = tg.bernoulli(tg.full((MANY,), p, device=backend.device)).to("cpu").numpy()
    assert set(drawn.tolist()) == {0, 1}
    assert drawn.mean() == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / MANY))


def test_normal_noise_has_the_moments_of_a_normal_distribution(backend):
    z = tg.randn_like(tg.zeros(MANY, dtype="float64", device=backend.device)).to("cpu").numpy()
    moments = [(z**k).mean() for k in range(1, 5)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3], atol=5 * math.sqrt(96 / MANY))


@pytest.mark.parametrize("draw", [tg.randn_like, tg.bernoulli, F.dropout])
def test_a_seed_repeats_what_is_drawn(draw, backend):
    x = tg.full((100,), 0.5, device=backend.device)
    tg.manual_seed(3)
    first = draw(x).tolist()
    tg.manual_seed(3)
    assert draw(x).tolist() == first


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.dropout(tg.ones(2), 1.5), "dropout: p is a probability, got 1.5"),
        (lambda: F.dropout2d(tg.ones(2, 3)), r"dropout2d: images are \(N, C, H, W\), got \(2, 3\)"),
        (
            lambda: F.reparameterize(tg.ones(2, 3), tg.ones(3)),
            r"reparameterize: mu \(2, 3\) and logvar \(3,\) differ",
        ),
        (
            lambda: F.reparameterize(tg.ones(3), tg.ones(3), tg.ones(1)),
            r"reparameterize: eps \(1,\) and mu \(3,\) differ",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
