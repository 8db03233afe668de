from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, values
from tinygen.models.damage import (
    MASKS,
    add_noise,
    draw_masks,
    edge_map,
    luminance,
    missing,
    shrink,
)


def pictures_on(backend, *shape, dtype=np.float32):
    chance = np.random.default_rng(0)
    return tg.tensor(chance.random(shape).astype(dtype), device=backend.device)


# ---- noise -------------------------------------------------------------------------------------


def test_noise_has_the_standard_deviation_that_was_asked_for(backend):
    grey = tg.full((20, 1, 50, 50), 0.5, device=backend.device)
    tg.manual_seed(0)

    added = values(add_noise(grey, 0.08)) - 0.5

    assert added.std() == pytest.approx(0.08, rel=0.02)
    assert abs(added.mean()) < 5 * 0.08 / math.sqrt(added.size)


def test_each_picture_can_have_noise_of_its_own():
    tg.manual_seed(0)
    sigmas = tg.tensor([0.0, 0.02, 0.1]).reshape(3, 1, 1, 1)

    added = add_noise(tg.full((3, 1, 100, 100), 0.5), sigmas).numpy() - 0.5

    np.testing.assert_allclose(added.std(axis=(1, 2, 3)), [0, 0.02, 0.1], rtol=0.05)


def test_noisy_pictures_stay_within_black_and_white(backend):
    tg.manual_seed(0)
    noisy = add_noise(pictures_on(backend, 2, 3, 20, 20), 1.0)

    assert noisy.dtype == np.float32
    assert noisy.device == backend.device
    assert values(noisy).min() == 0
    assert values(noisy).max() == 1


def test_noise_follows_the_seed():
    drawn = []
    for seed in (1, 1, 2):
        tg.manual_seed(seed)
        drawn.append(add_noise(tg.full((1, 1, 4, 4), 0.5), 0.1).tolist())

    assert drawn[0] == drawn[1] != drawn[2]


def test_noise_of_a_negative_strength_is_refused():
    with pytest.raises(ValueError, match="sigma is a standard deviation, at least 0, got -0.1"):
        add_noise(tg.rand(1, 1, 4, 4), -0.1)


