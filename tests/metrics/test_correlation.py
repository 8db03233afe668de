from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygen as tg
from tinygen import metrics

few = st.lists(st.integers(-3, 3), min_size=3, max_size=8)


def naive_pearson(x, y):
    """The mean product of standard scores, written out."""
    count = len(x)
    means = sum(x) / count, sum(y) / count
    spreads = [
        math.sqrt(sum((one - mean) ** 2 for one in values) / count)
        for values, mean in zip((x, y), means, strict=True)
    ]
    products = [(a - means[0]) * (b - means[1]) for a, b in zip(x, y, strict=True)]
    return sum(products) / count / (spreads[0] * spreads[1])


def naive_ranks(values):
    """How many are less, and half of the others that are equal."""
    return [
        sum(other < one for other in values) + (sum(other == one for other in values) - 1) / 2
        for one in values
    ]


@given(few, st.randoms(use_true_random=False))
def test_both_are_what_their_definitions_say(x, chance):
    y = [value + chance.randint(-2, 2) for value in x]
    assume(len(set(x)) > 1 and len(set(y)) > 1)
    assert metrics.pearson_correlation(x, y) == pytest.approx(naive_pearson(x, y))
    ranks = naive_ranks(x), naive_ranks(y)
    assert metrics.spearman_correlation(x, y) == pytest.approx(naive_pearson(*ranks))


def test_only_the_order_counts_for_spearman():
    x = np.array([0.1, 0.2, 0.3, 0.4])
    assert metrics.spearman_correlation(x, np.exp(20 * x)) == pytest.approx(1)
    assert metrics.spearman_correlation(x, -(x**3)) == pytest.approx(-1)
    assert metrics.pearson_correlation(x, np.exp(20 * x)) < 0.9


def test_without_ties_spearman_is_the_textbook_formula():
    x, y = np.array([3, 1, 4, 2, 5]), np.array([2, 1, 5, 3, 4])
    differences = (x - y).astype(float)
    textbook = 1 - 6 * (differences**2).sum() / (5 * (5**2 - 1))
    assert metrics.spearman_correlation(tg.tensor(x), y) == pytest.approx(textbook)


@pytest.mark.parametrize("metric", [metrics.pearson_correlation, metrics.spearman_correlation])
def test_what_never_changes_goes_with_nothing(metric):
    with pytest.warns(metrics.UndefinedMetricWarning, match="never changes"):
        assert math.isnan(metric([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))


@pytest.mark.parametrize("metric", [metrics.pearson_correlation, metrics.spearman_correlation])
def test_there_is_one_of_each_for_each_sample(metric):
    with pytest.raises(ValueError, match="x has 2, y has 3"):
        metric([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="no samples"):
        metric([], [])
    with pytest.raises(ValueError, match="1 dimension"):
        metric([[1.0, 2.0]], [1.0, 2.0])
