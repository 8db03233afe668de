"""Attributes of drawn pictures whose values are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.cli.tasks.edit import ATTRIBUTES as OFFERED
from tinygen.data import draw_glyphs
from tinygen.data.strokes import ink as draw_ink
from tinygen.tasks.attributes import ATTRIBUTES, height, ink, measured, slant, thickness, width

SIZE = 40
MIDDLE = (SIZE - 1) / 2


def bar(rows, columns):
    """A white rectangle of so many pixels."""
    picture = np.zeros((1, 1, SIZE, SIZE))
    picture[0, 0, 6 : 6 + rows, 9 : 9 + columns] = 1
    return picture


def strokes(*lines, radius):
    """Straight lines from point to point (right, down), by a round pen."""
    starts, ends = (np.array([[line[end] for line in lines]], np.float32) for end in (0, 1))
    radii = np.full(starts.shape[:2], radius, np.float32)
    return draw_ink(starts, ends, radii, SIZE)[:, None].astype(float)


def line(angle, length, radius):
    """One line through the middle, at an angle to the right of upright."""
    half = 0.5 * length * np.array([math.sin(angle), -math.cos(angle)])
    return strokes((MIDDLE + half, MIDDLE - half), radius=radius)


def ring(inner, outer):
    """A closed line, its edges soft over a pixel."""
    down, right = np.indices((SIZE, SIZE)) - MIDDLE
    distance = np.hypot(down, right)
    shades = (outer - distance + 0.5).clip(0, 1) - (inner - distance + 0.5).clip(0, 1)
    return shades[None, None]


def sheared(picture, amount):
    """Rows shifted to the right, the more the higher they are."""
    columns = np.arange(SIZE, dtype=float)
    rows = [
        np.interp(columns - amount * (MIDDLE - number), columns, row, 0, 0)
        for number, row in enumerate(picture[0, 0])
    ]
    return np.stack(rows)[None, None]


# ---- ink ---------------------------------------------------------------------------------------


def test_ink_is_the_share_of_white():
    np.testing.assert_allclose(ink(bar(8, 5)), 40 / SIZE**2)
    np.testing.assert_allclose(ink(0.5 * bar(8, 5)), 20 / SIZE**2)


# ---- thickness ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "columns"), [(20, 2), (3, 24), (30, 1), (7, 7)])
def test_a_bar_is_as_thick_as_area_over_half_the_perimeter(rows, columns):
    corners = 4 * (1 - math.sqrt(0.5))  # of the perimeter, which the gradient cuts
    wanted = 2 * rows * columns / (2 * (rows + columns) - corners)
    np.testing.assert_allclose(thickness(bar(rows, columns)), wanted, rtol=1e-12)


@pytest.mark.parametrize("radius", [1.0, 1.5, 2.5])
@pytest.mark.parametrize("degrees", [0, 20, 45, 70, 90])
def test_a_line_is_as_thick_as_its_pen_at_any_angle(radius, degrees):
    length, width = 24, 2 * radius
    area, perimeter = width * length + math.pi * radius**2, 2 * length + math.pi * width
    measured_ = thickness(line(math.radians(degrees), length, radius))
    np.testing.assert_allclose(measured_, 2 * area / perimeter, rtol=0.1)


@pytest.mark.parametrize(("inner", "outer"), [(8, 10), (8, 11), (11, 15), (4, 12)])
def test_a_closed_line_has_exactly_its_width(inner, outer):
    np.testing.assert_allclose(thickness(ring(inner, outer)), outer - inner, rtol=0.02)


def test_faint_ink_is_as_thick_as_strong_ink():
    picture = ring(8, 11)
    np.testing.assert_allclose(thickness(0.3 * picture), thickness(picture))


def test_the_border_of_the_picture_is_an_edge_too():
    picture = np.zeros((2, 1, SIZE, SIZE))
    picture[0, 0, :, :3], picture[1, 0, :, 9:12] = 1, 1
    np.testing.assert_allclose(*thickness(picture))


def test_written_digits_get_thicker_with_the_pen():
    from tinygen.data.glyphs import CHANCES, TRAITS, write

    chance = np.random.default_rng(0).random((12, CHANCES))
    labels, grain = np.arange(12) % 10, np.zeros((12, 28, 28), np.uint8)
    steady = {"first": (1.0, 1.0), "last": (1.0, 1.0)}
    by_pen = [
        thickness(
            write("0123456789", labels, chance, grain, {**TRAITS, **steady, "radius": (r, r)})[
                :, None
            ]
            / 255
        )
        for r in (0.8, 1.1, 1.4)
    ]
    assert (np.diff(by_pen, axis=0) > 0).all()
    np.testing.assert_allclose(np.mean(by_pen, axis=1), [1.6, 2.2, 2.8], rtol=0.15)


# ---- slant -------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [-40, -15, 0, 25, 50])
def test_a_line_slants_by_the_tangent_of_its_angle(degrees):
    angle = math.radians(degrees)
    picture = line(angle, 26, 0.8)
    # The pen's width adds a little to the variance downwards, and none to the covariance.
    np.testing.assert_allclose(slant(picture), math.tan(angle), atol=0.03 + 0.02 * abs(angle))


@pytest.mark.parametrize("amount", [-0.4, 0.2, 0.5])
def test_shearing_adds_to_the_slant(amount):
    picture = strokes(((12, 8), (24, 14)), ((24, 14), (18, 30)), radius=1.5)
    np.testing.assert_allclose(slant(sheared(picture, amount)), slant(picture) + amount, atol=2e-3)


def test_a_mirror_turns_the_slant_around():
    images, _ = draw_glyphs(20, seed=0)
    pictures = images[:, None] / 255
    np.testing.assert_allclose(slant(pictures[..., ::-1]), -slant(pictures), atol=1e-12)


# ---- width and height --------------------------------------------------------------------------


def test_a_bar_is_as_wide_and_as_high_as_it_was_drawn():
    pictures = np.concatenate([bar(8, 5), bar(3, 20)])
    np.testing.assert_array_equal(width(pictures), [5, 20])
    np.testing.assert_array_equal(height(pictures), [8, 3])


def test_half_a_column_of_ink_counts_as_a_half():
    picture = bar(8, 5)
    picture[..., 14] = picture[..., 13] / 2
    np.testing.assert_array_equal(width(picture), [5.5])
    np.testing.assert_array_equal(width(picture / 4), [5.5])
    np.testing.assert_array_equal(height(picture), [8])


def test_columns_without_ink_inside_do_not_count():
    picture = bar(8, 5)
    picture[..., 11] = 0
    np.testing.assert_array_equal(width(picture), [4])


# ---- all of them -------------------------------------------------------------------------------


def test_all_are_measured_by_their_names():
    pictures = np.concatenate([ring(8, 11), bar(8, 5)])
    found = measured(pictures)
    assert tuple(found) == tuple(ATTRIBUTES) == OFFERED
    for name, values in found.items():
        np.testing.assert_array_equal(values, ATTRIBUTES[name](pictures))
        assert values.shape == (2,)
        assert values.dtype == np.float64


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_the_place_does_not_matter(name):
    picture = strokes(((12, 8), (24, 14)), ((24, 14), (18, 30)), radius=1.5)
    moved = np.roll(picture, (3, -4), (2, 3))
    np.testing.assert_allclose(ATTRIBUTES[name](moved), ATTRIBUTES[name](picture))


def test_of_colours_the_mean_is_measured():
    grey = ring(8, 11)
    colours = np.concatenate([grey * share for share in (0.3, 0.6, 0.9)], 1)
    for name, values in measured(colours).items():
        np.testing.assert_allclose(values, ATTRIBUTES[name](0.6 * grey), atol=1e-12)


def test_nothing_is_neither_thick_nor_slanted():
    found = measured(np.zeros((2, 1, 8, 8)))
    for name in ("ink", "width", "height"):
        np.testing.assert_array_equal(found[name], 0)
    assert np.isnan(found["thickness"]).all()
    assert np.isnan(found["slant"]).all()
    one_row = np.zeros((1, 1, 8, 8))
    one_row[0, 0, 3, 2:6] = 1
    assert np.isnan(slant(one_row)).all()


def test_tensors_on_any_device_are_measured(backend):
    pictures = ring(8, 11).astype(np.float32)
    on_device = measured(tg.tensor(pictures, device=backend.device))
    for name, values in measured(pictures).items():
        np.testing.assert_array_equal(on_device[name], values)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28)])
def test_one_picture_needs_a_batch(shape):
    with pytest.raises(ValueError, match=r"\(N, C, H, W\), got .*unsqueeze"):
        measured(np.zeros(shape))
