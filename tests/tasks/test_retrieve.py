"""A search ranks as sorting all distances does, and is scored by what the results show."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import create
from tinygen.tasks.features import features_of
from tinygen.tasks.retrieve import METRICS, Gallery, retrieval_scores


def pictures(count, seed, device="cpu"):
    drawn = np.random.default_rng(seed).random((count, 1, 5, 5), np.float32)
    return tg.tensor(drawn, device=device)


def distances_of(metric, queries, gallery):
    """All of them, one pair after the other."""
    one, other = (part.reshape(len(part), -1).astype(np.float64) for part in (queries, gallery))
    if metric == "l2":
        return np.array([[np.linalg.norm(a - b) for b in other] for a in one])
    length = np.linalg.norm
    return np.array([[1 - a @ b / length(a) / length(b) for b in other] for a in one])


@pytest.mark.parametrize("metric", METRICS)
def test_a_search_ranks_as_sorting_all_distances_does(backend, metric):
    gallery, queries = pictures(40, 0, backend.device), pictures(6, 1, backend.device)

    found = Gallery(gallery, metric=metric).search(queries, k=7)

    distances = distances_of(metric, queries.numpy(), gallery.numpy())
    order = np.argsort(distances, axis=1)[:, :7]
    np.testing.assert_array_equal(found.indices, order)
    np.testing.assert_allclose(
        found.distances, np.take_along_axis(distances, order, 1), rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_picture_of_the_gallery_finds_itself_first(metric):
    gallery = pictures(40, 0)
    found = Gallery(gallery, metric=metric).search(gallery[3:9], k=1)
    np.testing.assert_array_equal(found.indices[:, 0], range(3, 9))
    np.testing.assert_allclose(found.distances, 0, atol=1e-12)


def test_by_the_angle_brightness_does_not_matter():
    gallery = pictures(40, 0)
    found = Gallery(gallery, metric="cosine").search(gallery[:5] / 4, k=1)
    np.testing.assert_array_equal(found.indices[:, 0], range(5))


def test_nothing_is_at_right_angles_to_all_but_nothing():
    gallery = tg.cat([pictures(5, 0), tg.zeros(1, 1, 5, 5)])

    found = Gallery(gallery, metric="cosine").search(tg.zeros(1, 1, 5, 5), k=6)

    assert found.indices[0, 0] == 5
    np.testing.assert_allclose(found.distances[0], [0, 1, 1, 1, 1, 1], atol=1e-6)


def test_features_decide_what_is_alike(backend):
    """By one pixel alone, the others count for nothing."""
    gallery, queries = pictures(30, 0, backend.device), pictures(4, 1, backend.device)

    def corner(some):
        return some[:, :, 0, 0]

    found = Gallery(gallery, corner).search(queries, k=1)

    corners = gallery.numpy()[:, 0, 0, 0], queries.numpy()[:, 0, 0, 0]
    expected = np.abs(corners[0] - corners[1][:, None]).argmin(1)
    np.testing.assert_array_equal(found.indices[:, 0], expected)


def test_a_gallery_can_be_searched_by_what_a_model_sees():
    model = create("vae", hidden=[8], latent=2)
    digits = tg.rand(12, 1, 28, 28)
    gallery = Gallery(digits, features_of(model))
    assert len(gallery) == 12
    np.testing.assert_array_equal(gallery.search(digits, 1).indices[:, 0], range(12))


# ---- scores --------------------------------------------------------------------------------------


def shades(labels):
    """Pictures whose brightness says what they show."""
    return tg.tensor(np.array(labels, np.float32).reshape(-1, 1, 1, 1) / 10)


def test_perfect_features_score_one():
    labels = np.repeat([1, 4, 9], 20)
    gallery = Gallery(shades(labels), labels=labels)
    assert retrieval_scores(gallery, shades([4, 9]), [4, 9], cutoff=20) == (1.0, 1.0)


def test_scores_count_what_is_right_among_the_first():
    """By brightness the results are 1, 2, 2, 1, 2: the first and the fourth are right."""
    gallery = Gallery(shades([5, 0, 4, 5.5, 6.5]), labels=[1, 2, 2, 2, 1])

    precision, area = retrieval_scores(gallery, shades([5]), [1], k=3)

    assert precision == pytest.approx(1 / 3)
    assert area == pytest.approx((1 / 1 + 2 / 4) / 2)


def test_features_that_know_nothing_score_as_chance():
    chance = np.random.default_rng(0)
    labels, wanted = chance.integers(0, 4, 800), chance.integers(0, 4, 200)
    gallery = Gallery(pictures(800, 0), labels=labels)
    precision, _ = retrieval_scores(gallery, pictures(200, 1), wanted)
    assert precision == pytest.approx(1 / 4, abs=0.04)


# ---- what cannot be ------------------------------------------------------------------------------


def test_a_gallery_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="one of l2, cosine, got 'l1'"):
        Gallery(pictures(3, 0), metric="l1")
    with pytest.raises(ValueError, match="needs a picture"):
        Gallery(tg.zeros(0, 1, 5, 5))
    with pytest.raises(ValueError, match="3 pictures needs as many labels, got 2"):
        Gallery(pictures(3, 0), labels=[0, 1])


def test_a_search_that_makes_no_sense_is_refused():
    gallery = Gallery(pictures(3, 0))
    with pytest.raises(ValueError, match="has 3 pictures: k is from 1 on, got 4"):
        gallery.search(pictures(1, 1), 4)
    with pytest.raises(ValueError, match="convert one to the other"):
        gallery.search(tg.rand(1, 1, 6, 6), 1)
    with pytest.raises(ValueError, match="with labels"):
        retrieval_scores(gallery, pictures(1, 1), [0])
