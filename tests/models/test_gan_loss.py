from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn
from tinygen.models.gan_loss import LOSSES, gradient_penalty, r1_penalty

REAL, FAKE = [2.0, -0.5], [0.5, -3.0, 1.0]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def probability(score):
    return 1 / (1 + math.exp(-score))


def mean(numbers):
    return sum(numbers) / len(numbers)


CROSS_ENTROPY = -mean([math.log(probability(r)) for r in REAL]) - mean(
    [math.log(1 - probability(f)) for f in FAKE]
)

BY_HAND = {
    "minimax": (CROSS_ENTROPY, mean([math.log(1 - probability(f)) for f in FAKE])),
    "non-saturating": (CROSS_ENTROPY, -mean([math.log(probability(f)) for f in FAKE])),
    # (1 + 2.25) / 2 / 2 + (0.25 + 9 + 1) / 3 / 2, and (0.25 + 16 + 0) / 3 / 2
    "least-squares": (0.8125 + 10.25 / 6, 16.25 / 6),
    # (0 + 1.5) / 2 + (1.5 + 0 + 2) / 3, and minus the mean
    "hinge": (0.75 + 3.5 / 3, 0.5),
    "wasserstein": (-0.5 - 0.75, 0.5),
}


# ---- the losses ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_what_its_paper_says(name, backend):
    real, fake = (tg.tensor(scores, device=backend.device) for scores in (REAL, FAKE))

    for_discriminator = LOSSES[name].discriminator(real, fake)
    for_generator = LOSSES[name].generator(fake)

    assert for_discriminator.shape == for_generator.shape == ()
    assert for_discriminator.dtype == for_generator.dtype == np.float32
    assert for_discriminator.item() == pytest.approx(BY_HAND[name][0], rel=1e-5)
    assert for_generator.item() == pytest.approx(BY_HAND[name][1], rel=1e-5)


def test_there_is_a_formula_for_each_of_them():
    assert BY_HAND.keys() == LOSSES.keys()


def test_a_discriminator_that_knows_nothing_has_two_ln_2():
    nothing = tg.zeros(4)

    assert LOSSES["minimax"].discriminator(nothing, nothing).item() == pytest.approx(
        2 * math.log(2)
    )
    assert LOSSES["non-saturating"].generator(nothing).item() == pytest.approx(math.log(2))
    assert LOSSES["minimax"].generator(nothing).item() == pytest.approx(-math.log(2))


