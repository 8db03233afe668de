"""The baselines of the table of numbers are right, and the table says what was measured."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.numbers.__main__ import _line, _page
from tests.numbers.baselines import mixture_of_bernoullis
from tests.numbers.rows import ROWS
from tinygen.cli.baselines import independent_pixels
from tinygen.cli.likelihoods import binarized
from tinygen.train.recipe import RECIPES


def all_pictures() -> np.ndarray:
    """Every binary picture of 2 x 2, each once."""
    corners = itertools.product([0.0, 1.0], repeat=4)
    return np.array(list(corners), np.float32).reshape(16, 1, 2, 2)


def test_binarization_is_fixed_by_its_seed_and_right_on_average() -> None:
    greys = np.full((20_000, 1, 3), 51, np.uint8)
    first, again, other = (binarized(greys, seed) for seed in (1, 1, 2))
    assert set(np.unique(first)) == {0, 1}
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.mean() == pytest.approx(51 / 255, abs=0.01)


def test_fair_coins_cost_the_logarithm_of_two_a_pixel() -> None:
    pictures = all_pictures()
    assert independent_pixels(255 * pictures, pictures) == pytest.approx(4 * np.log(2))


def test_one_component_is_a_model_of_independent_pixels() -> None:
    chance = np.random.default_rng(0)
    train = (chance.random((3000, 1, 3, 3)) < 0.3).astype(np.float32)
    alone = mixture_of_bernoullis(train, train, 1, 5, 0)
    assert alone == pytest.approx(independent_pixels(255 * train, train), abs=1e-3)


def test_two_components_find_two_kinds_of_pictures() -> None:
    chance = np.random.default_rng(0)
    kinds = np.array([[0.9] * 6 + [0.1] * 6, [0.1] * 6 + [0.9] * 6])
    shares = kinds[chance.integers(0, 2, 4000)]
    pictures = (chance.random(shares.shape) < shares).astype(np.float32).reshape(-1, 1, 3, 4)
    entropy = 12 * -(0.9 * np.log(0.9) + 0.1 * np.log(0.1)) + np.log(2)
    assert mixture_of_bernoullis(pictures, pictures, 2, 30, 0) == pytest.approx(entropy, abs=0.1)


def test_a_line_has_mean_spread_and_worst() -> None:
    results = [{"numbers": {"nll": 90.0, "seconds": 60}}, {"numbers": {"nll": 92.0, "seconds": 30}}]
    line = _line(ROWS["made"], results)
    assert "nll **91.00 ± 1.41 (90.00 to 92.00)**" in line
    assert "| 2 | 1.0 (10) |" in line
    assert "not run yet" in _line(ROWS["made"], [])


def test_the_page_has_every_row() -> None:
    page = _page([])
    assert all(row.title in page for row in ROWS.values())


def test_every_model_has_a_recipe() -> None:
    from tinygen.models import MODELS

    assert list(RECIPES) == list(MODELS)
