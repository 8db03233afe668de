"""Derivatives of derivatives, against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygen as tg


def leaf(values: Any) -> tg.Tensor:
    return tg.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def derivative(y: tg.Tensor, x: tg.Tensor) -> tg.Tensor:
    return tg.grad(y.sum(), x, create_graph=True)[0]


def test_three_derivatives_of_a_fifth_power() -> None:
    x = leaf([2.0, -1.5])
    first = derivative(x**5, x)
    second = derivative(first, x)
    third = derivative(second, x)
    values = x.detach().numpy()
    np.testing.assert_allclose(first.detach().numpy(), 5 * values**4)
    np.testing.assert_allclose(second.detach().numpy(), 20 * values**3)
    np.testing.assert_allclose(third.detach().numpy(), 60 * values**2)


def test_a_fourth_derivative_of_the_sine_is_the_sine() -> None:
    x = leaf([0.3, 1.1])
    y = x.sin()
    for _ in range(4):
        y = derivative(y, x)
    np.testing.assert_allclose(y.detach().numpy(), np.sin(x.detach().numpy()))


@pytest.mark.parametrize("start", [[0.4, 1.3], 0.7], ids=["a vector", "a scalar"])
@pytest.mark.parametrize(
    ("function", "second"),
    [
        (tg.exp, np.exp),
        (tg.tanh, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
        (tg.sqrt, lambda x: -0.25 * x**-1.5),
        (tg.log, lambda x: -1 / x**2),
    ],
)
def test_functions_that_keep_their_output_or_input_have_second_derivatives(
    function: Callable[[tg.Tensor], tg.Tensor], second: Callable[[Any], Any], start: Any
) -> None:
    x = leaf(start)
    curvature = derivative(derivative(function(x), x), x)
    np.testing.assert_allclose(curvature.detach().numpy(), second(x.detach().numpy()))


def test_mixed_partial_derivatives_agree_in_both_orders() -> None:
    x, y = leaf([1.2]), leaf([0.7])

    def f() -> tg.Tensor:
        return x**2 * y**3 + tg.sin(x * y)

    x_then_y = derivative(derivative(f(), x), y)
    y_then_x = derivative(derivative(f(), y), x)
    product = 1.2 * 0.7
    expected = 2 * 1.2 * 3 * 0.7**2 + np.cos(product) - product * np.sin(product)
    np.testing.assert_allclose(x_then_y.detach().numpy(), [expected])
    np.testing.assert_allclose(y_then_x.detach().numpy(), [expected])


def test_a_hessian_vector_product_of_a_quadratic_form() -> None:
    generator = np.random.default_rng(0)
    matrix, start, direction = (generator.standard_normal(s) for s in ((4, 4), 4, 4))
    x, v = leaf(start), tg.tensor(direction)
    y = 0.5 * tg.dot(x, tg.tensor(matrix) @ x)
    product = tg.grad(tg.dot(derivative(y, x), v), x)[0]
    np.testing.assert_allclose(product.numpy(), 0.5 * (matrix + matrix.T) @ direction)


def test_a_hessian_vector_product_of_log_sum_exp() -> None:
    generator = np.random.default_rng(1)
    start, direction = generator.standard_normal(6), generator.standard_normal(6)
    x = leaf(start)
    product = tg.grad(tg.dot(derivative(tg.logsumexp(x, 0), x), tg.tensor(direction)), x)[0]
    p = np.exp(start) / np.exp(start).sum()
    np.testing.assert_allclose(product.numpy(), (np.diag(p) - np.outer(p, p)) @ direction)


def test_a_gradient_can_be_part_of_a_loss() -> None:
    """A gradient penalty: d/dw of (d(w x^2)/dx)^2 is 8 w x^2."""
    w, x = leaf([1.5]), leaf([2.0])
    slope = derivative(w * x**2, x)
    (slope**2).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), [8 * 1.5 * 2.0**2])


def test_backward_with_create_graph_leaves_a_differentiable_gradient() -> None:
    x = leaf([2.0])
    (x**3).sum().backward(create_graph=True)
    slope = x.grad
    assert slope.requires_grad
    (curvature,) = tg.grad(slope.sum(), x)
    np.testing.assert_allclose(curvature.numpy(), [6 * 2.0])


def test_a_seed_is_differentiated_as_well() -> None:
    x, seed = leaf([2.0]), leaf([5.0])
    (slope,) = tg.grad(x**2, x, seed, create_graph=True)
    (to_seed,) = tg.grad(slope.sum(), seed)
    np.testing.assert_allclose(to_seed.numpy(), [2 * 2.0])


def test_create_graph_keeps_the_graph_for_more_walks() -> None:
    x = leaf([2.0])
    y = (x**3).sum()
    derivative(y, x)
    np.testing.assert_allclose(tg.grad(y, x)[0].numpy(), [12.0])


def test_second_derivatives_pass_through_broadcasting_and_views() -> None:
    row, column = leaf([[1.0, 2.0, 3.0]]), leaf([[0.5], [2.0]])
    table = (row * column).reshape(6) ** 2
    second = derivative(derivative(table, row), column)
    values = np.array([[1.0, 2.0, 3.0]])
    expected = 4 * np.array([[0.5], [2.0]]) * values.sum()
    np.testing.assert_allclose(second.detach().numpy(), expected)
