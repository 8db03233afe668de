from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.cli import evaluation
from tinygen.cli.evaluation import classify, interval, scores_of
from tinygen.models import create


@pytest.mark.parametrize(("right", "total"), [(0, 10), (7, 10), (10, 10), (9903, 10_000)])
def test_the_bounds_solve_wilsons_equation(right, total):
    share = right / total

    for bound in interval(right, total):
        surprise = (share - bound) ** 2 - evaluation.Z**2 * bound * (1 - bound) / total
        assert surprise == pytest.approx(0, abs=1e-12)
        assert -1e-12 <= bound <= 1 + 1e-12


def test_the_interval_holds_the_true_accuracy_as_often_as_it_says():
    truth, total = 0.97, 500
    drawn = np.random.default_rng(0).binomial(total, truth, 2000)

    held = [low <= truth <= high for low, high in (interval(right, total) for right in drawn)]

    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_the_scores_of_a_small_case():
    labels = np.array([0, 0, 1, 1])
    sure = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])

    scores = scores_of(labels, sure)

    assert (scores.right, scores.total, scores.accuracy) == (3, 4, 0.75)
    assert scores.precision == pytest.approx((2 / 3 + 1) / 2)
    assert scores.recall == pytest.approx((1 + 1 / 2) / 2)
    assert scores.f1 == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert scores.auc == pytest.approx(3 / 4)  # of four pairs one is in the wrong order
    assert scores.log_loss == pytest.approx(-np.log([0.9, 0.6, 0.3, 0.8]).mean())
    assert scores.low < 0.75 < scores.high


@pytest.mark.filterwarnings("error")
def test_a_class_without_examples_counts_for_nothing():
    labels = np.array([0, 0, 2, 2])
    sure = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.2, 0.1, 0.7]])

    scores = scores_of(labels, sure)

    assert (scores.precision, scores.recall, scores.f1, scores.auc) == (1, 1, 1, 1)


def test_of_a_single_class_there_is_no_area():
    scores = scores_of(np.array([1, 1]), np.array([[0.1, 0.9], [0.4, 0.6]]))

    assert math.isnan(scores.auc)
    assert scores.accuracy == 1


def test_probabilities_add_up_to_one_and_all_pictures_get_theirs(backend):
    tg.manual_seed(0)
    model = create("cnn").to(backend.device)
    images = np.random.default_rng(0).integers(0, 256, (503, 28, 28)).astype(np.uint8)

    probabilities = classify(model, images, backend.device)

    assert probabilities.shape == (503, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    alone = classify(model, images[-1:], backend.device)
    np.testing.assert_allclose(probabilities[-1:], alone, rtol=1e-4)
