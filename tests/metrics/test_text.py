from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tinygen import metrics

words = st.text("abc", max_size=7)


def naive_distance(a, b):
    """Every way of editing, by recursion."""

    @cache
    def distance(i, j):
        if i == len(a) or j == len(b):
            return len(a) - i + len(b) - j
        same = distance(i + 1, j + 1) + (a[i] != b[j])
        return min(same, 1 + distance(i + 1, j), 1 + distance(i, j + 1))

    return distance(0, 0)


@given(words, words)
def test_edit_distance_is_the_fewest_edits(a, b):
    assert metrics.edit_distance(a, b) == naive_distance(a, b)


@given(words, words, words)
def test_edit_distance_is_a_distance(a, b, c):
    assert (metrics.edit_distance(a, b) == 0) == (a == b)
    assert metrics.edit_distance(a, b) == metrics.edit_distance(b, a)
    assert metrics.edit_distance(a, c) <= metrics.edit_distance(a, b) + metrics.edit_distance(b, c)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("intention", "execution", 5),
        ([1, 2, 3], (1, 3), 1),
        (np.array([1, 2]), tg.tensor([2, 2, 2]), 2),
    ],
)
def test_known_distances(a, b, distance):
    assert metrics.edit_distance(a, b) == distance


def test_error_rate_counts_each_character_alike():
    assert metrics.character_error_rate("1234", "1235") == 1 / 4
    assert metrics.character_error_rate(["1", "234567890"], ["2", "234567890"]) == 1 / 10
    assert metrics.character_error_rate([[1, 2], [3]], [[1, 2], [4]]) == 1 / 3


def test_more_read_than_there_is_gives_a_rate_above_one():
    assert metrics.character_error_rate("1", "1234") == 3.0


def test_nothing_to_read():
    assert metrics.character_error_rate(["", ""], ["", ""]) == 0.0
    assert metrics.character_error_rate("", "1") == math.inf


@pytest.mark.parametrize(
    ("true", "predicted", "error", "message"),
    [
        ("12", ["12"], TypeError, "both be one string"),
        (["1", "2"], ["1"], ValueError, "2 true and 1 predicted"),
        ([], [], ValueError, "one at least"),
        ([1, 2], [1, 2], TypeError, "a sequence of labels, got 1"),
    ],
)
def test_texts_that_do_not_belong_together(true, predicted, error, message):
    with pytest.raises(error, match=message):
        metrics.character_error_rate(true, predicted)
