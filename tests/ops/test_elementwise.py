"""Arithmetic and functions of each element: edges that the registry's cases do not reach."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.gradcheck import gradgradcheck


def gradient(function, *values, dtype="float64"):
    """The gradients of a sum at given points."""
    inputs = [tg.tensor(value, dtype=dtype, requires_grad=True) for value in values]
    return [g.numpy() for g in tg.grad(function(*inputs).sum(), inputs)]


def test_equal_operands_of_maximum_and_minimum_share_the_gradient():
    for function in (tg.maximum, tg.minimum):
        to_a, to_b = gradient(function, [1.0, 2.0, 3.0], [1.0, 1.0, 4.0])
        assert to_a[0] == to_b[0] == 0.5
        assert to_a[1] + to_b[1] == to_a[2] + to_b[2] == 1


def test_maximum_follows_the_larger_and_minimum_the_smaller():
    assert [g.tolist() for g in gradient(tg.maximum, [1.0, 5.0], [2.0, 3.0])] == [[0, 1], [1, 0]]
    assert [g.tolist() for g in gradient(tg.minimum, [1.0, 5.0], [2.0, 3.0])] == [[1, 0], [0, 1]]


@pytest.mark.parametrize(("exponent", "slope"), [(0, 0), (1, 1), (2, 0), (3, 0)])
def test_powers_have_a_slope_at_zero(exponent, slope):
    assert gradient(lambda x: x**exponent, [0.0])[0] == [slope]


@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_powers_have_a_second_derivative_at_zero(exponent):
    x = tg.zeros(2, dtype="float64", requires_grad=True)
    assert gradgradcheck(lambda x: x**exponent, x)


def test_zero_to_the_power_of_a_tensor_does_not_move_with_it():
    to_base, to_exponent = gradient(tg.pow, [0.0, 2.0], [2.0, 3.0])
    np.testing.assert_allclose(to_base, [0, 12])
    np.testing.assert_allclose(to_exponent, [0, 8 * math.log(2)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_and_tanh_saturate_without_overflow(dtype, backend):
    x = tg.tensor([-1e4, 0.0, 1e4], dtype=dtype, device=backend.device, requires_grad=True)
    for function, low in ((tg.sigmoid, 0), (tg.tanh, -1)):
        y = function(x)
        np.testing.assert_allclose(y.detach().to("cpu").numpy()[[0, 2]], [low, 1], atol=1e-37)
        (slope,) = tg.grad(y.sum(), x)
        assert slope.to("cpu").numpy()[[0, 2]].tolist() == pytest.approx([0, 0], abs=1e-37)


def test_sigmoid_of_very_negative_logits_keeps_its_relative_accuracy():
    x = np.array([-80.0, -40.0, -20.0])
    y = tg.sigmoid(tg.tensor(x, dtype="float32")).numpy()
    np.testing.assert_allclose(y, [math.exp(v) for v in x], rtol=1e-5)


def test_expm1_and_log1p_are_exact_near_zero():
    x = tg.tensor([1e-12], dtype="float64")
    assert tg.expm1(x).item() == pytest.approx(1e-12, rel=1e-11)
    assert tg.log1p(x).item() == pytest.approx(1e-12, rel=1e-11)


def test_erf_is_odd_and_accurate_everywhere():
    x = np.concatenate([np.linspace(-7, 7, 701), [1e-300, 30.0]])
    exact = [math.erf(v) for v in x]
    np.testing.assert_allclose(tg.erf(tg.tensor(x)).numpy(), exact, rtol=1e-14)


def test_erf_of_nan_is_nan_and_of_infinity_is_one():
    y = tg.erf(tg.tensor([math.nan, math.inf, -math.inf])).tolist()
    assert math.isnan(y[0])
    assert y[1:] == [1, -1]


def test_where_gives_no_gradient_to_what_was_not_chosen():
    to_a, to_b = gradient(
        lambda a, b: tg.where(tg.tensor([True, False]), a, b), [1.0, 2.0], [3.0, 4.0]
    )
    assert (to_a.tolist(), to_b.tolist()) == ([1, 0], [0, 1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("number", [2, 0.5, True])
def test_python_numbers_never_promote(dtype, number, backend):
    x = tg.ones(3, dtype=dtype, device=backend.device)
    for y in (x + number, number - x, x * number, number / x, x**number, tg.maximum(x, number)):
        assert str(y.dtype) == dtype


def test_integers_beside_floats_take_their_dtype(backend):
    x = tg.ones(2, device=backend.device)
    counts = tg.tensor([1, 2], device=backend.device)
    for y in (x + counts, counts - x, x * counts, counts / x, tg.where(counts > 1, x, counts)):
        assert str(y.dtype) == "float32"


def test_integers_divide_to_float32():
    y = tg.tensor([1, 2]) / tg.tensor([2, 2])
    assert str(y.dtype) == "float32"
    assert y.tolist() == [0.5, 1.0]


def test_rounding_sends_halves_to_even():
    assert tg.round(tg.tensor([0.5, 1.5, 2.5, -0.5])).tolist() == [0, 2, 2, 0]


def test_clamp_lets_the_gradient_through_at_its_bounds():
    (slope,) = gradient(lambda x: tg.clamp(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0])
    assert slope.tolist() == [0, 1, 1, 1, 0]


def test_clamp_wants_a_bound():
    with pytest.raises(ValueError, match="clamp: give min, max or both"):
        tg.clamp(tg.ones(2))


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"Add: .*float32 \(2,\).*float32 \(3,\)"):
        tg.ones(2) + tg.ones(3)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sigmoid", "sin", "cos", "erf"])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool"])
def test_functions_of_integers_are_computed_in_float32(name, dtype, backend):
    x = np.array([1, 1, 1], dtype)
    y = getattr(tg, name)(tg.tensor(x, device=backend.device))
    expected = getattr(tg, name)(tg.tensor([1.0, 1.0, 1.0]))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.cpu().numpy(), expected.numpy())
