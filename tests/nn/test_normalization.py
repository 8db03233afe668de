"""Batch and layer normalization: which statistics, when, and what they leave behind."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn

EPS = 1e-5
LAYOUTS = {
    "(N, C)": (nn.BatchNorm1d, (6, 3), (0,)),
    "(N, C, L)": (nn.BatchNorm1d, (4, 3, 5), (0, 2)),
    "(N, C, H, W)": (nn.BatchNorm2d, (4, 3, 2, 5), (0, 2, 3)),
}
each_layout = pytest.mark.parametrize(("layer", "shape", "axes"), LAYOUTS.values(), ids=LAYOUTS)


def by_channel(vector, ndim):
    return np.reshape(vector, (1, -1, *(1,) * (ndim - 2)))


def with_affine(module, rng):
    """Scales and shifts other than 1 and 0."""
    for name, parameter in module.named_parameters():
        with tg.no_grad():
            parameter.copy_(normal(rng, *parameter.shape) + (name == "weight"))
    return module.double()


# ---- batch normalization -----------------------------------------------------------------------


@each_layout
def test_training_normalizes_by_the_batchs_own_biased_variance(backend, rng, layer, shape, axes):
    module = with_affine(layer(3), rng).to(backend.device)
    x = rng.normal(2.0, 3.0, size=shape)

    y = module(tg.tensor(x, device=backend.device))

    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    weight, bias = (by_channel(values(p), x.ndim) for p in (module.weight, module.bias))
    expected = (x - mean) / np.sqrt(var + EPS) * weight + bias
    np.testing.assert_allclose(values(y), expected, rtol=1e-10, atol=1e-12)


@each_layout
def test_running_statistics_move_by_momentum_towards_the_unbiased_variance(rng, layer, shape, axes):
    module = layer(3, momentum=0.3).double()
    mean, var = np.zeros(3), np.ones(3)

    for batch in range(1, 4):
        x = rng.normal(2.0, 3.0, size=shape)
        module(tg.tensor(x))
        mean = 0.7 * mean + 0.3 * x.mean(axes)
        var = 0.7 * var + 0.3 * x.var(axes, ddof=1)
        np.testing.assert_allclose(module.running_mean.numpy(), mean, rtol=1e-10)
        np.testing.assert_allclose(module.running_var.numpy(), var, rtol=1e-10)
        assert module.num_batches_tracked.item() == batch


def test_without_momentum_running_statistics_are_plain_means(rng):
    module = nn.BatchNorm1d(3, momentum=None).double()
    batches = rng.normal(size=(5, 8, 3))

    for x in batches:
        module(tg.tensor(x))

    np.testing.assert_allclose(module.running_mean.numpy(), batches.mean((0, 1)), rtol=1e-10)
    variances = [x.var(0, ddof=1) for x in batches]
    np.testing.assert_allclose(module.running_var.numpy(), np.mean(variances, 0), rtol=1e-10)


@each_layout
def test_evaluation_uses_the_running_statistics_and_leaves_them(rng, layer, shape, axes):
    module = with_affine(layer(3), rng)
    module.running_mean.copy_(tg.tensor([1.0, -2.0, 0.5]))
    module.running_var.copy_(tg.tensor([4.0, 0.25, 1.0]))
    before = module.state_dict()
    x = rng.normal(size=shape)

    y = module.eval()(tg.tensor(x))

    mean = by_channel([1.0, -2.0, 0.5], x.ndim)
    std = np.sqrt(by_channel([4.0, 0.25, 1.0], x.ndim) + EPS)
    weight, bias = (by_channel(values(p), x.ndim) for p in (module.weight, module.bias))
    np.testing.assert_allclose(values(y), (x - mean) / std * weight + bias, rtol=1e-10, atol=1e-12)
    for name, array in module.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_one_sample_can_be_evaluated_but_not_trained_on():
    module = nn.BatchNorm1d(3)
    one = tg.ones(1, 3)

    with pytest.raises(ValueError, match=r"one value per channel.*\(1, 3\).*\.eval\(\)"):
        module(one)
    assert module.eval()(one).shape == (1, 3)


def test_without_running_statistics_evaluation_uses_the_batch(rng):
    module = nn.BatchNorm1d(3, track_running_stats=False).double()
    x = normal(rng, 6, 3)

    np.testing.assert_array_equal(values(module.eval()(x)), values(module.train()(x)))
    assert list(module.state_dict()) == ["weight", "bias"]


def test_without_affine_there_is_nothing_to_learn(rng):
    module = nn.BatchNorm2d(3, affine=False).double()

    y = values(module(normal(rng, 4, 3, 2, 2)))

    assert list(module.parameters()) == []
    np.testing.assert_allclose(y.mean((0, 2, 3)), np.zeros(3), atol=1e-12)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@each_layout
def test_batch_norms_gradients_are_right(rng, layer, shape, axes, training):
    module = with_affine(layer(3), rng).train(training)
    module(normal(rng, *shape))
    x = normal(rng, *shape, requires_grad=True)

    assert gradients_are_right(lambda: module(x), x, *module.parameters())


def test_a_constant_channel_stays_finite_in_float32():
    module = nn.BatchNorm1d(1)
    x = tg.full((64, 1), 1000.0)
    x.requires_grad_()

    y = module(x)
    (y * tg.arange(64).reshape(64, 1)).sum().backward()

    np.testing.assert_array_equal(values(y), np.zeros((64, 1)))
    assert np.isfinite(x.grad.numpy()).all()
    np.testing.assert_allclose(module.running_var.numpy(), [0.9], atol=1e-6)


def test_running_statistics_are_no_part_of_the_graph(rng):
    module = nn.BatchNorm1d(3)
    x = normal(rng, 6, 3, dtype=np.float32, requires_grad=True)

    module(module(x)).sum().backward()

    assert module.running_mean.is_leaf
    assert not module.running_var.requires_grad
    assert module.num_batches_tracked.item() == 2
    assert module.running_var.dtype == np.float32


# ---- layer normalization -----------------------------------------------------------------------


@pytest.mark.parametrize("last", [(5,), (3, 5), (2, 3, 5)])
def test_layer_norm_normalizes_each_sample_over_its_last_dimensions(backend, rng, last):
    module = with_affine(nn.LayerNorm(last), rng).to(backend.device)
    x = rng.normal(2.0, 3.0, size=(4, 2, 3, 5))

    y = module(tg.tensor(x, device=backend.device))

    axes = tuple(range(-len(last), 0))
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    expected = (x - mean) / np.sqrt(var + EPS) * values(module.weight) + values(module.bias)
    np.testing.assert_allclose(values(y), expected, rtol=1e-10, atol=1e-12)


def test_layer_norm_takes_a_number_for_a_single_dimension():
    assert nn.LayerNorm(5).normalized_shape == (5,)
    assert list(nn.LayerNorm(5, elementwise_affine=False).parameters()) == []


def test_layer_norm_is_the_same_in_training_and_evaluation(rng):
    module = nn.LayerNorm(5)
    x = normal(rng, 1, 5, dtype=np.float32)

    np.testing.assert_array_equal(values(module(x)), values(module.eval()(x)))


def test_layer_norms_gradients_are_right(rng):
    module = with_affine(nn.LayerNorm((3, 2)), rng)
    x = normal(rng, 4, 3, 2, requires_grad=True)

    assert gradients_are_right(lambda: module(x), x, *module.parameters())
