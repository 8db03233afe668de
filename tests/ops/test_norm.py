"""Normalization: running statistics, and the difference between training and evaluation."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F

SHAPES = [(6, 3), (4, 3, 5), (2, 3, 4, 4)]


def drawn(shape, backend, dtype="float64", seed=0):
    values = np.random.default_rng(seed).normal(2, 3, shape)
    return tg.tensor(values, dtype=dtype, device=backend.device)


def per_channel(x):
    """The values of each channel, as rows."""
    host = x.to("cpu").numpy()
    return np.moveaxis(host, 1, 0).reshape(host.shape[1], -1)


@pytest.mark.parametrize("shape", SHAPES)
def test_training_moves_the_statistics_towards_the_batch(shape, backend):
    x = drawn(shape, backend)
    mean, var = drawn((3,), backend, seed=1), drawn((3,), backend, seed=2) ** 2
    before = mean.to("cpu").numpy().copy(), var.to("cpu").numpy().copy()
    F.batch_norm(x, mean, var, training=True, momentum=0.3)
    batch = per_channel(x)
    for running, old, new in (
        (mean, before[0], batch.mean(1)),
        (var, before[1], batch.var(1, ddof=1)),
    ):
        np.testing.assert_allclose(running.to("cpu").numpy(), 0.7 * old + 0.3 * new, rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_training_gives_each_channel_mean_zero_and_variance_one(shape, backend):
    y = per_channel(F.batch_norm(drawn(shape, backend), None, None, training=True, eps=0.0))
    np.testing.assert_allclose(y.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(1), 1, rtol=1e-12)


def test_evaluation_changes_no_statistics(backend):
    mean, var = tg.zeros(3, device=backend.device), tg.ones(3, device=backend.device)
    F.batch_norm(drawn((4, 3), backend, "float32"), mean, var)
    assert mean.tolist() == [0, 0, 0]
    assert var.tolist() == [1, 1, 1]


@pytest.mark.parametrize("shape", SHAPES)
def test_in_evaluation_a_sample_does_not_see_the_others(shape, backend):
    """The gradient is the scale alone: no mean of the batch is taken off it."""
    x = drawn(shape, backend).requires_grad_()
    mean, var = tg.ones(3, dtype="float64"), tg.tensor([1.0, 4.0, 0.25], dtype="float64")
    weight = tg.tensor([1.0, 2.0, -1.0], dtype="float64")
    mean, var, weight = (v.to(backend.device) for v in (mean, var, weight))
    y = F.batch_norm(x, mean, var, weight, eps=0.0)
    (slope,) = tg.grad(y.sum(), x)
    rows = per_channel(slope)
    np.testing.assert_allclose(rows, np.repeat([[1.0], [1.0], [-2.0]], rows.shape[1], 1))


def test_in_training_the_gradient_of_a_sum_is_zero(backend):
    """Moving all values together changes nothing."""
    x = drawn((5, 3), backend).requires_grad_()
    (slope,) = tg.grad(F.batch_norm(x, None, None, training=True).sum(), x)
    np.testing.assert_allclose(slope.to("cpu").numpy(), 0, atol=1e-12)


def test_a_channel_that_does_not_vary_stays_finite(backend):
    x = tg.full((4, 2), 3.0, device=backend.device, requires_grad=True)
    mean, var = tg.zeros(2, device=backend.device), tg.ones(2, device=backend.device)
    y = F.batch_norm(x, mean, var, training=True)
    (slope,) = tg.grad((y * y).sum(), x)
    assert y.tolist() == slope.tolist() == [[0, 0]] * 4
    np.testing.assert_allclose(var.to("cpu").numpy(), 0.9, atol=1e-6)


def test_the_running_variance_survives_a_large_mean():
    """float32 values around 1000: the variance must not be a difference of large squares."""
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(1000, 1, (512, 2)), dtype="float32")
    mean, var = tg.zeros(2), tg.zeros(2)
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    exact = x.numpy().astype(np.float64)
    np.testing.assert_allclose(var.numpy(), exact.var(0, ddof=1), rtol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.batch_norm(tg.ones(3), None, None), r"\(N, C, ...\), got shape \(3,\)"),
        (
            lambda: F.batch_norm(tg.ones(1, 3), None, None, training=True),
            r"batch_norm: one value per channel \(input \(1, 3\)\).*drop_last",
        ),
        (
            lambda: F.batch_norm(tg.ones(2, 3), tg.ones(2), tg.ones(3)),
            r"batch_norm: running_mean has shape \(2,\), .*\(2, 3\) has 3 channels",
        ),
        (
            lambda: F.batch_norm(tg.ones(2, 3), None, None, tg.ones(1), training=True),
            r"batch_norm: weight has shape \(1,\)",
        ),
        (lambda: F.layer_norm(tg.ones(2, 3), 2), r"layer_norm: .*\(2, 3\) are not \(2,\)"),
        (
            lambda: F.layer_norm(tg.ones(2, 3), 3, tg.ones(2, 3)),
            r"layer_norm: weight has shape \(2, 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
