"""Clipping of gradients, and parameters as one vector."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.nn import utils


def with_gradients(*gradients, dtype=np.float64):
    """Parameters that have the given gradients."""
    params = []
    for gradient in gradients:
        param = tg.tensor(np.zeros_like(gradient, dtype=dtype), requires_grad=True)
        param.grad = tg.tensor(np.array(gradient, dtype=dtype))
        params.append(param)
    return params


# ---- clipping --------------------------------------------------------------------------------


def test_gradients_are_scaled_together_to_the_norm_allowed():
    params = with_gradients([[3.0, 0.0]], [4.0])

    norm = utils.clip_grad_norm_(params, max_norm=1.0)

    assert norm.item() == 5.0
    np.testing.assert_allclose(params[0].grad.numpy(), [[0.6, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(params[1].grad.numpy(), [0.8], rtol=1e-6)


def test_gradients_within_the_norm_are_left_exactly_alone():
    params = with_gradients([0.3, -0.1], [0.2])

    utils.clip_grad_norm_(iter(params), max_norm=1.0)

    np.testing.assert_array_equal(params[0].grad.numpy(), [0.3, -0.1])
    np.testing.assert_array_equal(params[1].grad.numpy(), [0.2])


@pytest.mark.parametrize("order", [1.0, 2.0, 3.5, float("inf")])
def test_the_norm_is_of_all_gradients_as_one_vector(order):
    rng = np.random.default_rng(3)
    gradients = rng.normal(size=(2, 3)), rng.normal(size=5), rng.normal(size=())
    everything = np.concatenate([gradient.ravel() for gradient in gradients])

    norm = utils.clip_grad_norm_(with_gradients(*gradients), max_norm=1e9, norm_type=order)

    assert norm.item() == pytest.approx(np.linalg.norm(everything, order), rel=1e-12)


def test_clipping_keeps_float32():
    params = with_gradients([3.0, 4.0], dtype=np.float32)

    norm = utils.clip_grad_norm_(params, max_norm=1.0)

    assert norm.dtype == np.float32
    assert norm.shape == ()
    assert params[0].grad.dtype == np.float32


def test_a_gradient_of_zero_is_no_division_by_zero():
    params = with_gradients([0.0, 0.0])

    assert utils.clip_grad_norm_(params, max_norm=1.0).item() == 0.0
    np.testing.assert_array_equal(params[0].grad.numpy(), [0.0, 0.0])


def test_parameters_without_gradient_are_passed_over():
    param = tg.tensor([1.0], requires_grad=True)

    assert utils.clip_grad_norm_([param], max_norm=1.0).item() == 0.0
    utils.clip_grad_value_([param], 1.0)
    assert param.grad is None


def test_a_norm_that_is_not_finite_can_be_refused():
    params = with_gradients([1.0, float("nan")])

    with pytest.raises(RuntimeError, match="norm of order 2.0 of all gradients is nan"):
        utils.clip_grad_norm_(params, max_norm=1.0, error_if_nonfinite=True)
    assert params[0].grad.numpy()[0] == 1.0


def test_values_are_limited_one_by_one():
    (param,) = with_gradients([3.0, -0.2, -7.0])

    utils.clip_grad_value_(param, 0.5)

    np.testing.assert_array_equal(param.grad.numpy(), [0.5, -0.2, -0.5])


def test_leaves_that_share_a_gradient_are_each_scaled_once():
    params = [tg.tensor(np.zeros(1), requires_grad=True) for _ in range(2)]
    (params[0] + params[1]).sum().backward()

    utils.clip_grad_norm_(params, max_norm=1.0)

    for param in params:
        np.testing.assert_allclose(param.grad.numpy(), [0.5**0.5], rtol=1e-5)


@pytest.mark.parametrize("clip", [utils.clip_grad_norm_, utils.clip_grad_value_])
def test_clipping_a_gradient_that_a_graph_needs_is_noticed(clip):
    (param,) = with_gradients([3.0, 4.0])
    param.grad.requires_grad_()
    loss = (param.grad * param.grad).sum()
    clip([param], 1.0)

    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


# ---- parameters as one vector ----------------------------------------------------------------


def some_parameters():
    values = np.arange(6.0).reshape(2, 3), np.array(6.0), np.array([7.0, 8.0])
    return [tg.tensor(value, requires_grad=True) for value in values]


def test_parameters_join_in_order_and_differentiably():
    params = some_parameters()

    vector = utils.parameters_to_vector(iter(params))
    (vector * tg.tensor(np.arange(9.0))).sum().backward()

    np.testing.assert_array_equal(vector.detach().numpy(), np.arange(9.0))
    np.testing.assert_array_equal(params[0].grad.numpy(), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    np.testing.assert_array_equal(params[2].grad.numpy(), [7.0, 8.0])


def test_a_vector_is_written_into_parameters_where_they_are():
    params = some_parameters()
    arrays = [param.data for param in params]

    utils.vector_to_parameters(tg.tensor(-np.arange(9.0)), iter(params))

    np.testing.assert_array_equal(
        utils.parameters_to_vector(params).detach().numpy(), -np.arange(9.0)
    )
    assert all(param.data is array for param, array in zip(params, arrays, strict=True))


def test_writing_between_forward_and_backward_is_noticed():
    params = some_parameters()
    loss = (params[0] * params[0]).sum()
    utils.vector_to_parameters(tg.tensor(np.zeros(9)), params)

    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_a_vector_of_the_wrong_length_is_refused():
    params = some_parameters()

    with pytest.raises(ValueError, match=r"shape \(8,\).*9 elements"):
        utils.vector_to_parameters(tg.tensor(np.zeros(8)), params)
    with pytest.raises(TypeError, match="must be a Tensor, got ndarray"):
        utils.vector_to_parameters(np.zeros(9), params)
    with pytest.raises(ValueError, match="no parameters to join"):
        utils.parameters_to_vector([])
    np.testing.assert_array_equal(params[1].detach().numpy(), 6.0)
