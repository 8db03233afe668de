"""Initial weights: their distributions, measured, and that a seed decides them.

A sample's mean and variance scatter around the true ones with a known standard error; five of
them are allowed. Bounds are strict.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen import nn
from tinygen.nn import init

SHAPE = (300, 20, 5, 5)  # fan in 500, fan out 7500
FAN_IN, FAN_OUT = 500, 7500
ERRORS = 5


def looks_uniform(sample, bound):
    """On [-bound, bound], reaching both ends, with that distribution's mean and variance."""
    x, n = np.ravel(sample).astype(np.float64), np.size(sample)
    assert abs(x).max() <= bound * (1 + 1e-6)
    assert x.min() < -bound * (1 - 20 / n)
    assert x.max() > bound * (1 - 20 / n)
    variance = bound**2 / 3
    assert abs(x.mean()) < ERRORS * math.sqrt(variance / n)
    fourth = bound**4 / 5
    assert abs((x**2).mean() - variance) < ERRORS * math.sqrt((fourth - variance**2) / n)
    return True


def looks_normal(sample, std, mean=0.0):
    """With the mean, variance and fourth moment of a normal distribution."""
    x, n = (np.ravel(sample).astype(np.float64) - mean) / std, np.size(sample)
    assert abs(x.mean()) < ERRORS * math.sqrt(1 / n)
    assert abs((x**2).mean() - 1) < ERRORS * math.sqrt(2 / n)
    assert abs((x**4).mean() - 3) < ERRORS * math.sqrt(96 / n)
    return True


def filled(initializer, *args, shape=SHAPE, **options):
    tensor = tg.zeros(*shape)
    assert initializer(tensor, *args, **options) is tensor
    assert tensor.dtype == np.float32
    return tensor.numpy()


# ---- distributions -----------------------------------------------------------------------------


def test_uniform_and_normal():
    assert looks_uniform(filled(init.uniform_, -0.3, 0.3), 0.3)
    assert looks_uniform(filled(init.uniform_) - 0.5, 0.5)
    assert looks_normal(filled(init.normal_), 1.0)
    assert looks_normal(filled(init.normal_, 3.0, 0.2), 0.2, mean=3.0)


def test_glorot_balances_fan_in_and_fan_out():
    variance = 2 / (FAN_IN + FAN_OUT)

    assert looks_uniform(filled(init.xavier_uniform_), math.sqrt(3 * variance))
    assert looks_normal(filled(init.xavier_normal_), math.sqrt(variance))
    assert looks_normal(filled(init.xavier_normal_, gain=3.0), 3 * math.sqrt(variance))


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", FAN_IN), ("fan_out", FAN_OUT)])
@pytest.mark.parametrize(
    ("options", "gain_squared"),
    [
        ({"nonlinearity": "relu"}, 2.0),
        ({"a": 0.2}, 2 / 1.04),
        ({"nonlinearity": "linear"}, 1.0),
        ({"nonlinearity": "tanh"}, 25 / 9),
    ],
)
def test_he_keeps_the_variance_through_a_nonlinearity(mode, fan, options, gain_squared):
    variance = gain_squared / fan

    uniform = filled(init.kaiming_uniform_, mode=mode, **options)
    normal = filled(init.kaiming_normal_, mode=mode, **options)

    assert looks_uniform(uniform, math.sqrt(3 * variance))
    assert looks_normal(normal, math.sqrt(variance))


def test_he_does_keep_the_variance_of_a_deep_relu_network(rng):
    x = rng.normal(size=(500, 256))
    for _ in range(10):
        weight = filled(init.kaiming_normal_, nonlinearity="relu", shape=(256, 256))
        x = np.maximum(x, 0) @ weight.T

    assert 0.5 < x.var() < 2.0


def test_a_truncated_normal_stays_inside_and_has_its_variance():
    sample = filled(init.trunc_normal_, std=0.5, a=-1.0, b=1.0) / 0.5

    assert abs(sample).max() <= 2
    # variance of a standard normal cut at +-2: 1 - 2 * 2 * phi(2) / (Phi(2) - Phi(-2))
    phi, inside = math.exp(-2) / math.sqrt(2 * math.pi), math.erf(math.sqrt(2))
    variance = 1 - 4 * phi / inside
    n = sample.size
    assert abs(sample.mean()) < ERRORS * math.sqrt(variance / n)
    assert abs(np.square(sample, dtype=np.float64).mean() - variance) < ERRORS * math.sqrt(2 / n)


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4), (4, 3, 2, 2)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape):
    matrix = filled(init.orthogonal_, gain=2.0, shape=shape).reshape(shape[0], -1) / 2

    rows, cols = matrix.shape
    gram = matrix @ matrix.T if rows <= cols else matrix.T @ matrix
    np.testing.assert_allclose(gram, np.eye(min(rows, cols)), atol=1e-6)


