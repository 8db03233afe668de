"""Spectral normalization: a layer that stretches no vector."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn
from tinygen.nn.utils import spectral_norm

LAYERS = {
    "dense": (lambda: nn.Dense(6, 4), (2, 6), lambda w: w),
    "convolution": (lambda: nn.Conv2d(3, 4, 2), (2, 3, 4, 4), lambda w: w.reshape(4, -1)),
    "transposed convolution": (
        lambda: nn.ConvTranspose2d(3, 4, 2), (2, 3, 4, 4),
        lambda w: w.transpose(1, 0, 2, 3).reshape(4, -1),
    ),
}  # fmt: skip
each_layer = pytest.mark.parametrize(("make", "shape", "matrix"), LAYERS.values(), ids=list(LAYERS))


def largest_singular_value(matrix):
    return np.linalg.svd(matrix, compute_uv=False)[0]


@each_layer
def test_after_some_calls_the_largest_singular_value_is_one(backend, rng, make, shape, matrix):
    layer = spectral_norm(make().double()).to(backend.device)
    x = normal(rng, *shape).to(backend.device)

    for _ in range(200):
        layer(x)

    original = values(layer.weight_orig)
    sigma = largest_singular_value(matrix(original))
    np.testing.assert_allclose(values(layer.weight), original / sigma, rtol=1e-8)
    assert largest_singular_value(matrix(values(layer.weight))) == pytest.approx(1, rel=1e-8)


@each_layer
def test_the_layer_computes_with_the_normalized_weight(rng, make, shape, matrix):
    plain = make().double()
    layer = spectral_norm(copy.deepcopy(plain), n_power_iterations=200)
    x = normal(rng, *shape)

    y = layer(x)

    with tg.no_grad():
        plain.weight.div_(largest_singular_value(matrix(values(plain.weight))))
    np.testing.assert_allclose(values(y), values(plain(x)), rtol=1e-8, atol=1e-10)


def test_one_call_is_one_step_of_power_iteration(rng):
    layer = spectral_norm(nn.Dense(5, 3).double(), n_power_iterations=1)
    w, u = values(layer.weight_orig), values(layer.weight_u).copy()
    assert np.linalg.norm(u) == pytest.approx(1)

    layer(normal(rng, 1, 5))

    v = w.T @ u / np.linalg.norm(w.T @ u)
    u = w @ v / np.linalg.norm(w @ v)
    np.testing.assert_allclose(values(layer.weight_v), v, rtol=1e-12)
    np.testing.assert_allclose(values(layer.weight_u), u, rtol=1e-12)
    np.testing.assert_allclose(values(layer.weight), w / (u @ w @ v), rtol=1e-12)


def test_evaluation_leaves_the_singular_vectors_as_they_are(rng):
    layer = spectral_norm(nn.Dense(5, 3))
    before = layer.state_dict()

    layer.eval()(normal(rng, 1, 5, dtype=np.float32))

    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_names_and_shapes_in_the_state_are_pytorchs():
    layer = spectral_norm(nn.Conv2d(3, 4, 2))

    shapes = {name: value.shape for name, value in layer.state_dict().items()}

    assert shapes == {
        "bias": (4,), "weight_orig": (4, 3, 2, 2), "weight_u": (4,), "weight_v": (12,),
    }  # fmt: skip
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight_orig"]


def test_a_loaded_state_gives_the_same_outputs(rng):
    layer, other = spectral_norm(nn.Dense(5, 3)), spectral_norm(nn.Dense(5, 3))
    x = normal(rng, 2, 5, dtype=np.float32)
    layer(x)

    other.load_state_dict(layer.state_dict())

    np.testing.assert_array_equal(values(other.eval()(x)), values(layer.eval()(x)))


def test_gradients_pass_the_singular_value(rng):
    layer = spectral_norm(nn.Dense(4, 3).double()).eval()
    x = normal(rng, 2, 4, requires_grad=True)

    assert gradients_are_right(lambda: layer(x) ** 2, layer.weight_orig, x)


def test_the_gradient_is_orthogonal_to_the_weight(rng):
    """The normalized weight does not change with the scale of the original."""
    layer = spectral_norm(nn.Dense(4, 3).double(), n_power_iterations=200)

    (layer(normal(rng, 2, 4)) ** 2).sum().backward()

    along = (layer.weight_orig.grad * layer.weight_orig).sum().item()
    assert along == pytest.approx(0, abs=1e-12)


def test_two_calls_before_one_backward(rng):
    """A discriminator sees real and generated images, then learns from both."""
    layer = spectral_norm(nn.Dense(4, 1))
    real, fake = (normal(rng, 2, 4, dtype=np.float32) for _ in range(2))

    (layer(real) - layer(fake)).sum().backward()

    assert layer.weight_orig.grad.dtype == np.float32
    assert bool((layer.weight_orig.grad != 0).any())


def test_a_gradient_penalty_reaches_the_weight(rng):
    layer = spectral_norm(nn.Dense(4, 1).double()).eval()
    x = normal(rng, 3, 4, requires_grad=True)

    def penalty():
        (slope,) = tg.grad(tg.tanh(layer(x)).sum(), x, create_graph=True)
        return (slope.norm(dim=1) - 1).square().sum()

    assert gradients_are_right(penalty, layer.weight_orig)


def test_a_layer_that_has_been_used_can_be_copied(rng):
    layer, x = spectral_norm(nn.Dense(4, 3)), normal(rng, 2, 4, dtype=np.float32)
    layer(x)

    twin = copy.deepcopy(layer)
    expected = values(layer.eval()(x))
    np.testing.assert_array_equal(values(twin.eval()(x)), expected)

    with tg.no_grad():
        twin.weight_orig.add_(1)
    assert not np.array_equal(values(twin(x)), expected)
    np.testing.assert_array_equal(values(layer(x)), expected)


def test_float32_stays_float32(backend, rng):
    layer = spectral_norm(nn.Conv2d(1, 2, 2)).to(backend.device)

    layer(normal(rng, 1, 1, 3, 3, dtype=np.float32).to(backend.device)).sum().backward()

    found = (layer.weight, layer.weight_u, layer.weight_v, layer.weight_orig.grad)
    assert {(str(t.dtype), t.device) for t in found} == {("float32", backend.device)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectral_norm(nn.Sequential(nn.Dense(2, 2))), "no 'weight' of its own: apply"),
        (lambda: spectral_norm(nn.Dense(2, 2), "wieght"), "no 'wieght' of its own, only weight"),
        (lambda: spectral_norm(spectral_norm(nn.Dense(2, 2))), "already normalized"),
        (lambda: spectral_norm(nn.Dense(2, 2), n_power_iterations=0), "must be positive, got 0"),
    ],
)
def test_what_cannot_be_normalized_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
