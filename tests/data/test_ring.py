from __future__ import annotations

import numpy as np
import pytest

from tinygen.data import draw_ring


def test_centres_lie_evenly_on_a_circle_of_radius_2():
    centres = draw_ring(1, seed=0).centres.astype(float)

    angles = np.degrees(np.arctan2(centres[:, 1], centres[:, 0])) % 360
    np.testing.assert_allclose(np.hypot(*centres.T), 2, rtol=1e-6)
    np.testing.assert_allclose(angles, np.arange(8) * 45, atol=1e-5)


def test_offsets_are_normal():
    ring = draw_ring(40_000, seed=0)

    offsets = (ring.points.astype(float) - ring.centres[ring.modes]) / ring.deviation

    assert ring.deviation == 0.02
    np.testing.assert_allclose(offsets.mean(axis=0), 0, atol=4 / 200)
    np.testing.assert_allclose(np.cov(offsets.T), np.eye(2), atol=0.03)
    np.testing.assert_allclose((offsets**4).mean(axis=0), 3, atol=0.2)
    beyond_3_sigma = (np.hypot(*offsets.T) > 3).mean()
    assert beyond_3_sigma == pytest.approx(np.exp(-4.5), abs=0.003)


def test_modes_are_equally_likely():
    counts = np.bincount(draw_ring(8000, seed=1).modes, minlength=8)

    assert 850 < counts.min() <= counts.max() < 1150  # 1000 expected, deviation 30


def test_drawing_more_does_not_change_the_first_ones():
    few, many = draw_ring(10, seed=2), draw_ring(50, seed=2)

    np.testing.assert_array_equal(few.points, many.points[:10])
    np.testing.assert_array_equal(few.modes, many.modes[:10])


def test_points_are_in_single_precision():
    ring = draw_ring(5, seed=0)

    assert (ring.points.dtype, ring.points.shape) == (np.float32, (5, 2))
    assert (ring.centres.dtype, ring.modes.dtype) == (np.float32, np.int64)
    assert len(ring) == 5


def test_negative_numbers_are_refused():
    with pytest.raises(ValueError, match="n=-2, seed=0"):
        draw_ring(-2, seed=0)
