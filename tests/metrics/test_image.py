from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygen import metrics


def pair_of_images(seed=0, shape=(1, 16, 18)):
    rng = np.random.default_rng(seed)
    return rng.uniform(size=shape), rng.uniform(size=shape)


def naive_ssim(x, y, data_range=1.0):
    """Window by window, from the definition."""
    steps = np.arange(-5, 6)
    weights = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    values = []
    for top in range(x.shape[0] - 10):
        for left in range(x.shape[1] - 10):
            a, b = x[top : top + 11, left : left + 11], y[top : top + 11, left : left + 11]
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a = (weights * (a - mean_a) ** 2).sum()
            var_b = (weights * (b - mean_b) ** 2).sum()
            covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
            values.append(
                (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
                * (2 * covariance + c2) / (var_a + var_b + c2)
            )  # fmt: skip
    return np.mean(values)


# ---- PSNR ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [1.0, 0.1, 0.01])
def test_psnr_of_a_constant_error(error):
    image = np.zeros((3, 8, 8))

    assert metrics.psnr(image, image + error) == pytest.approx(-20 * math.log10(error), abs=1e-9)


def test_psnr_of_equal_images_is_infinite():
    image, _ = pair_of_images()

    assert metrics.psnr(image, image) == math.inf


def test_psnr_of_a_batch_is_the_mean_over_its_images():
    true, test = pair_of_images(shape=(5, 3, 8, 8))
    each = [metrics.psnr(a, b) for a, b in zip(true, test, strict=True)]

    np.testing.assert_allclose(metrics.psnr(true, test, reduction="none"), each)
    assert metrics.psnr(true, test) == pytest.approx(np.mean(each))


def test_psnr_looks_only_where_the_mask_says():
    true = np.zeros((2, 1, 4, 4))
    test, mask = true.copy(), np.zeros((2, 1, 4, 4), bool)
    test[0, 0, 0], test[1, 0, 0] = 0.1, 0.01
    mask[:, :, 0] = True

    np.testing.assert_allclose(
        metrics.psnr(true, test, mask=mask, reduction="none"), [20, 40], rtol=1e-12
    )
    assert metrics.psnr(true, test, mask=mask[0]) == pytest.approx(30)
    assert metrics.psnr(true, test, mask=~mask) == math.inf


@given(st.floats(0.5, 300))
def test_psnr_and_ssim_do_not_depend_on_the_unit(unit):
    true, test = pair_of_images()

    for metric in (metrics.psnr, metrics.ssim):
        scaled = metric(true * unit, test * unit, data_range=unit)
        assert scaled == pytest.approx(metric(true, test), rel=1e-9)


# ---- SSIM ----------------------------------------------------------------------------------------


def test_ssim_is_the_mean_over_windows():
    true, test = pair_of_images()
    test = 0.7 * true + 0.3 * test

    assert metrics.ssim(true, test) == pytest.approx(naive_ssim(true[0], test[0]), rel=1e-10)


def test_ssim_averages_channels_and_images():
    true, test = pair_of_images(shape=(2, 3, 12, 13))
    each = [
        np.mean([naive_ssim(a, b) for a, b in zip(x, y, strict=True)])
        for x, y in zip(true, test, strict=True)
    ]

    np.testing.assert_allclose(metrics.ssim(true, test, reduction="none"), each)
    assert metrics.ssim(true, test) == pytest.approx(np.mean(each))


def test_ssim_of_equal_images_is_one_and_is_symmetric():
    true, test = pair_of_images()

    assert metrics.ssim(true, true) == 1.0
    assert metrics.ssim(true, test) == pytest.approx(metrics.ssim(test, true))
    assert metrics.ssim(np.zeros((12, 12)), np.zeros((12, 12))) == 1.0


def test_ssim_of_flat_images_compares_their_brightness_alone():
    dark, bright = np.full((12, 12), 0.2), np.full((12, 12), 0.8)
    expected = (2 * 0.2 * 0.8 + 1e-4) / (0.2**2 + 0.8**2 + 1e-4)

    assert metrics.ssim(dark, bright) == pytest.approx(expected)


def test_ssim_of_a_negative_is_negative():
    image, _ = pair_of_images()

    assert metrics.ssim(image, 1 - image) < -0.5


def test_ssim_of_many_images_is_that_of_each():
    true, test = pair_of_images(shape=(300, 1, 11, 11))

    each = metrics.ssim(true, test, reduction="none")

    assert each[299] == metrics.ssim(true[299], test[299])


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.ssim])
def test_bytes_need_their_range(metric):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)

    with pytest.raises(ValueError, match="data_range=255"):
        metric(image, image)
    assert metric(image, image // 2, data_range=255) < 40


def test_small_images_need_a_small_window():
    with pytest.raises(ValueError, match="8x20 pixels have no window of 11x11"):
        metrics.ssim(np.zeros((8, 20)), np.zeros((8, 20)))
    assert metrics.ssim(np.zeros((8, 8)), np.zeros((8, 8)), window=7) == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data_range": 0}, "data_range must be positive"),
        ({"reduction": "sum"}, "reduction must be one of"),
        ({"mask": np.zeros((4, 4))}, "mask must be boolean"),
        ({"mask": np.zeros((3, 4), bool)}, "does not broadcast"),
        ({"mask": np.zeros((4, 4), bool)}, "selects no pixel"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        metrics.psnr(np.zeros((4, 4)), np.zeros((4, 4)), **options)


@pytest.mark.parametrize("options", [{"window": 4}, {"sigma": 0}])
def test_windows_that_make_no_sense(options):
    with pytest.raises(ValueError, match="window must be odd and sigma positive"):
        metrics.ssim(np.zeros((12, 12)), np.zeros((12, 12)), **options)


@pytest.mark.parametrize(
    "shapes", [((4, 4), (4, 5)), ((4,), (4,)), ((0, 4), (0, 4)), ((1,) * 5, (1,) * 5)]
)
def test_images_must_have_one_shape(shapes):
    with pytest.raises(ValueError, match="of one shape"):
        metrics.psnr(np.zeros(shapes[0]), np.zeros(shapes[1]))
