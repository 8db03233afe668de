"""Images keep their shape whatever their order in memory, and gradients follow their values."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.autograd.engine import in_order, order_of
from tinygen.backend import layout

SHAPE = (2, 3, 4, 5)


def images() -> np.ndarray:
    return np.arange(120.0).reshape(SHAPE)


def test_channels_last_is_a_view_where_the_images_lie_so() -> None:
    lying_so = in_order(images(), "channels-last")
    pixels = layout.channels_last(lying_so)
    assert pixels.shape == (2, 4, 5, 3)
    assert np.shares_memory(pixels, lying_so)
    assert not np.shares_memory(layout.channels_last(images()), images())
    np.testing.assert_array_equal(layout.as_images(pixels), images())


@pytest.mark.parametrize("order", ["C", "channels-last"])
def test_in_order_changes_the_memory_and_not_the_values(order: str) -> None:
    for start in (images(), in_order(images(), "channels-last"), images()[:, ::-1]):
        moved = in_order(start, order)
        assert order_of(moved) == order
        np.testing.assert_array_equal(moved, start)


def test_what_lies_right_is_not_copied() -> None:
    for order in ("C", "channels-last"):
        lying_so = in_order(images(), order)
        assert in_order(lying_so, order) is lying_so


def test_a_view_with_gaps_has_no_order() -> None:
    assert order_of(images()[:, :, ::2]) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8, np.bool_])
def test_empty_images_begin_at_a_line_of_the_cache(dtype: type) -> None:
    for _ in range(5):
        empty = layout.empty_images(SHAPE, np.dtype(dtype))
        assert empty.shape == SHAPE
        assert empty.dtype == dtype
        assert order_of(empty) == "channels-last"
        assert empty.ctypes.data % 64 == 0
        assert empty.base.nbytes == empty.nbytes + 64


@pytest.mark.parametrize("order", ["C", "channels-last"])
def test_a_gradient_lies_in_memory_as_its_value(order: str) -> None:
    x = tg.Tensor(in_order(images(), order), requires_grad=True)
    other = "channels-last" if order == "C" else "C"
    weights = tg.Tensor(in_order(np.cos(images()), other))
    (x * weights).sum().backward()
    assert x.grad is not None
    assert order_of(x.grad.data) == order
    np.testing.assert_array_equal(x.grad.numpy(), np.cos(images()))
