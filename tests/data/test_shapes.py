from __future__ import annotations

import numpy as np
import pytest

from tinygen.data import SHAPES, draw_shapes, make_shapes, shapes


def test_a_seed_means_the_same_pictures_whatever_their_number():
    few, many = draw_shapes(20, seed=1), draw_shapes(200, seed=1)

    np.testing.assert_array_equal(few[0], many[0][:20])
    np.testing.assert_array_equal(few[1], many[1][:20])
    assert not np.array_equal(few[0], draw_shapes(20, seed=2)[0])


def test_pictures_are_in_colour_and_each_shape_is_equally_likely():
    images, labels = draw_shapes(1600, seed=0)

    assert (images.shape, images.dtype) == ((1600, 3, 32, 32), np.uint8)
    assert labels.dtype == np.int64
    counts = np.bincount(labels, minlength=len(SHAPES))
    assert len(counts) == 8
    assert 130 < counts.min() <= counts.max() < 270  # 200 expected, deviation 13


def test_the_colours_of_a_shape_say_nothing_about_it():
    images, labels = draw_shapes(4000, seed=0)
    grounds = images[:, :, 0, 0].astype(float)  # the upper left pixel

    means = np.stack([grounds[labels == label].mean(axis=0) for label in range(8)])

    assert np.ptp(means, axis=0).max() < 20  # of 255; deviation of a mean 2.5


def test_a_shape_stands_out_from_its_ground():
    traits = {
        "light": np.linspace(0.1, 0.9, 50)[:, None],
        "contrast": np.linspace(0, 0.999, 50)[None],
    }

    other = shapes._other_light(traits)

    assert np.abs(other - traits["light"]).min() >= shapes.LEAST_CONTRAST - 1e-12
    assert 0.1 - 1e-12 <= other.min() <= other.max() <= 0.9 + 1e-12


@pytest.mark.parametrize(
    ("hue", "expected"), [(0, (1, 0, 0)), (1, (1, 1, 0)), (2, (0, 1, 0)), (4, (0, 0, 1))]
)
def test_hues_are_those_of_the_colour_wheel(hue, expected):
    light = np.dot([0.3, 0.59, 0.11], expected)

    colour = shapes._colour(np.array([float(hue)]), np.array([1.0]), np.array([light]))

    np.testing.assert_allclose(colour[0], expected, atol=1e-12)


# ---- form --------------------------------------------------------------------------------------


def plain_traits(**others):
    """Of a shape in the middle that is not turned or stretched."""
    traits = {"radius": 10.0, "stretch": 1.0, "turn": 0.0, "flip": 1.0, "right": 0.0, "down": 0.0}
    return {name: np.array([value], np.float32) for name, value in {**traits, **others}.items()}


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ("circle", np.pi * 0.9**2),
        ("ring", np.pi * (0.95**2 - 0.55**2)),
        ("square", 1.4**2),
        ("triangle", 0.87 * 1.5),
        ("cross", 4 * (2 * 0.94 * 0.28) - (2 * 0.28) ** 2),
    ],
)
def test_shapes_have_their_area(shape, area):
    cover = shapes._cover(shape, plain_traits())

    assert cover.sum() == pytest.approx(100 * area, rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_turning_moving_and_flipping_keep_the_area(shape):
    cover = shapes._cover(shape, plain_traits())
    moved = shapes._cover(shape, plain_traits(turn=0.4, right=0.7, down=-0.6, flip=-1.0))

    assert moved.sum() == pytest.approx(cover.sum(), rel=0.03)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("corner", [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)])
def test_the_largest_shape_stays_in_the_picture(shape, corner):
    right, down = corner
    traits = plain_traits(radius=13.0, stretch=1.15, turn=0.3, right=right, down=down)

    cover = shapes._cover(shape, traits)[0]

    assert cover[[0, -1]].max() == 0
    assert cover[:, [0, -1]].max() == 0


def test_distances_from_a_polygon_are_those_from_its_edges():
    corners = np.array([[0, 0], [4, 0], [4, 2], [0, 2]], np.float32)
    x, y = np.array([2.0, 2.0, 7.0, 1.0, -3.0]), np.array([1.0, 3.0, 6.0, 0.75, -4.0])

    distance = shapes._from_polygon(x, y, corners)

    np.testing.assert_allclose(distance, [-1, 1, 5, -0.75, 5], rtol=1e-6)


def test_a_notch_is_outside():
    star = shapes.POLYGONS["star"]
    x, y = np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.6, -0.6])

    assert list(shapes._from_polygon(x, y, star) < 0) == [True, False, True]


# ---- the set -----------------------------------------------------------------------------------


def test_the_set_has_names_for_its_labels():
    drawn = make_shapes(n_train=40, n_test=10, seed=0)

    assert drawn.classes == SHAPES
    assert drawn.picture_shape == (3, 32, 32)
    assert (len(drawn.train_images), len(drawn.test_images)) == (40, 10)
    together = np.concatenate([drawn.train_images, drawn.test_images]).reshape(50, -1)
    assert len(np.unique(together, axis=0)) == 50
    assert not drawn.is_real


@pytest.mark.parametrize(("n", "seed"), [(-1, 0), (1, -1)])
def test_negative_numbers_are_refused(n, seed):
    with pytest.raises(ValueError, match=f"n={n}, seed={seed}"):
        draw_shapes(n, seed)
