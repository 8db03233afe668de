"""The fast convolutions agree with their plain twins, in value, derivatives and memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tinygen as tg
from tinygen import gradcheck, gradgradcheck
from tinygen.autograd.engine import order_of
from tinygen.fast import conv, windows
from tinygen.nn import functional as F

SIZES = st.integers(1, 9)


@pytest.fixture(params=["whole", "in chunks"], autouse=True)
def division(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the work is divided: these small images would all be done at once."""
    if request.param == "in chunks":
        monkeypatch.setattr(windows, "CHUNK_BYTES", 1000)
        monkeypatch.setattr(conv, "CHUNK_BYTES", 1000)
        request.getfixturevalue("three_threads")


def in_memory(array: np.ndarray, order: str) -> np.ndarray:
    """The same values lying otherwise in memory."""
    if order == "C":
        return array.copy(order="C")
    if order == "channels-last":
        return array.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
    if order == "sliced":
        larger = np.zeros([2 * n for n in array.shape], array.dtype)
        larger[::2, ::2, ::2, ::2] = array
        return larger[::2, ::2, ::2, ::2]
    return np.flip(np.flip(array, (1, 3)).copy(), (1, 3))  # negative strides


ORDERS = st.sampled_from(["C", "channels-last", "sliced", "reversed"])


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of conv2d and a gradient for its result."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.sampled_from([(1, 1), (2, 1), (2, 3)]))
    padding = draw(st.one_of(st.just("same"), st.tuples(st.integers(0, 2), st.integers(0, 2))))
    margin = (0, 0) if padding == "same" else padding
    size = [
        max(draw(SIZES), d * (k - 1) + 1 - 2 * p)
        for d, k, p in zip(dilation, kernel, margin, strict=True)
    ]
    batch, inputs, outputs = draw(st.integers(0, 5)), draw(SIZES), draw(SIZES)
    rng = np.random.default_rng(draw(st.integers(0, 100)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))

    def images(*shape: int) -> np.ndarray:
        return in_memory(rng.normal(size=shape).astype(dtype), draw(ORDERS))

    return {
        "x": images(batch, inputs, *size),
        "w": images(outputs, inputs, *kernel),
        "bias": rng.normal(size=outputs).astype(dtype) if draw(st.booleans()) else None,
        "options": {"stride": stride, "padding": padding, "dilation": dilation},
        "orders": [draw(ORDERS), rng],
    }


def value_and_gradients(case: dict[str, Any]) -> list[np.ndarray]:
    arrays = [a for a in (case["x"], case["w"], case["bias"]) if a is not None]
    inputs = [tg.Tensor(array, requires_grad=True) for array in arrays]
    y = F.conv2d(*inputs, **case["options"])
    order, _ = case["orders"]
    seed = in_memory(np.random.default_rng(5).normal(size=y.shape).astype(y.dtype), order)
    return [y.data, *[g.data for g in tg.grad(y, inputs, tg.Tensor(seed))]]


@given(case=convolutions())
def test_value_and_gradients_agree_with_the_plain_twin(case: dict[str, Any]) -> None:
    before = case["x"].copy(), case["w"].copy()
    found = value_and_gradients(case)
    with tg.plain():
        expected = value_and_gradients(case)
    tolerance = 1e-4 if case["x"].dtype == np.float32 else 1e-10
    for result, twin in zip(found, expected, strict=True):
        assert result.dtype == case["x"].dtype
        np.testing.assert_allclose(result, twin, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(case["x"], before[0])
    np.testing.assert_array_equal(case["w"], before[1])


@given(channels=st.integers(1, 6), kernel=st.integers(1, 4), stride=st.integers(1, 3),
       padding=st.integers(0, 1), extra=st.integers(0, 2), dilation=st.integers(1, 2))  # fmt: skip
@example(channels=6, kernel=4, stride=2, padding=1, extra=0, dilation=1)
@example(channels=1, kernel=4, stride=2, padding=1, extra=0, dilation=1)
def test_the_transposed_convolution_agrees_with_its_plain_twin(
    channels: int, kernel: int, stride: int, padding: int, extra: int, dilation: int
) -> None:
    extra, padding = min(extra, stride - 1), min(padding, dilation * (kernel - 1) // 2)
    rng = np.random.default_rng(3)
    x = tg.tensor(rng.normal(size=(4, 3, 5, 4)), requires_grad=True)
    w = tg.tensor(rng.normal(size=(3, channels, kernel, kernel)), requires_grad=True)
    b = tg.tensor(rng.normal(size=channels), requires_grad=True)

    def results() -> list[np.ndarray]:
        y = F.conv_transpose2d(x, w, b, stride, padding, extra, dilation=dilation)
        seed = tg.tensor(np.cos(np.arange(y.data.size)).reshape(y.shape))
        return [y.data, *[g.data for g in tg.grad(y, [x, w, b], seed)]]

    found = results()
    with tg.plain():
        expected = results()
    for result, twin in zip(found, expected, strict=True):
        np.testing.assert_allclose(result, twin, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("stride", [1, 2])
def test_first_and_second_derivatives_are_right(stride: int) -> None:
    rng = np.random.default_rng(0)
    x, w, b = (
        tg.tensor(rng.normal(size=shape), requires_grad=True)
        for shape in ((3, 2, 5, 5), (6, 2, 3, 3), (6,))
    )
    assert gradcheck(lambda x, w, b: F.conv2d(x, w, b, stride, 1), [x, w, b])
    assert gradgradcheck(lambda x, w, b: F.conv2d(x, w, b, stride, 1), [x, w, b])


def test_results_lie_channels_last() -> None:
    x = tg.randn(4, 3, 8, 8, requires_grad=True)
    layer = tg.nn.Conv2d(3, 5, 3, padding=1)
    y = layer(x)
    y.sum().backward()
    assert order_of(y.data) == "channels-last"
    assert order_of(layer.weight.data) == order_of(layer.weight.grad.data) == "channels-last"
    assert x.grad is not None
    assert order_of(x.grad.data) == order_of(x.data) == "C"


def test_two_runs_give_the_same_bits() -> None:
    x = tg.randn(7, 6, 9, 9)
    w = tg.randn(8, 6, 3, 3, requires_grad=True)
    grads = [tg.grad((F.conv2d(x, w, padding=1) ** 2).sum(), w)[0].numpy() for _ in range(5)]
    for other in grads[1:]:
        np.testing.assert_array_equal(grads[0], other)