@pytest.mark.parametrize(("name", "slope"), [("minimax", 0.01), ("non-saturating", 0.99)])
def test_where_a_fake_is_seen_through_only_one_loss_has_a_slope(name, slope):
    """Errata G2: at D(fake) = 0.01 they differ by a factor of 99."""
    score = tg.tensor([math.log(0.01 / 0.99)], requires_grad=True)

    LOSSES[name].generator(score).backward()

    assert score.grad.item() == pytest.approx(-slope, rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_the_players_want_different_things(name):
    """Errata G2: were they one loss, both slopes by a fake's score would be the same."""
    real = tg.tensor([0.3])
    slopes = []
    for loss in (lambda s: LOSSES[name].discriminator(real, s), LOSSES[name].generator):
        score = tg.tensor([0.2], requires_grad=True)
        loss(score).backward()
        slopes.append(score.grad.item())

    assert slopes[0] > 0 > slopes[1]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_losses_and_slopes_are_finite_for_huge_scores(name, size, backend):
    real, fake = (
        tg.full((3,), score, device=backend.device).requires_grad_() for score in (size, -size)
    )

    for_discriminator, for_generator = (
        LOSSES[name].discriminator(real, fake),
        LOSSES[name].generator(fake),
    )
    (for_discriminator + for_generator).backward()

    assert math.isfinite(for_discriminator.item())
    assert math.isfinite(for_generator.item())
    assert np.isfinite(values(real.grad)).all()
    assert np.isfinite(values(fake.grad)).all()


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_the_right_gradient(name, rng):
    real, fake = normal(rng, 4, requires_grad=True), normal(rng, 3, requires_grad=True)

    assert gradients_are_right(lambda: LOSSES[name].discriminator(real, fake), real, fake)
    assert gradients_are_right(lambda: LOSSES[name].generator(fake), fake)


def test_hinge_leaves_alone_what_is_beyond_its_margin():
    real, fake = tg.tensor([1.5], requires_grad=True), tg.tensor([-1.5], requires_grad=True)

    loss = LOSSES["hinge"].discriminator(real, fake)
    loss.backward()

    assert loss.item() == real.grad.item() == fake.grad.item() == 0


# ---- penalties -------------------------------------------------------------------------------


def linear_critic(weights, device="cpu"):
    layer = nn.Dense(len(weights), 1).double()
    with tg.no_grad():
        layer.weight.copy_(tg.tensor([weights]))
    return layer.to(device), lambda x: layer(x).squeeze(1)


def curved_critic():
    tg.manual_seed(0)
    conv = nn.Conv2d(1, 2, 2)
    layers = nn.Sequential(conv, nn.Tanh(), nn.Flatten(), nn.Dense(8, 1)).double()
    return layers, lambda x: layers(x).squeeze(1)


def test_a_linear_critic_of_slope_one_has_no_penalty(backend, rng):
    _, critic = linear_critic([0.6, -0.8], backend.device)
    real, fake = (normal(rng, 5, 2, device=backend.device) for _ in range(2))

    assert gradient_penalty(critic, real, fake).item() == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize(("weights", "penalty"), [([3.0, 4.0], 16.0), ([0.3, 0.4], 0.25)])
def test_slopes_are_penalized_above_one_and_below(weights, penalty, backend, rng):
    """(5 - 1) squared and (0.5 - 1) squared."""
    layer, critic = linear_critic(weights, backend.device)
    real, fake = (normal(rng, 4, 2, device=backend.device) for _ in range(2))

    computed = gradient_penalty(critic, real, fake)
    computed.backward()

    assert computed.item() == pytest.approx(penalty)
    length = math.hypot(*weights)
    expected = 2 * (length - 1) * np.array([weights]) / length
    np.testing.assert_allclose(values(layer.weight.grad), expected)


def test_r1_is_half_the_squared_slope(backend, rng):
    layer, critic = linear_critic([3.0, 4.0], backend.device)

    penalty = r1_penalty(critic, normal(rng, 6, 2, device=backend.device))
    penalty.backward()

    assert penalty.item() == pytest.approx(12.5)
    np.testing.assert_allclose(values(layer.weight.grad), [[3.0, 4.0]])


def test_r1_is_a_mean_over_the_samples():
    """The score x cubed has the slope 3 x squared: 3 and 12."""
    samples = tg.tensor([[1.0], [2.0]])

    penalty = r1_penalty(lambda x: (x**3).sum(1), samples)

    assert penalty.item() == pytest.approx((9 + 144) / 2 / 2)


def test_penalties_have_the_right_gradients(rng):
    layers, critic = curved_critic()
    real, fake = normal(rng, 3, 1, 3, 3), normal(rng, 3, 1, 3, 3)

    def between():
        tg.manual_seed(1)
        return gradient_penalty(critic, real, fake)

    assert gradients_are_right(between, *layers.parameters())
    assert gradients_are_right(lambda: r1_penalty(critic, real), *layers.parameters())


def test_the_slope_is_taken_between_a_real_and_a_fake_sample(rng):
    real, fake = normal(rng, 50, 3), normal(rng, 50, 3)
    seen = []

    def critic(samples):
        seen.append(values(samples))
        return samples.sum(1)

    gradient_penalty(critic, real, fake)

    shares = (seen[0] - values(fake)) / (values(real) - values(fake))
    np.testing.assert_allclose(shares, np.repeat(shares[:, :1], 3, axis=1), rtol=1e-6)
    assert shares.min() >= 0
    assert shares.max() < 1
    assert len(np.unique(shares[:, 0].round(6))) == 50
    assert shares[:, 0].mean() == pytest.approx(0.5, abs=0.17)  # 4 standard errors


def test_penalties_train_the_critic_and_nothing_before_it(rng):
    _, critic = linear_critic([3.0, 4.0])
    real, fake = (normal(rng, 4, 2, requires_grad=True) for _ in range(2))

    (gradient_penalty(critic, real * 2, fake * 2) + r1_penalty(critic, real * 2)).backward()

    assert real.grad is None
    assert fake.grad is None


def test_penalties_can_be_computed_without_recording(rng):
    _, critic = linear_critic([3.0, 4.0])
    real, fake = normal(rng, 4, 2), normal(rng, 4, 2)

    with tg.no_grad():
        assert gradient_penalty(critic, real, fake).item() == pytest.approx(16)
        assert r1_penalty(critic, real).item() == pytest.approx(12.5)


def test_a_critic_that_is_flat_has_finite_gradients(rng):
    layer, critic = linear_critic([0.0, 0.0])

    penalty = gradient_penalty(critic, normal(rng, 4, 2), normal(rng, 4, 2))
    penalty.backward()

    assert penalty.item() == 1
    assert np.isfinite(values(layer.weight.grad)).all()


def test_float32_stays_float32(rng):
    layer = nn.Dense(2, 1)
    real, fake = (normal(rng, 4, 2, dtype=np.float32) for _ in range(2))

    assert gradient_penalty(lambda x: layer(x).squeeze(1), real, fake).dtype == np.float32
    assert r1_penalty(lambda x: layer(x).squeeze(1), real).dtype == np.float32


def test_real_and_fake_samples_must_pair():
    with pytest.raises(ValueError, match=r"real \(4, 2\) and fake \(3, 2\)"):
        gradient_penalty(lambda x: x.sum(1), tg.zeros(4, 2), tg.zeros(3, 2))
