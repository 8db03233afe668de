"""Activation functions far out, where careless formulas overflow."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F

FAR = [-1e4, -100.0, 0.0, 100.0, 1e4]


def value_and_slope(function, dtype="float32"):
    x = tg.tensor(FAR, dtype=dtype, requires_grad=True)
    y = function(x)
    (slope,) = tg.grad(y.sum(), x)
    return y.detach().numpy(), slope.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "left", "right"),
    [
        (F.softplus, 0, 1), (F.logsigmoid, 1, 0), (F.silu, 0, 1), (F.gelu, 0, 1), (F.elu, 0, 1),
        (lambda x: F.gelu(x, approximate="tanh"), 0, 1),
    ],
)  # fmt: skip
def test_far_out_it_is_flat_or_a_straight_line(function, left, right, dtype):
    y, slope = value_and_slope(function, dtype)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(slope[[0, 1, 3, 4]], [left, left, right, right], atol=1e-6)
    np.testing.assert_allclose(y[3:], right * np.array(FAR[3:]), atol=1e-6)


def test_relu_is_flat_at_zero():
    _, slope = value_and_slope(F.relu)
    assert slope.tolist() == [0, 0, 0, 1, 1]


def test_softmax_of_large_logits_is_a_choice(backend):
    x = tg.tensor([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]], device=backend.device)
    assert F.softmax(x, -1).to("cpu").numpy().tolist()[0] == [1, 0, 0]
    np.testing.assert_allclose(F.softmax(x, -1).to("cpu").numpy()[1], [1 / 3] * 3, rtol=1e-6)
    np.testing.assert_allclose(
        F.log_softmax(x, -1).to("cpu").numpy(),
        [[0, -1e4, -2e4], [-math.log(3)] * 3],
        rtol=1e-6,
    )


def test_softmax_does_not_change_when_all_logits_move():
    x = np.random.default_rng(0).standard_normal((3, 4))
    moved = F.softmax(tg.tensor(x + 1000), -1).numpy()
    np.testing.assert_allclose(F.softmax(tg.tensor(x), -1).numpy(), moved, rtol=1e-12)


def test_a_masked_logit_has_no_probability_and_no_gradient():
    x = tg.tensor([0.0, -math.inf, 1.0], requires_grad=True)
    y = F.softmax(x, -1)
    (slope,) = tg.grad(y[0], x)
    assert y.tolist()[1] == slope.tolist()[1] == 0
    assert np.isfinite(slope.numpy()).all()


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_softmax_over_nothing_is_an_error(function):
    with pytest.raises(ValueError, match=r"without elements: shape \(2, 0\)"):
        function(tg.ones(2, 0), -1)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_softmax_over_a_dimension_that_is_not_there_is_an_error(function):
    with pytest.raises(IndexError, match="dim 2 is out of range for a tensor of 2 dimensions"):
        function(tg.ones(2, 3), 2)


def test_gelu_knows_two_forms():
    with pytest.raises(ValueError, match="gelu: approximate must be 'none' or 'tanh', got 'erf'"):
        F.gelu(tg.ones(2), approximate="erf")
