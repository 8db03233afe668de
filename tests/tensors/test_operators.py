"""Operators: numbers and NumPy arrays on either side, in place and not."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygen as tg

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge
]  # fmt: skip
LEFT, RIGHT = np.array([4.0, 2.0, 0.5], np.float32), np.array([2.0, 3.0, 0.5], np.float32)


@pytest.mark.parametrize("apply", ARITHMETIC + COMPARISONS)
@pytest.mark.parametrize("other", [3.0, 2, RIGHT, tg.tensor(RIGHT)], ids=lambda o: type(o).__name__)
def test_a_tensor_meets_numbers_arrays_and_tensors(
    apply: Callable[[Any, Any], Any], other: Any
) -> None:
    plain = other.numpy() if isinstance(other, tg.Tensor) else other
    for result, expected in (
        (apply(tg.tensor(LEFT), other), apply(LEFT, plain)),
        (apply(other, tg.tensor(LEFT)), apply(plain, LEFT)),
    ):
        assert type(result) is tg.Tensor
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("apply", ARITHMETIC)
def test_a_numpy_array_on_the_left_is_a_constant(apply: Callable[[Any, Any], Any]) -> None:
    x = tg.tensor(RIGHT.astype(np.float64), requires_grad=True)
    apply(LEFT.astype(np.float64), x).sum().backward()
    step = 1e-6
    right, left = RIGHT.astype(np.float64), LEFT.astype(np.float64)
    slope = (apply(left, right + step) - apply(left, right - step)) / (2 * step)
    np.testing.assert_allclose(x.grad.numpy(), slope, rtol=1e-6)


def test_matrix_products_from_both_sides() -> None:
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    b = np.arange(12, dtype=np.float32).reshape(3, 4)
    for product in (tg.tensor(a) @ tg.tensor(b), tg.tensor(a) @ b, a @ tg.tensor(b)):
        assert type(product) is tg.Tensor
        np.testing.assert_array_equal(product.numpy(), a @ b)


def test_numpy_scalars_do_not_promote() -> None:
    x = tg.ones(2)
    for result in (x * np.float64(2), np.float64(2) * x, x + np.float64(1), np.float64(1) - x):
        assert type(result) is tg.Tensor
        assert result.dtype == np.float32


def test_integers_divide_to_float32() -> None:
    assert (tg.tensor([1, 2]) / 2).tolist() == [0.5, 1.0]
    assert (tg.tensor([1, 2]) / tg.tensor([2, 4])).dtype == np.float32


def test_integers_stay_integers() -> None:
    x = tg.tensor([1, 2])
    for result in (x + 1, x * 3, x - x, -x, x**2, abs(x)):
        assert result.dtype == np.int64


def test_minus_and_absolute_value() -> None:
    x = tg.tensor([1.0, -2.0])
    assert (-x).tolist() == [-1.0, 2.0]
    assert abs(x).tolist() == [1.0, 2.0]


def test_logic_of_booleans() -> None:
    a, b = tg.tensor([True, True, False]), tg.tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False]
    assert (a | b).tolist() == [True, True, False]
    assert (~a).tolist() == [False, False, True]
    assert (np.array([True, False, True]) & a).tolist() == [True, False, False]


def test_bits_of_integers() -> None:
    a, b = tg.tensor([1, 2, 3]), tg.tensor([2, 2, 2])
    assert (a & b).tolist() == [0, 2, 2]
    assert (a | b).tolist() == [3, 2, 3]
    assert (~a).tolist() == [-2, -3, -4]


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"Add.*\(2,\).*\(3,\)"):
        tg.ones(2) + tg.ones(3)
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 3\)"):
        tg.ones(2, 3) @ tg.ones(2, 3)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError):
        tg.ones(2) + "text"
    with pytest.raises(TypeError):
        tg.ones(2) + None


# ---- in place --------------------------------------------------------------------------------

IN_PLACE: dict[str, tuple[Callable[[tg.Tensor], tg.Tensor], list[float]]] = {
    "add_": (lambda x: x.add_(1.0), [2.0, -1.0]),
    "add_ with alpha": (lambda x: x.add_(tg.tensor([1.0, 2.0]), alpha=10), [11.0, 18.0]),
    "sub_": (lambda x: x.sub_(tg.tensor([1.0, 1.0]), alpha=2), [-1.0, -4.0]),
    "mul_": (lambda x: x.mul_(3), [3.0, -6.0]),
    "div_": (lambda x: x.div_(2), [0.5, -1.0]),
    "clamp_": (lambda x: x.clamp_(min=-1.0), [1.0, -1.0]),
    "copy_": (lambda x: x.copy_(tg.tensor([5.0, 6.0])), [5.0, 6.0]),
    "copy_ broadcast": (lambda x: x.copy_(tg.tensor(5, dtype=np.float64)), [5.0, 5.0]),
    "copy_ of an array": (lambda x: x.copy_(np.array([5.0, 6.0])), [5.0, 6.0]),
    "fill_": (lambda x: x.fill_(7), [7.0, 7.0]),
    "zero_": (lambda x: x.zero_(), [0.0, 0.0]),
}


@pytest.mark.parametrize(("change", "values"), IN_PLACE.values(), ids=IN_PLACE.keys())
def test_methods_in_place_keep_memory_and_dtype(
    change: Callable[[tg.Tensor], tg.Tensor], values: list[float]
) -> None:
    x = tg.tensor([1.0, -2.0])
    array = x.data
    assert change(x) is x
    assert x.data is array
    assert x.dtype == np.float32
    assert x.tolist() == values


def test_copying_from_another_device(cuda: str) -> None:
    here, there = tg.zeros(2), tg.ones(2, device=cuda)
    assert here.copy_(there).tolist() == [1.0, 1.0]
    assert there.copy_(here * 5).tolist() == [5.0, 5.0]


def test_a_float_result_does_not_fit_in_integers() -> None:
    x = tg.tensor([1, 2])
    with pytest.raises((TypeError, RuntimeError), match="int64"):
        x.add_(0.5)
    assert x.tolist() == [1, 2]


def test_a_step_by_hand_changes_the_parameter_itself() -> None:
    """``w -= lr * w.grad`` inside ``no_grad``, as every PyTorch tutorial writes it."""
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    parameter = w
    (w * w).sum().backward()
    with tg.no_grad():
        w -= 0.5 * w.grad
        w *= 2.0
        w += 1.0
        w /= 2.0
    assert w is parameter
    assert w.requires_grad
    assert w.tolist() == [0.5, 0.5]


def test_an_augmented_assignment_in_the_graph_is_recorded() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y += x
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
