from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

import tinygen as tg
from tinygen.tasks import filters
from tinygen.tasks.filters import bicubic, gaussian_filter, median_filter


def pictures(*shape, dtype=np.float32):
    return np.random.default_rng(0).random(shape).astype(dtype)


def pixel(picture, row, column):
    """A pixel of a picture that goes on beyond its border."""
    height, width = picture.shape
    return picture[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]


# ---- the median --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_median_is_that_of_the_square_around_the_pixel(size):
    given = pictures(2, 2, 5, 6)

    filtered = median_filter(tg.tensor(given), size).numpy()

    reach = range(-(size // 2), size // 2 + 1)
    for n, c, row, column in np.ndindex(*given.shape):
        square = [pixel(given[n, c], row + down, column + across)
                  for down in reach for across in reach]  # fmt: skip
        assert filtered[n, c, row, column] == statistics.median(square)


def test_single_wrong_pixels_are_gone_and_edges_stay():
    half = np.zeros((1, 1, 8, 8), np.float32)
    half[..., 4:] = 1
    peppered = half.copy()
    peppered[0, 0, [1, 5], [2, 6]] = 1 - peppered[0, 0, [1, 5], [2, 6]]

    assert np.array_equal(median_filter(tg.tensor(peppered), 3).numpy(), half)


@pytest.mark.parametrize("size", [0, 2, -3])
def test_a_square_without_a_middle_is_refused(size):
    with pytest.raises(ValueError, match=f"the size is odd, so that there is a middle, got {size}"):
        median_filter(tg.rand(1, 1, 4, 4), size)


# ---- the Gaussian ------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.3])
def test_a_gaussian_mean_weighs_the_surroundings(sigma):
    """All pixels within five standard deviations at least, in both directions at once."""
    given = pictures(1, 2, 5, 6, dtype=np.float64)

    filtered = gaussian_filter(tg.tensor(given), sigma).numpy()

    reach = range(-8, 9)
    for n, c, row, column in np.ndindex(*given.shape):
        total = weights = 0.0
        for down in reach:
            for across in reach:
                weight = math.exp(-(down**2 + across**2) / (2 * sigma**2))
                total += weight * pixel(given[n, c], row + down, column + across)
                weights += weight
        assert filtered[n, c, row, column] == pytest.approx(total / weights, rel=1e-3)


def test_an_even_picture_stays_as_it_is():
    even = tg.full((1, 3, 5, 5), 0.7)

    np.testing.assert_allclose(gaussian_filter(even, 1.5).numpy(), 0.7, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan])
def test_a_gaussian_of_no_width_is_refused(sigma):
    with pytest.raises(ValueError, match="sigma is positive"):
        gaussian_filter(tg.rand(1, 1, 4, 4), sigma)


# ---- all ---------------------------------------------------------------------------------------


def test_many_pictures_are_filtered_some_at_a_time(monkeypatch):
    given = tg.tensor(pictures(7, 1, 4, 4))
    whole = median_filter(given, 3).numpy()
    monkeypatch.setattr(filters, "AT_ONCE", 3)

    assert np.array_equal(median_filter(given, 3).numpy(), whole)


def test_bicubic_curves_stay_within_the_range():
    half = np.zeros((1, 1, 6, 6), np.float32)
    half[..., 3:] = 1

    large = bicubic(tg.tensor(half)).numpy()

    assert large.shape == (1, 1, 12, 12)
    assert large.min() == 0
    assert large.max() == 1
    np.testing.assert_allclose(large, 1 - large[..., ::-1], atol=1e-6)


def test_pictures_come_back_where_they_were(backend):
    given = tg.tensor(pictures(2, 3, 6, 8), device=backend.device)

    for filtered in (median_filter(given, 3), gaussian_filter(given, 1.0), bicubic(given)):
        assert filtered.device == backend.device
        assert filtered.dtype == np.float32
        assert filtered.shape[:2] == (2, 3)
