"""Activations in strips of memory agree with the plain ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.test_conv import ORDERS, in_memory
from tinygen import gradcheck, gradgradcheck
from tinygen.autograd.engine import order_of
from tinygen.fast import activation
from tinygen.nn import functional as F

SHAPES = st.one_of(
    st.lists(st.integers(0, 5), max_size=3).map(tuple), st.tuples(*[st.integers(0, 4)] * 4)
)
SLOPES = st.sampled_from([0.0, 0.2, 1.0, 1.5, -0.5])


@pytest.fixture(params=["alone", "shared"], autouse=True)
def small_strips(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Strips so short that these small arrays have many, the last one shorter."""
    if request.param == "shared":
        request.getfixturevalue("three_threads")
    monkeypatch.setattr(activation, "SMALL_ACTIVATION", 0)
    monkeypatch.setattr(activation, "ACTIVATION_STRIP", 7)
    activation._strip_of.cache_clear()
    yield
    activation._strip_of.cache_clear()


def drawn(shape: tuple[int, ...], dtype: str, order: str, seed: int) -> np.ndarray:
    """Small whole numbers, some of them zero; only images lie in any other order than C."""
    values = np.random.default_rng(seed).integers(-3, 4, shape).astype(dtype)
    if len(shape) == 4:
        return in_memory(values, order)
    return values.T if order == "reversed" else values


def value_and_gradient(
    function: Callable[[Any], Any], x: np.ndarray, order: str
) -> tuple[np.ndarray, np.ndarray]:
    leaf = tg.Tensor(x, requires_grad=True)
    y = function(leaf)
    seed = drawn(y.shape if y.ndim == 4 else y.shape[::-1], str(x.dtype), order, 1)
    (slope,) = tg.grad(y, leaf, tg.Tensor(seed.reshape(y.shape)))
    return y.data, slope.data


def assert_as_plain(function: Callable[[Any], Any], x: np.ndarray, order: str) -> None:
    before = x.copy()
    found = value_and_gradient(function, x, order)
    with tg.plain():
        expected = value_and_gradient(function, x, order)
    for result, twin in zip(found, expected, strict=True):
        assert result.dtype == twin.dtype == x.dtype
        np.testing.assert_array_equal(result, twin)
    np.testing.assert_array_equal(x, before)


@given(SHAPES, st.sampled_from(["float32", "float64"]), ORDERS, ORDERS)
def test_relu_agrees_with_its_plain_twin(
    shape: tuple[int, ...], dtype: str, order: str, order_of_grad: str
) -> None:
    assert_as_plain(F.relu, drawn(shape, dtype, order, 0), order_of_grad)


@given(SHAPES, st.sampled_from(["float32", "float64"]), ORDERS, ORDERS, SLOPES)
def test_leaky_relu_agrees_with_its_plain_twin(
    shape: tuple[int, ...], dtype: str, order: str, order_of_grad: str, slope: float
) -> None:
    assert_as_plain(lambda x: F.leaky_relu(x, slope), drawn(shape, dtype, order, 0), order_of_grad)


@pytest.mark.parametrize("function", [F.relu, lambda x: F.leaky_relu(x, 0.2)])
def test_first_and_second_derivatives_are_right(function: Callable[[Any], Any]) -> None:
    x = tg.tensor(np.random.default_rng(0).standard_normal((3, 5)) + 0.1, requires_grad=True)
    assert gradcheck(function, [x])
    assert gradgradcheck(lambda x: function(x) ** 2, [x])


def test_nan_and_infinity_pass() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 1.0] * 4, np.float32)
    for function in (activation.relu, lambda x: activation.leaky_relu(x, 0.5)):
        y = function(x)
        assert np.isnan(y[::4]).all()
        assert (y[1::4] == np.inf).all()
    assert (activation.relu(x)[2::4] == 0).all()


@pytest.mark.parametrize("slope", [0.5, 1.5])
def test_a_nan_counts_as_not_positive_on_the_way_back(slope: float) -> None:
    x = np.array([np.nan, 1.0, -1.0, 0.0], np.float32)
    expected = [slope, 1.0, slope, slope]

    def gradient() -> list[float]:
        leaf = tg.tensor(x, requires_grad=True)
        F.leaky_relu(leaf, slope).sum().backward()
        assert leaf.grad is not None
        return leaf.grad.tolist()

    assert gradient() == expected
    with tg.plain():
        assert gradient() == expected


def test_results_lie_as_their_inputs() -> None:
    for order in ("C", "channels-last"):
        x = drawn((2, 3, 4, 5), "float32", order, 0)
        for y in (
            activation.relu(x),
            activation.relu_backward(x, x),
            activation.leaky_relu(x, 0.1),
        ):
            assert order_of(y) == order


def test_whole_numbers_stay_whole() -> None:
    assert F.relu(tg.tensor([-2, 3])).tolist() == [0, 3]
