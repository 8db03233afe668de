from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygen import metrics
from tinygen.metrics import UndefinedMetricWarning


def naive_average_precision(relevant, present, cutoff):
    """The precision at each right result, added up."""
    total = 0.0
    for rank in range(1, cutoff + 1):
        if relevant[rank - 1]:
            total += sum(relevant[:rank]) / rank
    return total / min(present, cutoff)


def test_precision_at_k_is_the_share_of_right_results():
    ranking = [[0, 2, 1, 3], [3, 0, 2, 1]]  # of the gallery's labels: a b a b, b a b a

    assert metrics.precision_at_k(["a", "b"], ["a", "a", "b", "b"], ranking, k=1) == 1.0
    assert metrics.precision_at_k(["a", "b"], ["a", "a", "b", "b"], ranking, k=2) == 0.5
    assert metrics.precision_at_k(["a", "b"], ["a", "a", "b", "b"], ranking, k=3) == 2 / 3


def test_a_known_average_precision():
    """Right at the ranks 1, 3 and 5, of three."""
    gallery = [1, 0, 1, 0, 1]

    found = metrics.retrieval_map([1], gallery, [[0, 1, 2, 3, 4]])

    assert found == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 3)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_retrieval_map_is_the_mean_average_precision(seed, cutoff):
    rng = np.random.default_rng(seed)
    gallery, queries = np.append(rng.integers(0, 3, 9), [0, 1, 2]), rng.integers(0, 3, 4)
    ranking = np.array([rng.permutation(12) for _ in queries])
    expected = [
        naive_average_precision(
            (gallery[order] == query).tolist(), (gallery == query).sum(), cutoff
        )
        for query, order in zip(queries, ranking, strict=True)
    ]

    found = metrics.retrieval_map(queries, gallery, ranking, cutoff=cutoff)

    assert found == pytest.approx(np.mean(expected))


def test_a_perfect_ranking_scores_one_with_any_cutoff():
    gallery, ranking = [0, 0, 0, 1, 1], [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]]

    for cutoff in range(1, 6):
        assert metrics.retrieval_map([0, 1], gallery, ranking, cutoff=cutoff) == 1.0


def test_without_ties_it_is_the_average_precision_of_the_scores():
    rng = np.random.default_rng(0)
    gallery, scores = rng.integers(0, 2, 30), rng.permutation(30)
    ranking = np.argsort(-scores)[None]

    found = metrics.retrieval_map([1], gallery, ranking)

    assert found == pytest.approx(metrics.average_precision_score(gallery, scores))


def test_right_images_that_a_short_ranking_leaves_out_are_missed():
    assert metrics.retrieval_map([1], [1, 1, 0], [[0, 2]]) == pytest.approx(1 / 2)


def test_queries_without_an_answer_are_left_out():
    with pytest.warns(UndefinedMetricWarning, match="1 of 2 queries"):
        assert metrics.retrieval_map([0, 9], [0, 1], [[0, 1], [0, 1]]) == 1.0
    with pytest.warns(UndefinedMetricWarning, match="1 of 1 queries"):
        assert math.isnan(metrics.retrieval_map([9], [0, 1], [[0, 1]]))


@pytest.mark.parametrize(
    ("ranking", "options", "message"),
    [
        ([[0, 5]], {}, "from 0 to 5, the gallery has 2 images, from 0 to 1$"),
        ([[-1, 0]], {}, "from -1 to 0"),
        ([[0, 0]], {}, "twice"),
        ([[0.5, 0.1]], {}, "numbers of gallery images"),
        ([[0, 1], [1, 0]], {}, "one row for each of the 1 queries"),
        ([[0, 1]], {"cutoff": 3}, "cutoff=3"),
        ([[0, 1]], {"cutoff": 0}, "cutoff=0"),
    ],
)
def test_rankings_that_make_no_sense(ranking, options, message):
    with pytest.raises(ValueError, match=message):
        metrics.retrieval_map([0], [0, 1], ranking, **options)


def test_precision_needs_k_results():
    with pytest.raises(ValueError, match="k=10"):
        metrics.precision_at_k([0], [0, 1], [[0, 1]])
