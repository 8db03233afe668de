from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.tasks.masks import MASKS, check_mask, named_mask


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 28, 28), (3, 32, 32), (1, 7, 10)])
def test_the_lower_half_is_missing_in_pictures_of_any_size(channels, height, width):
    mask = named_mask("lower", (channels, height, width)).numpy()

    assert mask.shape == (height, width)
    assert mask.dtype == bool
    assert not mask[: height // 2].any()
    assert mask[height // 2 :].all()


def test_the_centre_of_mnist_has_14_x_14_pixels():
    mask = named_mask("centre", (1, 28, 28)).numpy()

    assert mask[7:21, 7:21].all()
    assert mask.sum() == 14 * 14


def test_the_centre_of_other_pictures_has_half_their_sides():
    mask = named_mask("centre", (1, 8, 12)).numpy()

    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 5, 3, 8)
    assert mask.sum() == 4 * 6


def test_at_random_half_of_the_pixels_are_missing():
    tg.manual_seed(0)
    mask = named_mask("random", (3, 100, 100)).numpy()

    deviation = np.sqrt(0.25 / mask.size)
    assert abs(mask.mean() - 0.5) < 5 * deviation


def test_a_random_mask_follows_the_seed():
    drawn = []
    for seed in (1, 1, 2):
        tg.manual_seed(seed)
        drawn.append(named_mask("random", (1, 9, 9)).numpy().tolist())

    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("name", MASKS)
def test_masks_are_made_where_they_are_wanted(backend, name):
    mask = named_mask(name, (1, 8, 8), device=backend.device)

    assert mask.device == tg.zeros(1, device=backend.device).device
    check_mask(mask, (1, 8, 8))


def test_a_mask_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"no mask 'center'; did you mean 'centre'\?"):
        named_mask("center", (1, 28, 28))


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (tg.zeros(4, 6), TypeError, "True where a pixel is missing, got float32"),
        (tg.zeros(6, 4, dtype=bool), ValueError, r"the shape \(4, 6\), one for all .* \(6, 4\)"),
        (tg.zeros(1, 4, 6, dtype=bool), ValueError, r"got \(1, 4, 6\)"),
        (tg.zeros(4, 6, dtype=bool), ValueError, "hides nothing"),
        (tg.ones(4, 6, dtype=bool), ValueError, "hides everything"),
    ],
)
def test_what_can_be_no_mask_is_refused(mask, error, message):
    with pytest.raises(error, match=message):
        check_mask(mask, (3, 4, 6))
