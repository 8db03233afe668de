"""Sums, means and variances at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg


def test_sums_of_integers_and_booleans_are_integers():
    assert str(tg.tensor([1, 2]).sum().dtype) == "int64"
    total = tg.tensor([True, True, False]).sum()
    assert (total.item(), str(total.dtype)) == (2, "int64")


def test_a_sum_over_nothing_is_zero():
    assert tg.ones(0).sum().item() == 0
    assert tg.ones(2, 0).sum(1).tolist() == [0, 0]


@pytest.mark.parametrize("large", [1e4, -1e4])
def test_logsumexp_does_not_overflow(large, backend):
    x = tg.tensor([[large, large]], device=backend.device, requires_grad=True)
    y = tg.logsumexp(x, 1)
    assert y.item() == pytest.approx(large + math.log(2), rel=1e-7)
    (slope,) = tg.grad(y.sum(), x)
    np.testing.assert_allclose(slope.to("cpu").numpy(), [[0.5, 0.5]], rtol=1e-3)  # float32 at 1e4


def test_logsumexp_of_impossible_events_is_impossible(backend):
    with np.errstate(divide="ignore"):
        x = tg.full((1, 2), -math.inf, device=backend.device)
        assert tg.logsumexp(x, 1).item() == -math.inf


@pytest.mark.parametrize("function", [tg.var, tg.std])
def test_the_variance_does_not_lose_digits_to_a_large_mean(function):
    x = np.array([1.0, 2.0, 4.0])
    shifted = tg.tensor(x + 4096, dtype="float32")
    expected = np.var(x, ddof=1) if function is tg.var else np.std(x, ddof=1)
    assert function(shifted).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.ones(2, 3).sum(2), IndexError, "dim 2 is out of range .* 2 dimensions"),
        (lambda: tg.ones(2, 3).sum((0, -2)), ValueError, "names a dimension twice"),
        (lambda: tg.ones(2, 0).mean(1), ValueError, r"mean of no elements: shape \(2, 0\), dim 1"),
        (lambda: tg.ones(0).mean(), ValueError, "mean of no elements"),
        (lambda: tg.ones(1).var(), ValueError, "var: 1 elements are too few for correction=1"),
        (lambda: tg.ones(1).std(), ValueError, "1 elements are too few"),
        (lambda: tg.logsumexp(tg.ones(2, 0), 1), ValueError, r"logsumexp of no elements.*\(2, 0\)"),
        (lambda: tg.ones(2, 3).expand(4, 3), ValueError, r"Expand: .*\(2, 3\)"),
    ],
)
def test_what_cannot_be_reduced_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
