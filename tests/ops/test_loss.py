"""Losses at saturated logits and certain probabilities, and the mistakes people make with them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F

FAR = 1e4


def value_and_slope(loss, x, *args, backend, dtype="float32", **options):
    """A summed loss and its gradient, on the host."""
    x = tg.tensor(x, dtype=dtype, device=backend.device, requires_grad=True)
    args = [tg.tensor(a, device=backend.device) for a in args]
    value = loss(x, *args, reduction="sum", **options)
    (slope,) = tg.grad(value, x)
    return value.item(), slope.to("cpu").numpy()


# ---- far out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_saturated_logits(dtype, backend):
    logits = [[FAR, 0.0, -FAR], [FAR, 0.0, -FAR]]
    value, slope = value_and_slope(F.cross_entropy, logits, [0, 2], backend=backend, dtype=dtype)
    assert value == pytest.approx(2 * FAR)
    assert slope.tolist() == [[0, 0, 0], [1, 0, -1]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bce_with_logits_of_saturated_logits(dtype, backend):
    logits, target = [FAR, FAR, -FAR, -FAR, 0.0], np.array([0, 1, 0, 1, 0.5], dtype)
    loss = F.binary_cross_entropy_with_logits
    value, slope = value_and_slope(loss, logits, target, backend=backend, dtype=dtype)
    assert value == pytest.approx(2 * FAR + math.log(2))
    np.testing.assert_allclose(slope, [1, 0, 0, -1, 0], atol=1e-37)


@pytest.mark.parametrize("weight", [0.5, 3.0])
def test_bce_with_logits_and_pos_weight_of_saturated_logits(weight, backend):
    x = tg.tensor([FAR, -FAR], device=backend.device, requires_grad=True)
    target = tg.tensor([0.0, 1.0], device=backend.device)
    pos_weight = tg.tensor([weight], device=backend.device)
    loss = F.binary_cross_entropy_with_logits(x, target, reduction="none", pos_weight=pos_weight)
    (slope,) = tg.grad(loss.sum(), x)
    np.testing.assert_allclose(loss.detach().to("cpu").numpy(), [FAR, weight * FAR], rtol=1e-6)
    assert slope.tolist() == [1, -weight]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bce_of_certain_probabilities(dtype, backend):
    """Right ones cost nothing; wrong ones 100, with a gradient that is large but finite."""
    p, target = [0.0, 1.0, 0.0, 1.0], np.array([0, 1, 1, 0], dtype)
    x = tg.tensor(p, dtype=dtype, device=backend.device, requires_grad=True)
    t = tg.tensor(target, device=backend.device)
    loss = F.binary_cross_entropy(x, t, reduction="none")
    (slope,) = tg.grad(loss.sum(), x)
    slope = slope.to("cpu").numpy()
    assert loss.tolist() == [0, 0, 100, 100]
    assert np.isfinite(slope).all()
    assert slope[:2].tolist() == [0, 0]
    assert slope[2] < -1e6
    assert slope[3] > 1e6


@pytest.mark.parametrize("distance", [FAR, -FAR])
@pytest.mark.parametrize("loss", [F.huber_loss, F.smooth_l1_loss, F.l1_loss])
def test_robust_losses_grow_linearly(loss, distance, backend):
    _, slope = value_and_slope(loss, [distance], np.float32([0.0]), backend=backend)
    assert slope.tolist() == [math.copysign(1, distance)]


def test_kl_counts_nothing_where_the_target_is_zero(backend):
    x = tg.tensor([[math.log(0.5), -math.inf]], device=backend.device, requires_grad=True)
    target = tg.tensor([[1.0, 0.0]], device=backend.device)
    value = F.kl_div(x, target, reduction="batchmean")
    (slope,) = tg.grad(value, x)
    assert value.item() == pytest.approx(math.log(2))
    assert slope.tolist() == [[-1, 0]]


def test_gaussian_nll_holds_its_variance_at_eps(backend):
    x = tg.tensor([1.0], device=backend.device)
    value = F.gaussian_nll_loss(x, x, tg.zeros(1, device=backend.device), eps=1e-6)
    assert value.item() == pytest.approx(0.5 * math.log(1e-6), rel=1e-6)


# ---- what they mean --------------------------------------------------------------------------


def test_bce_with_logits_is_cross_entropy_of_two_classes():
    x = tg.tensor(np.linspace(-3, 3, 7))
    labels = tg.tensor([0, 1, 0, 1, 1, 0, 1])
    two = tg.stack([tg.zeros_like(x), x], 1)
    one = F.binary_cross_entropy_with_logits(x, labels.double())
    assert one.item() == pytest.approx(F.cross_entropy(two, labels).item(), rel=1e-12)


def test_kl_between_gaussians_by_monte_carlo():
    """The closed form that a VAE adds to its loss is the mean log-ratio of the two densities."""
    mu, logvar = 0.7, -0.8
    rng = np.random.default_rng(0)
    z = mu + math.exp(0.5 * logvar) * rng.standard_normal(400_000)
    log_q = -F.gaussian_nll_loss(
        tg.full(z.shape, mu, dtype="float64"), tg.tensor(z),
        tg.full(z.shape, math.exp(logvar), dtype="float64"), full=True, reduction="none",
    ).numpy()  # fmt: skip
    log_p = -F.gaussian_nll_loss(
        tg.zeros(z.shape, dtype="float64"), tg.tensor(z),
        tg.ones(z.shape, dtype="float64"), full=True, reduction="none",
    ).numpy()  # fmt: skip
    ratios = log_q - log_p
    closed_form = 0.5 * (mu**2 + math.exp(logvar) - 1 - logvar)
    spread = ratios.std() / math.sqrt(len(ratios))
    assert ratios.mean() == pytest.approx(closed_form, abs=5 * spread)


def test_one_hot_targets_are_class_targets():
    rng = np.random.default_rng(0)
    logits, labels = tg.tensor(rng.standard_normal((5, 3))), tg.tensor([0, 2, 1, 1, 0])
    for options in ({}, {"label_smoothing": 0.2}):
        by_number = F.cross_entropy(logits, labels, **options)
        by_vector = F.cross_entropy(logits, F.one_hot(labels, 3).double(), **options)
        assert by_number.item() == pytest.approx(by_vector.item(), rel=1e-12)


# ---- mistakes --------------------------------------------------------------------------------

LOGITS = tg.zeros(4, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.cross_entropy(LOGITS, tg.tensor([0, 1, 2, 3])), IndexError, "label 3"),
        (lambda: F.cross_entropy(LOGITS, tg.tensor([0, 1, 2, -1])), IndexError, "label -1"),
        (
            lambda: F.cross_entropy(LOGITS, tg.tensor([[0], [1], [2], [0]])),
            ValueError,
            r"cross_entropy: logits \(4, 3\) want labels of shape \(4,\), got \(4, 1\)",
        ),
        (lambda: F.cross_entropy(LOGITS, tg.tensor([0, 1])), ValueError, r"\(4,\), got \(2,\)"),
        (lambda: F.cross_entropy(LOGITS, tg.zeros(4)), ValueError, r"\(4, 3\).*\(4,\)"),
        (lambda: F.cross_entropy(tg.zeros(3), tg.tensor(0)), ValueError, r"\(N, classes\)"),
        (
            lambda: F.cross_entropy(LOGITS, tg.tensor([0, 1, 2, 0]), tg.ones(2)),
            ValueError,
            r"cross_entropy: weight of shape \(2,\) for 3 classes",
        ),
        (
            lambda: F.cross_entropy(LOGITS, LOGITS, tg.ones(2)),
            ValueError,
            r"cross_entropy: weight of shape \(2,\) for 3 classes",
        ),
        (
            lambda: F.cross_entropy(LOGITS, tg.tensor([0, 1, 2, 0]), label_smoothing=2),
            ValueError,
            "label_smoothing must be in",
        ),
        (lambda: F.nll_loss(LOGITS, tg.zeros(4)), TypeError, "nll_loss: labels must be integers"),
        (lambda: F.nll_loss(tg.zeros(3), tg.tensor(0)), ValueError, "nll_loss"),
        (
            lambda: F.mse_loss(tg.zeros(4, 1), tg.zeros(4)),
            ValueError,
            r"mse_loss: input \(4, 1\) and target \(4,\) differ in shape.*broadcast",
        ),
        (lambda: F.l1_loss(tg.zeros(4, 1), tg.zeros(4)), ValueError, "l1_loss: .*differ in shape"),
        (lambda: F.mse_loss(tg.zeros(2), tg.zeros(2), "avg"), ValueError, "got 'avg'"),
        (lambda: F.mse_loss(tg.zeros(0), tg.zeros(0)), ValueError, "mean over an empty batch"),
        (lambda: F.huber_loss(LOGITS, LOGITS, delta=0), ValueError, "delta must be positive"),
        (lambda: F.smooth_l1_loss(LOGITS, LOGITS, beta=-1), ValueError, "beta must not be neg"),
        (
            lambda: F.binary_cross_entropy(tg.tensor([1.2]), tg.ones(1)),
            ValueError,
            r"binary_cross_entropy: input must lie in \[0, 1\], got \[1.2, 1.2\].*logits",
        ),
        (
            lambda: F.binary_cross_entropy_with_logits(tg.ones(1), tg.tensor([200.0])),
            ValueError,
            "target must lie in .*255",
        ),
        (
            lambda: F.binary_cross_entropy(tg.tensor([math.nan]), tg.ones(1)),
            ValueError,
            r"must lie in \[0, 1\], got \[nan",
        ),
        (
            lambda: F.gaussian_nll_loss(LOGITS, LOGITS, LOGITS - 1),
            ValueError,
            "a variance is negative: predict its logarithm",
        ),
        (lambda: F.kl_div(tg.tensor(0.0), tg.tensor(1.0), "batchmean"), ValueError, "no batch"),
    ],
)  # fmt: skip
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_batch_that_is_ignored_altogether_has_no_mean():
    with np.errstate(invalid="ignore"):
        value = F.cross_entropy(LOGITS, tg.full((4,), -100))
    assert math.isnan(value.item())
