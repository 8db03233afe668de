"""The largest and the smallest where there are several, and where there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg


@pytest.mark.parametrize("function", [tg.amax, tg.amin, tg.max, tg.min])
def test_extremes_of_all_share_the_gradient_among_ties(function, backend):
    values = [[2.0, 5.0, 2.0], [5.0, 3.0, 5.0]]
    x = tg.tensor(values, device=backend.device, requires_grad=True)
    y = function(x)
    (slope,) = tg.grad(y, x)
    winners = np.array(values) == y.item()
    np.testing.assert_allclose(slope.to("cpu").numpy(), winners / winners.sum(), rtol=1e-6)


@pytest.mark.parametrize("function", [tg.max, tg.min])
def test_extremes_along_a_dimension_choose_the_first_of_ties(function, backend):
    x = tg.tensor([[1.0, 1.0, 1.0]], device=backend.device, requires_grad=True)
    values, indices = function(x, 1)
    (slope,) = tg.grad(values.sum(), x)
    assert indices.tolist() == [0]
    assert slope.tolist() == [[1, 0, 0]]


def test_results_have_names():
    found = tg.max(tg.tensor([[1.0, 3.0]]), 1)
    assert (found.values.tolist(), found.indices.tolist()) == ([3], [1])


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_keeps_the_order_of_equals(descending, backend):
    x = tg.tensor([1.0, 0.0, 1.0, 0.0], device=backend.device)
    wanted = [0, 2, 1, 3] if descending else [1, 3, 0, 2]
    assert tg.argsort(x, descending=descending).tolist() == wanted


def test_integers_are_sorted_too(backend):
    x = tg.tensor([3, -1, 2], device=backend.device)
    assert tg.sort(x, descending=True)[0].tolist() == [3, 2, -1]
    assert tg.topk(x, 1)[0].tolist() == [3]
    pixels = tg.tensor([3, 0, 200], dtype="uint8", device=backend.device)
    assert tg.sort(pixels, descending=True)[0].tolist() == [200, 3, 0]


def test_nan_counts_as_the_largest(backend):
    x = tg.tensor([1.0, math.nan, 2.0], device=backend.device)
    assert tg.argsort(x).tolist() == [0, 2, 1]
    assert tg.argsort(x, descending=True).tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.amax(tg.ones(2, 0), 1), ValueError, r"max of no elements: shape \(2, 0\)"),
        (lambda: tg.max(tg.ones(0)), ValueError, r"max of no elements: shape \(0,\)"),
        (lambda: tg.argmin(tg.ones(2, 0), 1), ValueError, r"argmin of no elements: shape \(2, 0\)"),
        (lambda: tg.topk(tg.ones(3), 4), ValueError, "topk: k=4, but dimension -1 has 3 elements"),
        (lambda: tg.sort(tg.ones(3), 1), IndexError, "dim 1 is out of range"),
    ],
)
def test_what_is_not_there_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
