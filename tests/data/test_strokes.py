from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from tinygen.data import strokes

# ---- chance ------------------------------------------------------------------------------------


def test_numbers_are_those_of_numpys_generator():
    expected = np.random.Generator(np.random.PCG64([5, 2])).random((40, 3))

    np.testing.assert_array_equal(strokes.uniform(5, 2, (40, 3)), expected)


def test_streams_and_seeds_differ():
    drawn = [strokes.uniform(seed, stream, (4,)) for seed in range(3) for stream in range(3)]

    assert len(np.unique(drawn)) == 9 * 4


@pytest.mark.parametrize("draw", [strokes.uniform, strokes.random_bytes])
def test_the_first_rows_do_not_depend_on_how_many_there_are(draw):
    np.testing.assert_array_equal(draw(1, 0, (7, 5)), draw(1, 0, (31, 5))[:7])


def test_bytes_are_uniform():
    drawn = strokes.random_bytes(0, 0, (256_000,))

    counts = np.bincount(drawn, minlength=256)
    chi_squared = ((counts - 1000) ** 2 / 1000).sum()  # 255 expected, deviation 22.6
    assert drawn.dtype == np.uint8
    assert 150 < chi_squared < 360


def test_no_numbers_are_drawn_when_none_are_wanted():
    assert strokes.uniform(0, 0, (0, 3)).shape == (0, 3)
    assert strokes.random_bytes(0, 0, (0, 3)).shape == (0, 3)


def test_traits_lie_between_their_bounds():
    chance = np.array([[0.0, 0.5, 0.9], [0.25, 1.0, 0.9]])

    values = strokes.scaled(chance, {"slant": (-1.0, 1.0), "radius": (2.0, 4.0)})

    np.testing.assert_array_equal(values["slant"], [-1, -0.5])
    np.testing.assert_array_equal(values["radius"], [3, 4])


DIGEST = """
import hashlib
from tinygen.data import draw_canvases, draw_glyphs, draw_shapes, draw_strips
images = (draw_glyphs(150, 1)[0], draw_shapes(60, 1)[0], draw_canvases(20, 1).images,
          draw_strips(20, 1).images)
print(hashlib.sha256(b"".join(image.tobytes() for image in images)).hexdigest())
"""


def digest(**environment):
    command = [sys.executable, "-W", "ignore", "-c", DIGEST]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_processor_without_wide_instructions_draws_the_same_pictures():
    core = pytest.importorskip("numpy._core._multiarray_umath")
    wide = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    if not wide:
        pytest.skip("NumPy uses no instructions here that could be switched off")

    assert digest(NPY_DISABLE_CPU_FEATURES=" ".join(wide)) == digest()


# ---- strokes -----------------------------------------------------------------------------------


def test_strokes_that_name_the_same_point_share_it():
    shape = strokes.form("0,0 50,100 / 50,100 100,0")

    assert shape.points == ((0, 0), (0.5, 1), (1, 0))
    assert shape.strokes == ((0, 1), (1, 2))


def test_a_curve_goes_through_its_points_and_a_closed_one_comes_back():
    points = np.random.default_rng(0).random((2, 4, 2))

    curve = strokes.curve(points, (0, 1, 2, 3, 0))

    np.testing.assert_allclose(curve[:, :: strokes.STEPS], points[:, [0, 1, 2, 3, 0]], atol=1e-15)


def test_points_in_a_row_give_a_straight_line():
    points = np.array([[[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]])

    curve = strokes.curve(points, (0, 1, 2, 3))

    np.testing.assert_allclose(curve[..., 1], 2 * curve[..., 0], atol=1e-12)


def test_a_sheet_that_is_not_pulled_bends_nothing():
    traces = np.random.default_rng(0).random((2, 5, 2))

    np.testing.assert_array_equal(strokes.bend(traces, np.zeros((2, 4, 4, 2))), traces)


def test_a_sheet_that_is_pulled_as_a_whole_moves_all_alike():
    traces = np.random.default_rng(0).random((2, 5, 2))
    pull = np.array([0.25, -0.5])

    bent = strokes.bend(traces, np.broadcast_to(pull, (2, 4, 4, 2)))

    np.testing.assert_allclose(bent - traces, np.broadcast_to(pull, (2, 5, 2)), atol=1e-15)


def test_a_corner_of_the_drawing_goes_with_its_knot():
    lattice = np.zeros((1, 4, 4, 2))
    lattice[0, 0, 3] = 0.1, 0.2  # the upper right knot
    corners = np.array([[[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]])

    shift = strokes.bend(corners, lattice) - corners

    np.testing.assert_allclose(shift[0], [[0.1, 0.2], [0, 0], [0, 0]], atol=1e-15)


def test_pieces_lead_from_each_point_to_the_next_of_the_same_curve():
    np.testing.assert_array_equal(strokes.pieces_of([3, 2]), [0, 1, 3])


# ---- ink ---------------------------------------------------------------------------------------


def distance_to_piece(pixel, start, end):
    """The smallest distance to many points along the piece."""
    along = np.linspace(0, 1, 20_001)[:, None]
    return np.linalg.norm(start + along * (end - start) - pixel, axis=1).min()


def test_distances_are_those_to_the_nearest_point_of_a_piece_in_its_radii():
    rng = np.random.default_rng(0)
    starts, ends = rng.uniform(3, 25, (2, 1, 3, 2)).astype(np.float32)
    ends[0, 2] = starts[0, 2]  # a piece without length is a point
    radii = np.array([[1.0, 0.5, 2.0]], np.float32)

    squared = strokes._squared_distance(starts, ends, radii, 28)[0]

    for row, column in rng.integers(0, 28, (25, 2)):
        pixel = np.array([column, row])
        expected = min(
            distance_to_piece(pixel, start, end) / radius
            for start, end, radius in zip(starts[0], ends[0], radii[0], strict=True)
        )
        assert np.sqrt(squared[row, column]) == pytest.approx(expected, abs=4e-3)


@pytest.mark.parametrize("radius", [0.75, 1.0, 1.4])
@pytest.mark.parametrize("position", [13.0, 13.3, 13.5])
def test_a_stroke_has_its_width_in_ink_wherever_it_lies_between_pixels(radius, position):
    start = np.array([[[position, 4.0]]], np.float32)
    end = np.array([[[position, 24.0]]], np.float32)

    ink = strokes.ink(start, end, np.array([[radius]], np.float32), 28)[0]

    assert ink[14].sum() == pytest.approx(2 * radius, abs=1e-5)


def test_a_pen_that_presses_harder_draws_more_broadly():
    starts = np.array([[[10.0, 4.0], [10.0, 14.0]]], np.float32)
    ends = np.array([[[10.0, 13.0], [10.0, 24.0]]], np.float32)

    ink = strokes.ink(starts, ends, np.array([[0.8, 1.6]], np.float32), 28)[0]

    assert ink[8].sum() < 0.7 * ink[19].sum()
