"""Batch normalization on lines of pixels agrees with the plain op, and is no less exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.test_conv import ORDERS, in_memory
from tinygen import gradcheck, gradgradcheck
from tinygen.autograd.engine import order_of
from tinygen.fast import norm
from tinygen.nn import functional as F

SHAPES = st.tuples(*[st.integers(1, 5)] * 4).filter(lambda shape: np.prod(shape) > shape[1])
DTYPES = st.sampled_from(["float32", "float64"])
ROUNDING = {"float32": 2e-4, "float64": 1e-11}


@pytest.fixture(params=[1, 20, norm.CHANNEL_LINE], autouse=True)
def length_of_lines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row of pixels, some, or a whole image; the rows shared among threads."""
    if request.param < norm.CHANNEL_LINE:
        request.getfixturevalue("three_threads")
    monkeypatch.setattr(norm, "CHANNEL_LINE", request.param)


def normal(shape: tuple[int, ...], dtype: str, order: str = "C", seed: int = 0) -> np.ndarray:
    return in_memory(np.random.default_rng(seed).normal(2, 3, shape).astype(dtype), order)


def results(x: np.ndarray, scaled: bool, order_of_grad: str) -> list[np.ndarray]:
    """The normalized images, the statistics, and the gradients of all inputs."""
    channels, dtype = x.shape[1], str(x.dtype)
    numbers = [np.linspace(1, 2, channels), np.linspace(-1, 3, channels)] if scaled else []
    inputs = [tg.Tensor(a.astype(dtype), requires_grad=True) for a in numbers]
    inputs.insert(0, tg.Tensor(x, requires_grad=True))
    running = tg.zeros(channels, dtype=dtype), tg.ones(channels, dtype=dtype)
    y = F.batch_norm(inputs[0], *running, *inputs[1:], training=True, eps=1e-2)
    seed = tg.Tensor(normal(x.shape, dtype, order_of_grad, 1))
    return [t.data for t in (y, *running, *tg.grad(y, inputs, seed))]


@given(SHAPES, DTYPES, ORDERS, ORDERS, st.booleans())
def test_values_statistics_and_gradients_agree_with_the_plain_twin(
    shape: tuple[int, ...], dtype: str, order: str, order_of_grad: str, scaled: bool
) -> None:
    x = normal(shape, dtype, order)
    before = x.copy()
    found = results(x, scaled, order_of_grad)
    with tg.plain():
        expected = results(x, scaled, order_of_grad)
    for result, twin in zip(found, expected, strict=True):
        assert result.dtype == twin.dtype == x.dtype
        np.testing.assert_allclose(result, twin, rtol=ROUNDING[dtype], atol=ROUNDING[dtype])
    np.testing.assert_array_equal(x, before)


@given(st.tuples(*[st.integers(0, 4)] * 4), DTYPES, ORDERS)
def test_sums_per_channel_agree_with_the_plain_twin(
    shape: tuple[int, ...], dtype: str, order: str
) -> None:
    x = tg.Tensor(normal(shape, dtype, order))
    for keepdim in (False, True):
        total = x.sum((0, 2, 3), keepdim)
        with tg.plain():
            expected = x.sum((0, 2, 3), keepdim)
        assert total.dtype == expected.dtype
        np.testing.assert_allclose(total.data, expected.data, rtol=1e-5, atol=1e-5)


def test_whole_numbers_are_added_exactly() -> None:
    x = tg.tensor(np.full((2, 3, 4, 4), 2**40))
    assert x.sum((0, 2, 3)).tolist() == [2**45] * 3


def test_first_and_second_derivatives_are_right() -> None:
    rng = np.random.default_rng(0)
    shapes = ((3, 2, 2, 3), (2,), (2,))
    inputs = [tg.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return F.batch_norm(x, None, None, weight, bias, training=True)

    assert gradcheck(function, inputs)
    assert gradgradcheck(lambda *inputs: function(*inputs) ** 2, inputs)


def test_a_mean_far_from_zero_costs_no_more_precision_than_in_the_plain_op() -> None:
    x = (1000 + np.random.default_rng(0).standard_normal((64, 4, 14, 14))).astype(np.float32)
    images = in_memory(x, "channels-last")
    exact = x.astype(np.float64)
    centred = exact - exact.mean((0, 2, 3), keepdims=True)
    expected = centred / np.sqrt((centred**2).mean((0, 2, 3), keepdims=True) + 1e-5)

    def error() -> float:
        y = F.batch_norm(tg.Tensor(images), None, None, training=True).data
        return float(np.abs(y - expected).max())

    found = error()
    with tg.plain():
        assert found <= 2 * error()
    assert found < 1e-3


def test_results_lie_channels_last() -> None:
    x = normal((2, 3, 4, 5), "float32", "channels-last")
    y, mean, one_over_std = norm.standardize(x, 1e-5, None, None)
    assert order_of(y) == order_of(norm.standardize_backward(x, x, mean, one_over_std, None)[0])
    assert order_of(y) == "channels-last"


def test_no_channels_are_no_special_case() -> None:
    x = tg.zeros(2, 0, 3, 3, requires_grad=True)
    y = F.batch_norm(x, None, None, training=True)
    assert tg.grad(y.sum(), x)[0].shape == y.shape == (2, 0, 3, 3)
