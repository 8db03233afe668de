from __future__ import annotations

import numpy as np
import pytest

from tinygen.data import digits, draw_digits, synthetic_digits


def test_a_seed_means_the_same_pictures():
    first, second = draw_digits(50, seed=3), draw_digits(50, seed=3)

    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_another_seed_means_other_pictures():
    assert not np.array_equal(draw_digits(50, seed=3)[0], draw_digits(50, seed=4)[0])


def test_drawing_more_does_not_change_the_first_ones():
    few, many = draw_digits(20, seed=1), draw_digits(90, seed=1)

    np.testing.assert_array_equal(few[0], many[0][:20])
    np.testing.assert_array_equal(few[1], many[1][:20])


def test_tinygens_own_generators_are_left_alone():
    import tinygen as tg

    before = tg.get_rng_state()
    draw_digits(5, seed=0)

    assert repr(tg.get_rng_state()) == repr(before)


def test_pictures_are_like_mnists():
    images, labels = draw_digits(1000, seed=0)

    assert (images.shape, images.dtype) == ((1000, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((1000,), np.int64)
    assert np.bincount(labels, minlength=10).min() > 60  # 100 expected, 9.5 the deviation
    assert (images == 0).mean() > 0.6
    assert images.max(axis=(1, 2)).min() > 100


def test_digits_stay_on_the_paper():
    images, _ = draw_digits(500, seed=0)
    edges = np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])

    assert (edges > 0).mean() < 0.005


def test_most_pictures_are_nearest_to_the_mean_picture_of_their_label():
    images, labels = draw_digits(2000, seed=0)
    flat = images.reshape(len(images), -1).astype(float)
    means = np.stack([flat[:1000][labels[:1000] == digit].mean(axis=0) for digit in range(10)])

    distances = np.linalg.norm(flat[1000:, None] - means, axis=2)

    assert (distances.argmin(axis=1) == labels[1000:]).mean() > 0.7  # 0.1 by chance


def test_no_digits_are_drawn_when_none_are_wanted():
    images, labels = draw_digits(0, seed=0)

    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


@pytest.mark.parametrize(("n", "seed"), [(-1, 0), (1, -1)])
def test_negative_numbers_are_refused(n, seed):
    with pytest.raises(ValueError, match=f"n={n}, seed={seed}"):
        draw_digits(n, seed)


def test_training_and_test_pictures_do_not_overlap():
    drawn = synthetic_digits(n_train=30, n_test=20, seed=0)

    assert len(drawn.train_images) == len(drawn.train_labels) == 30
    assert len(drawn.test_images) == len(drawn.test_labels) == 20
    together = np.concatenate([drawn.train_images, drawn.test_images]).reshape(50, -1)
    assert len(np.unique(together, axis=0)) == 50
    assert not drawn.is_real


# ---- the pen -----------------------------------------------------------------------------------


def distance_to_piece(pixel, start, end):
    """The smallest distance to many points along the piece."""
    along = np.linspace(0, 1, 20_001)[:, None]
    return np.linalg.norm(start + along * (end - start) - pixel, axis=1).min()


def test_distances_are_those_to_the_nearest_point_of_a_piece():
    rng = np.random.default_rng(0)
    starts, ends = rng.uniform(3, 25, (2, 1, 3, 2)).astype(np.float32)
    ends[0, 2] = starts[0, 2]  # a piece without length is a point

    squared = digits._squared_distance(starts, ends)[0]

    for row, column in rng.integers(0, 28, (25, 2)):
        pixel = np.array([column, row])
        expected = min(
            distance_to_piece(pixel, start, end)
            for start, end in zip(starts[0], ends[0], strict=True)
        )
        assert np.sqrt(squared[row, column]) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("radius", [0.75, 1.0, 1.4])
@pytest.mark.parametrize("position", [13.0, 13.3, 13.5])
def test_a_stroke_has_its_width_in_ink_wherever_it_lies_between_pixels(radius, position):
    start = np.array([[[position, 4.0]]], np.float32)
    end = np.array([[[position, 24.0]]], np.float32)

    ink = digits._draw(start, end, np.array([radius], np.float32))[0]

    assert ink[14].sum() == pytest.approx(2 * radius, abs=1e-5)


def test_a_curve_goes_through_its_points_and_a_closed_one_comes_back():
    points = np.random.default_rng(0).random((2, 4, 2))

    curve = digits._curve(points, (0, 1, 2, 3, 0))

    np.testing.assert_allclose(curve[:, :: digits.STEPS], points[:, [0, 1, 2, 3, 0]], atol=1e-15)


def test_points_in_a_row_give_a_straight_line():
    points = np.array([[[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]])

    curve = digits._curve(points, (0, 1, 2, 3))

    np.testing.assert_allclose(curve[..., 1], 2 * curve[..., 0], atol=1e-12)