def test_orthogonal_matrices_have_no_preferred_sign():
    signs = [np.sign(filled(init.orthogonal_, shape=(3, 3)).diagonal()) for _ in range(400)]

    assert (abs(np.mean(signs, axis=0)) < ERRORS / math.sqrt(400)).all()


def test_constants_and_the_identity():
    np.testing.assert_array_equal(filled(init.zeros_, shape=(2,)), [0, 0])
    np.testing.assert_array_equal(filled(init.ones_, shape=(2,)), [1, 1])
    np.testing.assert_array_equal(filled(init.constant_, 0.25, shape=(2,)), [0.25, 0.25])
    np.testing.assert_array_equal(filled(init.eye_, shape=(2, 3)), [[1, 0, 0], [0, 1, 0]])


def test_gains():
    assert init.calculate_gain("linear") == init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert init.calculate_gain("leaky_relu", 1.0) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.calculate_gain("relo"), "no gain is known for 'relo'.*relu"),
        (lambda: init.xavier_uniform_(tg.zeros(3)), r"need 2 dimensions or more, got \(3,\)"),
        (lambda: init.kaiming_normal_(tg.zeros(3, 3), mode="fan"), "'fan_in' or 'fan_out'"),
        (lambda: init.orthogonal_(tg.zeros(3)), r"orthogonal_ needs 2 dimensions.*\(3,\)"),
        (lambda: init.eye_(tg.zeros(3)), r"eye_ needs a matrix, got shape \(3,\)"),
        (lambda: init.trunc_normal_(tg.zeros(3), a=2, b=1), r"the interval \[2, 1\] is empty"),
        (lambda: init.trunc_normal_(tg.zeros(9), a=50, b=51), "holds almost nothing of N"),
    ],
)
def test_what_cannot_be_drawn_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- the layers' defaults ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "fan"),
    [
        (lambda: nn.Dense(400, 500), 400),
        (lambda: nn.Conv2d(20, 300, 5), 20 * 25),
        (lambda: nn.Conv2d(20, 300, 5, groups=4), 5 * 25),
        (lambda: nn.ConvTranspose2d(300, 20, 5), 20 * 25),
        (lambda: nn.ConvTranspose2d(300, 20, 5, groups=4), 5 * 25),
        (lambda: nn.RNN(50, 300), 300),
        (lambda: nn.GRU(50, 300), 300),
        (lambda: nn.LSTM(50, 300, num_layers=2, bidirectional=True), 300),
    ],
)
def test_weights_and_biases_are_uniform_by_fan_in(layer, fan):
    bound = 1 / math.sqrt(fan)

    for parameter in layer().parameters():
        if parameter.numel() > 1000:
            assert looks_uniform(values(parameter), bound)
        else:
            assert 0.5 * bound < abs(values(parameter)).max() <= bound


def test_embeddings_are_normal_with_zeros_for_padding():
    table = values(nn.Embedding(500, 300, padding_idx=2).weight)

    np.testing.assert_array_equal(table[2], np.zeros(300))
    assert looks_normal(np.delete(table, 2, axis=0), 1.0)


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(3), nn.BatchNorm2d(3), nn.LayerNorm((3,))])
def test_normalization_begins_as_nothing_more(layer):
    np.testing.assert_array_equal(values(layer.weight), np.ones(3))
    np.testing.assert_array_equal(values(layer.bias), np.zeros(3))


# ---- seeds -------------------------------------------------------------------------------------


def test_a_seed_decides_the_weights():
    def weights(seed):
        tg.manual_seed(seed)
        model = nn.Sequential(nn.Dense(3, 4), nn.Conv2d(1, 2, 3), nn.LSTM(2, 2))
        return np.concatenate([array.ravel() for array in model.state_dict().values()])

    np.testing.assert_array_equal(weights(5), weights(5))
    assert (weights(5) != weights(6)).all()


def test_the_same_weights_are_drawn_whatever_noise_the_device_made(backend):
    tg.manual_seed(5)
    expected = values(nn.Dense(3, 4).weight)

    tg.manual_seed(5)
    tg.randn(100, device=backend.device)
    np.testing.assert_array_equal(values(nn.Dense(3, 4).to(backend.device).weight), expected)


def test_weights_are_drawn_where_the_tensor_is(backend):
    tensor = tg.zeros(3, 4, device=backend.device)
    tg.manual_seed(5)
    init.xavier_normal_(tensor)
    on_host = tg.zeros(3, 4)
    tg.manual_seed(5)
    init.xavier_normal_(on_host)

    assert tensor.device == backend.device
    np.testing.assert_array_equal(values(tensor), values(on_host))


def test_parameters_are_filled_in_place_and_outside_the_graph():
    layer = nn.Dense(3, 4)
    array = layer.weight.data

    init.zeros_(layer.weight)
    init.orthogonal_(layer.weight)

    assert layer.weight.data is array
    assert layer.weight.is_leaf
    assert layer.weight.requires_grad
