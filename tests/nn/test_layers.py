"""Layers without a file of their own: each applies its function, with its settings."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn

IMAGES = (2, 4, 7, 6)
AS_FUNCTION = {
    "Dense": (nn.Dense(6, 3), lambda m, x: x @ m.weight.T + m.bias),
    "Dense without bias": (nn.Dense(6, 3, bias=False), lambda m, x: x @ m.weight.T),
    "Conv2d": (
        nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, dilation=(1, 2), groups=2),
        lambda m, x: F.conv2d(x, m.weight, m.bias, 2, 1, (1, 2), 2),
    ),
    "Conv2d, same": (
        nn.Conv2d(4, 2, 3, stride=3, padding="same", bias=False),
        lambda m, x: F.conv2d(x, m.weight, None, 3, "same"),
    ),
    "ConvTranspose2d": (
        nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2, dilation=2),
        lambda m, x: F.conv_transpose2d(x, m.weight, m.bias, 2, 1, 1, 2, 2),
    ),
    "MaxPool2d": (nn.MaxPool2d(3, 2, 1), lambda m, x: F.max_pool2d(x, 3, 2, 1)),
    "MaxPool2d, ceil": (
        nn.MaxPool2d((2, 3), dilation=2, ceil_mode=True),
        lambda m, x: F.max_pool2d(x, (2, 3), None, 0, 2, True),
    ),
    "AvgPool2d": (
        nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        lambda m, x: F.avg_pool2d(x, 3, 2, 1, False, False),
    ),
    "AvgPool2d, divisor": (
        nn.AvgPool2d(2, divisor_override=3),
        lambda m, x: F.avg_pool2d(x, 2, divisor_override=3),
    ),
    "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d(3), lambda m, x: F.adaptive_avg_pool2d(x, 3)),
    "AdaptiveMaxPool2d": (
        nn.AdaptiveMaxPool2d((2, None)),
        lambda m, x: F.adaptive_max_pool2d(x, (2, 6)),
    ),
    "GlobalAvgPool2d": (nn.GlobalAvgPool2d(), lambda m, x: x.mean((2, 3))),
    "Upsample": (nn.Upsample(scale_factor=2), lambda m, x: F.interpolate(x, scale_factor=2)),
    "Upsample, bilinear": (
        nn.Upsample(size=(9, 11), mode="bilinear", align_corners=True),
        lambda m, x: F.interpolate(x, (9, 11), mode="bilinear", align_corners=True),
    ),
    "Upsample, bicubic": (
        nn.Upsample(scale_factor=2, mode="bicubic"),
        lambda m, x: F.interpolate(x, scale_factor=2, mode="bicubic"),
    ),
    "ZeroPad2d": (nn.ZeroPad2d((1, 2, 0, 3)), lambda m, x: F.pad(x, (1, 2, 0, 3))),
    "Flatten": (nn.Flatten(), lambda m, x: x.reshape(2, 4 * 7 * 6)),
    "Flatten, partly": (nn.Flatten(2, 3), lambda m, x: x.reshape(2, 4, 7 * 6)),
    "Unflatten": (nn.Unflatten(1, (2, -1)), lambda m, x: x.reshape(2, 2, 2, 7, 6)),
    "Identity": (nn.Identity(3, some="option"), lambda m, x: x),
    "ReLU": (nn.ReLU(), lambda m, x: F.relu(x)),
    "LeakyReLU": (nn.LeakyReLU(0.3), lambda m, x: F.leaky_relu(x, 0.3)),
    "ELU": (nn.ELU(0.7), lambda m, x: F.elu(x, 0.7)),
    "GELU": (nn.GELU("tanh"), lambda m, x: F.gelu(x, "tanh")),
    "SiLU": (nn.SiLU(), lambda m, x: F.silu(x)),
    "Sigmoid": (nn.Sigmoid(), lambda m, x: F.sigmoid(x)),
    "Tanh": (nn.Tanh(), lambda m, x: F.tanh(x)),
    "Softplus": (nn.Softplus(2.0), lambda m, x: F.softplus(x, 2.0)),
    "Softmax": (nn.Softmax(1), lambda m, x: F.softmax(x, 1)),
    "LogSoftmax": (nn.LogSoftmax(1), lambda m, x: F.log_softmax(x, 1)),
}


@pytest.mark.parametrize("name", AS_FUNCTION)
def test_a_layer_is_its_function_with_its_settings(rng, name):
    layer, function = AS_FUNCTION[name]
    x = normal(rng, *IMAGES, dtype=np.float32)

    y, expected = layer(x), function(layer, x)

    assert y.dtype == np.float32
    np.testing.assert_allclose(values(y), values(expected), rtol=1e-6, atol=1e-7)
    assert repr(layer).startswith(type(layer).__name__ + "(")


def test_max_pooling_can_say_where_the_largest_were(rng):
    x = normal(rng, 1, 1, 4, 4)

    largest, where = nn.MaxPool2d(2, return_indices=True)(x)

    assert where.dtype == np.int64
    np.testing.assert_array_equal(values(x).ravel()[values(where)], values(largest))


# ---- Dense, convolution ------------------------------------------------------------------------


def test_dense_takes_any_number_of_leading_dimensions(rng):
    layer = nn.Dense(3, 2)
    x = normal(rng, 4, 5, 3, dtype=np.float32)

    expected = values(x) @ values(layer.weight).T + values(layer.bias)
    np.testing.assert_allclose(values(layer(x)), expected, rtol=1e-5, atol=1e-6)
    assert layer(x[0, 0]).shape == (2,)
    assert nn.Linear is nn.Dense


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Dense(3, 2), (0, 3), (0, 2)),
        (nn.Conv2d(3, 2, 3, stride=2), (0, 3, 9, 9), (0, 2, 4, 4)),
        (nn.ConvTranspose2d(3, 2, 2, stride=2), (0, 3, 4, 4), (0, 2, 8, 8)),
        (nn.MaxPool2d(2), (0, 3, 4, 4), (0, 3, 2, 2)),
        (nn.LSTM(3, 2, batch_first=True), (0, 5, 3), (0, 5, 2)),
        (nn.BatchNorm2d(3).eval(), (0, 3, 4, 4), (0, 3, 4, 4)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_an_empty_batch_keeps_its_shape_and_gives_zero_gradients(layer, shape, expected):
    x = tg.zeros(*shape, requires_grad=True)

    output = layer(x)
    output = output[0] if isinstance(output, tuple) else output
    output.sum().backward()

    assert output.shape == expected
    assert x.grad.shape == shape
    for parameter in layer.parameters():
        np.testing.assert_array_equal(values(parameter.grad), np.zeros(parameter.shape))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2),
        nn.ConvTranspose2d(2, 4, 3, stride=2, output_padding=1, groups=2),
        nn.Conv2d(2, 3, 2, padding="same", dilation=2),
    ],
    ids=repr,
)
def test_gradients_of_convolutional_layers_are_right(rng, layer):
    layer.double()
    x = normal(rng, 2, 2, 5, 4, requires_grad=True)

    assert gradients_are_right(lambda: layer(x), x, *layer.parameters())


# ---- Embedding ---------------------------------------------------------------------------------


def test_an_embedding_looks_up_rows_and_adds_up_their_gradients():
    layer = nn.Embedding(4, 2)

    rows = layer(tg.tensor([[1, 1], [3, 1]]))
    rows.sum().backward()

    np.testing.assert_array_equal(values(rows), values(layer.weight)[[[1, 1], [3, 1]]])
    np.testing.assert_array_equal(values(layer.weight.grad), [[0, 0], [3, 3], [0, 0], [1, 1]])


def test_the_padding_row_is_zero_and_stays_so():
    layer = nn.Embedding(3, 2, padding_idx=-3)

    rows = layer(tg.tensor([0, 2]))
    rows.sum().backward()

    np.testing.assert_array_equal(values(rows)[0], [0, 0])
    np.testing.assert_array_equal(values(layer.weight.grad), [[0, 0], [0, 0], [1, 1]])


# ---- Dropout -----------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(p):
    n = 100_000
    y = values(nn.Dropout(p)(tg.ones(n)))

    kept = (y != 0).mean()
    assert abs(kept - (1 - p)) < 5 * math.sqrt(p * (1 - p) / n)
    np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - p)], rtol=1e-6)


def test_dropout_is_for_training_only(rng):
    x = normal(rng, 10, dtype=np.float32)

    np.testing.assert_array_equal(values(nn.Dropout(0.7).eval()(x)), values(x))
    np.testing.assert_array_equal(values(nn.Dropout(0.0)(x)), values(x))
    np.testing.assert_array_equal(values(nn.Dropout(1.0)(x)), np.zeros(10))


def test_dropout_draws_anew_and_lets_gradients_through_what_it_kept():
    layer, x = nn.Dropout(0.5), tg.ones(1000, requires_grad=True)

    y, other = layer(x), layer(x)
    y.sum().backward()

    assert (values(y) != values(other)).any()
    np.testing.assert_array_equal(values(x.grad), values(y))


def test_dropout2d_drops_whole_channels():
    y = values(nn.Dropout2d(0.5)(tg.ones(20, 30, 2, 3)))

    assert (y == y[:, :, :1, :1]).all()
    assert abs((y[:, :, 0, 0] != 0).mean() - 0.5) < 5 * math.sqrt(0.25 / 600)


@pytest.mark.parametrize("layer", [nn.Dropout(0.3), nn.Dropout2d(0.3)], ids=repr)
def test_a_seed_decides_what_is_dropped_on_every_device(backend, layer):
    x = tg.ones(3, 5, 4, 4)

    tg.manual_seed(11)
    here, here_again = layer(x), layer(x)
    tg.manual_seed(11)
    there, there_again = layer(x.to(backend.device)), layer(x.to(backend.device))

    assert there.device == backend.device
    np.testing.assert_array_equal(values(there), values(here))
    np.testing.assert_array_equal(values(there_again), values(here_again))


def test_dropouts_gradient_is_right(rng):
    x = normal(rng, 4, 5, requires_grad=True)

    assert gradients_are_right(lambda: nn.Dropout(0.4)(x), x)


# ---- Reparameterize ----------------------------------------------------------------------------


@pytest.mark.parametrize(("mu", "logvar"), [(0.0, 0.0), (2.0, 1.5), (-1.0, -3.0)])
def test_a_sample_has_mean_mu_and_variance_exp_logvar(backend, mu, logvar):
    n, variance = 200_000, math.exp(logvar)
    place = {"device": backend.device}

    z = values(nn.Reparameterize()(tg.full((n,), mu, **place), tg.full((n,), logvar, **place)))

    assert z.dtype == np.float32
    z = z.astype(np.float64)
    assert abs(z.mean() - mu) < 5 * math.sqrt(variance / n)
    # the known fault, exp(logvar) * eps, would give the variance exp(2 logvar)
    assert abs(z.var() - variance) < 5 * variance * math.sqrt(2 / n)


def test_samples_are_drawn_anew_by_seed_and_alike_on_every_device(backend):
    mu, logvar = tg.zeros(50), tg.ones(50)
    layer = nn.Reparameterize()

    tg.manual_seed(3)
    first, second = layer(mu, logvar), layer(mu, logvar)
    tg.manual_seed(3)
    there = layer(mu.to(backend.device), logvar.to(backend.device))

    assert (values(first) != values(second)).all()
    np.testing.assert_allclose(values(there), values(first), rtol=1e-5, atol=1e-6)


def test_given_noise_decides_the_sample_and_its_gradients(rng):
    mu, logvar = (normal(rng, 3, 2, requires_grad=True) for _ in range(2))
    eps = normal(rng, 3, 2)

    z = nn.Reparameterize()(mu, logvar, eps)
    z.sum().backward()

    std = np.exp(values(logvar) / 2)
    np.testing.assert_allclose(values(z), values(mu) + std * values(eps), rtol=1e-12)
    np.testing.assert_array_equal(values(mu.grad), np.ones((3, 2)))
    np.testing.assert_allclose(values(logvar.grad), std * values(eps) / 2, rtol=1e-12)


def test_without_sampling_there_is_only_the_mean(rng):
    mu, logvar = normal(rng, 3, 2), normal(rng, 3, 2)

    assert nn.Reparameterize(sample=False)(mu, logvar) is mu


def test_the_gradient_through_drawn_noise_is_right(rng):
    mu, logvar = (normal(rng, 3, 2, requires_grad=True) for _ in range(2))

    assert gradients_are_right(lambda: nn.Reparameterize()(mu, logvar), mu, logvar)
