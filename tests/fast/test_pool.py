"""Pooling on channels-last memory agrees with the plain ops, to the last bit where nothing adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.test_conv import ORDERS, in_memory
from tinygen import gradcheck, gradgradcheck
from tinygen.autograd.engine import order_of
from tinygen.fast import pool
from tinygen.nn import functional as F
from tinygen.ops.conv import Geometry, geometry_of
from tinygen.ops.pool import AvgPool2d, AvgUnpool2d, MaxPool2d, MaxUnpool2d

DTYPES = st.sampled_from(["float32", "float64", "uint8", "int64", "bool"])
REALS = st.sampled_from(["float32", "float64"])
SEEDS = st.integers(0, 2**16)


@pytest.fixture(params=["whole", "in chunks"], autouse=True)
def division(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the work is divided: these small images would all be done at once."""
    if request.param != "whole":
        monkeypatch.setattr(pool, "POOL_CHUNK", 1)
        request.getfixturevalue("three_threads")


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Windows of every kind: leftover rows, gaps, overlaps, borders."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.sampled_from([(1, 1), (2, 1), (1, 3)]))
    half = (kernel[0] // 2, kernel[1] // 2)
    padding = draw(st.sampled_from([(0, 0), half, "same"]))
    margin = (0, 0) if padding == "same" else padding
    height, width = (
        draw(st.integers(max(d * (k - 1) + 1 - 2 * p, 1), 9))
        for d, k, p in zip(dilation, kernel, margin, strict=True)
    )
    return geometry_of("max_pool2d", (height, width), kernel, stride, padding, dilation)


PLANES = st.tuples(st.integers(0, 5), st.integers(1, 5))


def many_equal(seed: int, shape: tuple[int, ...], dtype: str, order: str) -> np.ndarray:
    """Few different pixels, and special ones among them."""
    values = [0.0, 1.0, 2.0] + ([-np.inf, np.inf, np.nan, -1.5] if dtype.startswith("f") else [])
    return in_memory(
        np.random.default_rng(seed).choice(np.array(values).astype(dtype), shape), order
    )


def normal(seed: int, shape: tuple[int, ...], dtype: str, order: str) -> np.ndarray:
    return in_memory(np.random.default_rng(seed).standard_normal(shape).astype(dtype), order)


def assert_as_plain(op: Any, *args: Any, rtol: float = 0) -> None:
    """The op gives what it gives without fast kernels, and leaves its arguments alone."""
    before = [np.copy(arg) for arg in args if isinstance(arg, np.ndarray)]
    with np.errstate(invalid="ignore"):
        found = op.apply(*args)
        with tg.plain():
            expected = op.apply(*args)
    pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
    for result, twin in pairs:
        assert result.dtype == twin.dtype
        np.testing.assert_allclose(result.data, twin.data, rtol=rtol, atol=rtol)
    for arg, copy in zip([a for a in args if isinstance(a, np.ndarray)], before, strict=True):
        np.testing.assert_array_equal(arg, copy)


TWO_BY_TWO = geometry_of("max_pool2d", (4, 6), 2, 2, 0)


@given(geometries(), PLANES, DTYPES, ORDERS, SEEDS)
@example(TWO_BY_TWO, (3, 5), "float32", "channels-last", 0)
def test_the_largest_and_their_taps_are_those_of_the_plain_op(
    geometry: Geometry, planes: tuple[int, int], dtype: str, order: str, seed: int
) -> None:
    assert_as_plain(MaxPool2d, many_equal(seed, (*planes, *geometry.size), dtype, order), geometry)


@given(geometries(), PLANES, REALS, ORDERS, ORDERS, SEEDS)
@example(TWO_BY_TWO, (3, 5), "float32", "channels-last", "channels-last", 0)
def test_values_go_back_to_the_pixels_of_the_plain_op(
    geometry: Geometry, planes: tuple[int, int], dtype: str, order: str, order_of_winners: str,
    seed: int,
) -> None:  # fmt: skip
    x = normal(seed, (*planes, *geometry.size), dtype, "C")
    winner = in_memory(MaxPool2d.apply(x, geometry)[1].data, order_of_winners)
    values = normal(seed + 1, winner.shape, dtype, order)
    assert_as_plain(MaxUnpool2d, values, winner, geometry, rtol=1e-6)


@given(geometries(), PLANES, REALS, ORDERS, SEEDS)
def test_means_and_their_way_back_are_those_of_the_plain_op(
    geometry: Geometry, planes: tuple[int, int], dtype: str, order: str, seed: int
) -> None:
    weights = np.random.default_rng(seed).random(geometry.out).astype(dtype)
    x = normal(seed, (*planes, *geometry.size), dtype, order)
    values = normal(seed + 1, (*planes, *geometry.out), dtype, order)
    assert_as_plain(AvgPool2d, x, weights, geometry, rtol=1e-5)
    assert_as_plain(AvgUnpool2d, values, weights, geometry, rtol=1e-5)


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2])
def test_first_and_second_derivatives_are_right(stride: int, padding: int) -> None:
    different = np.random.default_rng(0).permutation(np.arange(90.0)).reshape(3, 2, 3, 5)
    x = tg.tensor(different, requires_grad=True)
    assert gradcheck(lambda x: F.max_pool2d(x, 2, stride, padding), [x])
    assert gradgradcheck(lambda x: F.max_pool2d(x, 2, stride, padding) ** 2, [x])
    assert gradcheck(lambda x: F.avg_pool2d(x, 2, stride, padding), [x])


def test_a_plain_backward_understands_a_fast_forward_and_the_other_way_round() -> None:
    x = tg.tensor(np.random.default_rng(0).standard_normal((2, 3, 5, 4)), requires_grad=True)
    (fast,) = tg.grad(F.max_pool2d(x, 2).sum(), x)
    y = F.max_pool2d(x, 2).sum()
    with tg.plain():
        (fast_then_plain,) = tg.grad(y, x)
        y = F.max_pool2d(x, 2).sum()
    (plain_then_fast,) = tg.grad(y, x)
    assert fast.tolist() == fast_then_plain.tolist() == plain_then_fast.tolist()


def test_results_lie_channels_last() -> None:
    x = tg.Tensor(in_memory(np.ones((2, 3, 4, 4), np.float32), "channels-last"))
    for y in (F.max_pool2d(x, 2), F.avg_pool2d(x, 2), F.max_pool2d(x, 3, 1, 1)):
        assert order_of(y.data) == "channels-last"


def test_a_window_of_many_taps_has_large_numbers() -> None:
    x = np.arange(17 * 18, dtype=np.float32).reshape(1, 1, 17, 18)
    geometry = geometry_of("max_pool2d", (17, 18), (17, 18), 1, 0)
    best, winner = pool.max_pool2d(x, geometry)
    assert winner.dtype == np.int32
    assert winner.item() == best.item() == 17 * 18 - 1


@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (2, 0, 4, 4)])
def test_no_images_and_no_channels_are_no_special_case(shape: tuple[int, ...]) -> None:
    x = tg.zeros(*shape, requires_grad=True)
    for y in (F.max_pool2d(x, 2), F.avg_pool2d(x, 2)):
        assert y.shape == (*shape[:2], 2, 2)
        assert tg.grad(y.sum(), x)[0].shape == shape
