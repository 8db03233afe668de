"""Elementwise losses in strips of memory agree with the plain ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.test_conv import ORDERS, in_memory
from tinygen import gradcheck, gradgradcheck
from tinygen.fast import elementwise
from tinygen.nn import functional as F

LAYOUTS = ["C", "reversed", "sliced", "backwards", "broadcast"]
BCE = F.binary_cross_entropy_with_logits


@pytest.fixture(params=["alone", "shared"], autouse=True)
def short_strips(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips so short that these small arrays have many, the last one shorter."""
    if request.param == "shared":
        request.getfixturevalue("three_threads")
    monkeypatch.setattr(elementwise, "LOSS_STRIP", 7)


def laid(values: np.ndarray, layout: str) -> np.ndarray:
    """The values (in part of the layouts, those of the first row only) with unusual strides."""
    if layout == "reversed":
        return values.T.copy().T
    if layout == "sliced":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    if layout == "backwards":
        return values[..., ::-1]
    return np.broadcast_to(values[:1], values.shape) if layout == "broadcast" else values


def loss_and_gradients(x: np.ndarray, target: np.ndarray) -> list[np.ndarray]:
    """The loss of each element, and the gradients of a weighted sum of them."""
    leaves = [tg.Tensor(array, requires_grad=True) for array in (x, target)]
    loss = BCE(*leaves, reduction="none")
    weights = np.random.default_rng(1).standard_normal(x.shape).astype(x.dtype)
    return [loss.data, *(g.data for g in tg.grad(loss, leaves, tg.Tensor(weights)))]


def assert_as_plain(x: np.ndarray, target: np.ndarray) -> None:
    before = x.copy(), target.copy()
    found = loss_and_gradients(x, target)
    with tg.plain():
        expected = loss_and_gradients(x, target)
    rounding = 4 * np.finfo(x.dtype).eps
    for result, twin in zip(found, expected, strict=True):
        assert result.dtype == x.dtype
        np.testing.assert_allclose(result, twin, rtol=rounding, atol=rounding)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(target, before[1])


def drawn(shape: Any, dtype: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    logits = generator.standard_normal(shape) * 5
    return logits.astype(dtype), generator.random(shape).astype(dtype)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=3), st.sampled_from(["float32", "float64"]),
    st.sampled_from(LAYOUTS), st.sampled_from(LAYOUTS), st.integers(0, 99),
)  # fmt: skip
def test_binary_cross_entropy_of_any_strides_is_that_of_the_plain_op(
    shape: list[int], dtype: str, layout: str, target_layout: str, seed: int
) -> None:
    x, target = drawn(shape, dtype, seed)
    assert_as_plain(laid(x, layout), laid(target, target_layout))


@given(ORDERS, ORDERS)
def test_binary_cross_entropy_of_images_keeps_their_order(order: str, target_order: str) -> None:
    x, target = drawn((2, 3, 4, 5), "float32", 0)
    x, target = in_memory(x, order), in_memory(target, target_order)
    assert_as_plain(x, target)
    assert elementwise.bce_with_logits(x, target)[0].strides == np.empty_like(x).strides


def test_binary_cross_entropy_of_one_number() -> None:
    assert_as_plain(np.array(-1.5, np.float32), np.array(0.25, np.float32))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_size_of_logit_has_an_exact_loss_and_slope(dtype: str) -> None:
    x = np.array([-1e30, -1000, -80, -20, 0, 20, 80, 1000, 1e30], dtype)
    wide = x.astype(np.longdouble)
    softplus = np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
    sigmoid = np.exp(np.minimum(wide, 0)) / (1 + np.exp(-np.abs(wide)))
    loss, slope = elementwise.bce_with_logits(x, np.zeros_like(x))
    precision = {"rtol": 4 * np.finfo(dtype).eps, "atol": np.finfo(dtype).tiny}
    np.testing.assert_allclose(loss, softplus.astype(dtype), **precision)
    np.testing.assert_allclose(slope, sigmoid.astype(dtype), **precision)


def test_an_infinite_logit_and_nan_give_what_the_formula_gives() -> None:
    x = np.array([-np.inf, np.nan], np.float32)
    loss, slope = elementwise.bce_with_logits(x, np.array([1, 1], np.float32))
    np.testing.assert_array_equal(loss, [np.inf, np.nan])
    np.testing.assert_array_equal(slope, [-1, np.nan])


def test_a_target_of_another_dtype_takes_the_plain_way() -> None:
    x = tg.Tensor(np.array([0.5, -2.0], np.float32), requires_grad=True)
    BCE(x, tg.tensor([1, 0]), reduction="sum").backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 / (1 + np.exp([-0.5, 2.0])) - [1, 0], rtol=1e-6)


def test_binary_cross_entropy_has_derivatives_of_both_orders() -> None:
    x, target = drawn((3, 4), "float64", 2)
    inputs = [tg.Tensor(array, requires_grad=True) for array in (x, target)]
    gradcheck(BCE, inputs)
    gradgradcheck(BCE, inputs)
