"""Penalties: their values and derivatives, and what they have to do with weight decay."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.optim.penalties import l1_penalty, l2_penalty


def parameters():
    values = ([[1.0, -2.0], [3.0, -4.0]], [0.5, -0.5])
    return [tg.tensor(np.array(value), requires_grad=True) for value in values]


def test_l1_sums_absolute_values_and_pulls_by_the_sign():
    params = parameters()

    penalty = l1_penalty(iter(params))
    penalty.backward()

    assert penalty.item() == 11.0
    for param in params:
        np.testing.assert_array_equal(param.grad.numpy(), np.sign(param.detach().numpy()))


def test_l2_sums_squares_and_pulls_in_proportion():
    params = parameters()

    penalty = l2_penalty(iter(params))
    penalty.backward()

    assert penalty.item() == 30.5
    for param in params:
        np.testing.assert_array_equal(param.grad.numpy(), 2 * param.detach().numpy())


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_one_tensor_is_enough_and_float32_stays(penalty):
    param = tg.tensor([1.0, -1.0], requires_grad=True)

    total = penalty(param)

    assert total.shape == ()
    assert total.dtype == np.float32
    assert total.item() == 2.0


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_no_parameters_are_refused(penalty):
    with pytest.raises(ValueError, match="no parameters to penalize"):
        penalty([])


def test_half_the_l2_penalty_is_weight_decay():
    decayed, penalized = parameters(), parameters()
    with_decay = tg.optim.SGD(decayed, lr=0.1, momentum=0.9, weight_decay=0.3)
    with_penalty = tg.optim.SGD(penalized, lr=0.1, momentum=0.9)

    for _ in range(4):
        for params, optimizer, weight in (
            (decayed, with_decay, 0.0),
            (penalized, with_penalty, 0.3),
        ):
            optimizer.zero_grad()
            loss = params[0].sum() * params[1].sum() + weight / 2 * l2_penalty(params)
            loss.backward()
            optimizer.step()

    for one, other in zip(decayed, penalized, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other.detach().numpy(), rtol=1e-12)


def test_l1_brings_a_useless_weight_to_zero_and_l2_does_not():
    reached = {}
    for penalty in (l1_penalty, l2_penalty):
        theta = tg.tensor(np.array([1.0, 1.0]), requires_grad=True)
        optimizer = tg.optim.SGD([theta], lr=0.01)
        for _ in range(200):
            optimizer.zero_grad()
            loss = (theta[0] - 3.0) ** 2 + 0.5 * penalty(theta)
            loss.backward()
            optimizer.step()
        reached[penalty] = theta.detach().numpy()

    assert abs(reached[l1_penalty][1]) < 0.01
    assert reached[l2_penalty][1] == pytest.approx(0.99**200, rel=1e-9)
    assert reached[l1_penalty][0] == pytest.approx(3 - 0.5 / 2, abs=0.05)
