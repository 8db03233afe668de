"""Products and running sums at their edges."""

from __future__ import annotations

import pytest

import tinygen as tg
from tinygen.gradcheck import gradgradcheck


def test_a_product_of_nothing_is_one():
    assert tg.prod(tg.ones(0)).item() == 1
    assert tg.prod(tg.ones(2, 0), 1).tolist() == [1, 1]


def test_a_product_with_zeros_has_its_gradient_where_the_others_are(backend):
    x = tg.tensor([2.0, 0.0, 3.0], device=backend.device, requires_grad=True)
    assert tg.grad(tg.prod(x), x)[0].tolist() == [0, 6, 0]


def test_a_product_with_two_zeros_has_a_second_derivative():
    x = tg.tensor([2.0, 0.0, 0.0, 3.0], dtype="float64", requires_grad=True)
    assert gradgradcheck(tg.prod, x)


def test_running_sums_of_integers_stay_integers():
    assert tg.cumsum(tg.tensor([1, 2, 3]), 0).tolist() == [1, 3, 6]


def test_a_dimension_that_is_not_there():
    with pytest.raises(IndexError, match="dim 1 is out of range"):
        tg.cumsum(tg.ones(3), 1)
    with pytest.raises(IndexError, match="dim 1 is out of range"):
        tg.prod(tg.ones(3), 1)
