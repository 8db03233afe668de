"""The error function, which neither NumPy nor CuPy has."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinygen import backend

# Both sides of every seam of the three ranges, and beyond them.
POINTS = np.concatenate([
    np.linspace(-7, 7, 2801),
    [0.46875, np.nextafter(0.46875, 1), np.nextafter(0.46875, 0)],
    [4.0, np.nextafter(4.0, 5), np.nextafter(4.0, 3), 6.0, 1e-300, 1e-8, 26.0, 1e300],
])  # fmt: skip


@pytest.fixture
def expected() -> np.ndarray:
    return np.array([math.erf(x) for x in POINTS])


def test_float64_is_right_to_the_last_bits(expected: np.ndarray, on: backend.Backend) -> None:
    values = on.to_numpy(on.erf(on.asarray(POINTS)))
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, expected, rtol=1e-15, atol=0)


def test_float32_stays_float32(expected: np.ndarray, on: backend.Backend) -> None:
    points = POINTS[np.abs(POINTS) < 30].astype(np.float32)
    values = on.to_numpy(on.erf(on.asarray(points)))
    assert values.dtype == np.float32
    exact = np.array([math.erf(x) for x in points])
    np.testing.assert_allclose(values, exact, rtol=4e-7)


def test_it_is_odd(on: backend.Backend) -> None:
    points = on.asarray(POINTS)
    np.testing.assert_array_equal(on.to_numpy(on.erf(-points)), -on.to_numpy(on.erf(points)))


def test_the_ends_and_what_is_no_number(on: backend.Backend) -> None:
    values = on.to_numpy(on.erf(on.asarray([0.0, math.inf, -math.inf, math.nan])))
    np.testing.assert_array_equal(values, [0.0, 1.0, -1.0, math.nan])


def test_shapes_are_kept(on: backend.Backend) -> None:
    for shape in ((), (0,), (2, 3)):
        assert on.erf(on.xp.ones(shape)).shape == shape