# ---- size --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_small_picture_has_the_means_of_squares(factor, backend):
    pictures = pictures_on(backend, 2, 3, 6, 12)

    small = values(shrink(pictures, factor))

    for n, c, row, column in np.ndindex(2, 3, 6 // factor, 12 // factor):
        square = values(pictures)[n, c, row * factor :, column * factor :][:factor, :factor]
        assert small[n, c, row, column] == pytest.approx(square.mean(), rel=1e-5)


@pytest.mark.parametrize("factor", [0, 4])
def test_squares_must_fill_the_picture(factor):
    with pytest.raises(ValueError, match="do not fill pictures of 6 x 12: pad or cut"):
        shrink(tg.rand(1, 1, 6, 12), factor)


# ---- masks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(28, 28), (32, 32), (7, 10)])
def test_masks_take_away_what_their_names_say(height, width, backend):
    lower, centre, random = (
        values(missing(kind, pictures_on(backend, 2, 3, height, width))) for kind in MASKS
    )

    for row, column in np.ndindex(height, width):
        assert (lower[:, 0, row, column] == (row >= height // 2)).all()
        inside = height // 4 <= row < height - height // 4
        inside = inside and width // 4 <= column < width - width // 4
        assert (centre[:, 0, row, column] == inside).all()
    assert {mask.shape for mask in (lower, centre, random)} == {(2, 1, height, width)}
    assert {mask.dtype for mask in (lower, centre, random)} == {np.dtype(bool)}


def test_at_random_half_is_missing_and_each_picture_misses_another():
    tg.manual_seed(0)
    first, second = missing("random", tg.rand(2, 1, 100, 100)).numpy()

    assert first.mean() == pytest.approx(0.5, abs=0.03)
    assert (first == second).mean() == pytest.approx(0.5, abs=0.03)


def test_each_mask_is_drawn_as_often(backend):
    tg.manual_seed(0)
    pictures = tg.zeros(3000, 1, 8, 8, device=backend.device)
    known = [values(missing(kind, pictures[:1]))[0] for kind in ("lower half", "centre")]

    drawn = values(draw_masks(pictures))

    lower, centre = (np.all(drawn == mask, axis=(1, 2, 3)) for mask in known)
    chance = drawn[~(lower | centre)]
    for count in (lower.sum(), centre.sum(), len(chance)):
        assert abs(count - 1000) < 5 * math.sqrt(3000 * (1 / 3) * (2 / 3))
    assert chance.mean() == pytest.approx(0.5, abs=0.02)


def test_a_mask_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="one of lower half, centre, random, got 'upper'"):
        missing("upper", tg.rand(1, 1, 4, 4))


# ---- grey and edges ----------------------------------------------------------------------------


def test_luminance_is_the_published_sum(backend):
    pictures = pictures_on(backend, 2, 3, 4, 5)

    red, green, blue = values(pictures).transpose(1, 0, 2, 3)

    grey = luminance(pictures)
    expected = 0.299 * red + 0.587 * green + 0.114 * blue
    np.testing.assert_allclose(values(grey)[:, 0], expected, rtol=1e-6)
    assert grey.dtype == np.float32


def test_white_stays_white_and_grey_pictures_stay_as_they_are():
    grey = tg.rand(2, 1, 3, 3)

    assert luminance(grey) is grey
    np.testing.assert_allclose(luminance(tg.ones(1, 3, 2, 2)).numpy(), 1, rtol=1e-6)
    np.testing.assert_allclose(luminance(grey.expand(2, 3, 3, 3)).numpy(), grey.numpy(), rtol=1e-6)


def test_luminance_and_small_pictures_have_gradients():
    pictures = tg.tensor(np.random.default_rng(0).random((2, 3, 4, 4)), requires_grad=True)

    assert gradients_are_right(lambda: luminance(pictures), pictures)
    assert gradients_are_right(lambda: shrink(pictures), pictures)


def test_two_channels_are_no_colours():
    with pytest.raises(ValueError, match="red, green and blue, got 2 channels"):
        luminance(tg.rand(1, 2, 4, 4))


def sobel(picture):
    """The length of Sobel's gradient, pixel by pixel, a quarter of it."""
    padded = np.pad(picture, 1, mode="edge")
    lengths = np.zeros_like(picture)
    for row, column in np.ndindex(*picture.shape):
        window = padded[row : row + 3, column : column + 3]
        down = window[2] @ [1, 2, 1] - window[0] @ [1, 2, 1]
        across = window[:, 2] @ [1, 2, 1] - window[:, 0] @ [1, 2, 1]
        lengths[row, column] = math.hypot(down, across) / 4
    return lengths


@pytest.mark.parametrize("channels", [1, 3])
def test_edges_are_where_the_light_changes_fast(channels, backend):
    bright = pictures_on(backend, 3, channels, 9, 7, dtype=np.float64) < 0.5
    pictures = bright.to(tg.float64)
    grey = values(luminance(pictures))

    edges = edge_map(pictures)

    for picture, found in zip(grey[:, 0], values(edges)[:, 0], strict=True):
        assert np.array_equal(found, sobel(picture) > 0.5)
    assert set(np.unique(values(edges))) == {0.0, 1.0}
    assert edges.device == backend.device


def test_an_even_picture_has_no_edges_not_even_at_its_border():
    assert not edge_map(tg.ones(1, 1, 6, 6)).numpy().any()


def test_a_straight_edge_is_drawn_on_both_sides():
    half = tg.zeros(1, 1, 6, 6)
    half[:, :, :, 3:] = 1.0

    assert edge_map(half).numpy()[0, 0].tolist() == [[0, 0, 1, 1, 0, 0]] * 6
