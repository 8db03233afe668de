from __future__ import annotations

import numpy as np
import pytest

from tinygen.cli import baselines
from tinygen.cli.baselines import constant_accuracy, independent_pixels, linear_accuracy
from tinygen.data.glyphs import DIGITS, make_glyphs


def test_the_constant_answer_is_chosen_by_what_was_learned_from():
    learned, tested = np.array([2, 2, 2, 0, 1]), np.array([0, 0, 0, 2])

    assert constant_accuracy(learned, tested) == pytest.approx(1 / 4)


def test_the_linear_classifier_solves_the_normal_equations(monkeypatch):
    digits = make_glyphs(300, 100, characters=DIGITS)
    few = np.s_[:, 5:23:2, 5:23:2]
    monkeypatch.setattr(baselines, "AT_ONCE", 64)

    def with_one(images):
        pixels = images.reshape(len(images), -1) / 255
        return np.hstack([pixels, np.ones((len(pixels), 1))])

    # Least squares with a ridge, as least squares of a longer system.
    rows, targets = with_one(digits.train_images[few]), np.eye(10)[digits.train_labels]
    size = rows.shape[1]
    longer = np.vstack([rows, np.sqrt(baselines.RIDGE) * np.eye(size)])
    weights = np.linalg.lstsq(longer, np.vstack([targets, np.zeros((size, 10))]), rcond=None)[0]
    guesses = (with_one(digits.test_images[few]) @ weights).argmax(axis=1)

    accuracy = linear_accuracy(
        digits.train_images[few], digits.train_labels, digits.test_images[few], digits.test_labels
    )
    assert accuracy == pytest.approx((guesses == digits.test_labels).mean(), abs=0.011)


def test_classes_that_lie_apart_are_told_apart():
    labels = np.arange(40) % 2
    images = np.zeros((40, 4, 4), np.uint8)
    images[labels == 1, 1, 2] = 200

    assert linear_accuracy(images, labels, images, labels) == 1


def test_independent_pixels_know_no_more_than_their_shares():
    images = np.zeros((6, 1, 1, 2), np.uint8)
    images[:3, 0, 0, 0] = 255  # white in three of six
    images[:, 0, 0, 1] = 51  # a grey in all of them, as much as a fifth of a white
    bits = np.array([[0, 0], [1, 0], [1, 1], [1, 0]], np.float32).reshape(4, 1, 1, 2)

    shares = (3 + 1) / (6 + 2), (6 / 5 + 1) / (6 + 2)
    expected = -np.log(shares[0]) - (np.log(shares[1]) + 3 * np.log(1 - shares[1])) / 4
    assert independent_pixels(images, bits) == pytest.approx(expected)


def test_a_pixel_that_never_changed_may_change():
    images = np.zeros((9, 1, 2, 2), np.uint8)

    assert np.isfinite(independent_pixels(images, np.ones((1, 1, 2, 2), np.float32)))
