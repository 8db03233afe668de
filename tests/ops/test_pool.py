"""Pooling and resizing at their edges, and what does not fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F

X = tg.ones(2, 3, 4, 4)


def test_the_first_of_equal_pixels_gets_the_gradient(backend):
    x = tg.ones(1, 1, 2, 2, device=backend.device, requires_grad=True)
    (slope,) = tg.grad(F.max_pool2d(x, 2).sum(), x)
    assert slope.tolist() == [[[[1, 0], [0, 0]]]]


def test_overlapping_windows_add_their_gradients(backend):
    x = tg.tensor([[[[0.0, 5.0, 1.0]]]], device=backend.device, requires_grad=True)
    (slope,) = tg.grad(F.max_pool2d(x, (1, 2), 1).sum(), x)
    assert slope.tolist() == [[[[0, 2, 0]]]]


def test_the_border_never_wins(backend):
    x = tg.full((1, 1, 2, 2), -7.0, device=backend.device)
    assert set(F.max_pool2d(x, 2, 1, padding=1).flatten().tolist()) == {-7}


def test_pixels_may_be_bytes(backend):
    x = tg.tensor([[[[1, 2], [3, 200]]]], dtype="uint8", device=backend.device)
    assert F.max_pool2d(x, 2, 1, padding=1).flatten().tolist() == [
        1,
        2,
        2,
        3,
        200,
        200,
        3,
        200,
        200,
    ]


def test_a_nan_in_a_window_is_its_largest(backend):
    x = tg.tensor([[[[1.0, math.nan], [3.0, 2.0]]]], device=backend.device)
    assert math.isnan(F.max_pool2d(x, 2).item())


@pytest.mark.parametrize("function", [F.max_pool2d, F.avg_pool2d])
def test_a_window_of_one_changes_nothing(function, backend):
    x = tg.tensor(np.random.default_rng(0).standard_normal((1, 2, 3, 3)), device=backend.device)
    assert function(x, 1).tolist() == x.tolist()


def test_an_average_over_the_whole_image_is_its_mean(backend):
    values = np.random.default_rng(0).standard_normal((2, 3, 4, 4))
    x = tg.tensor(values, device=backend.device)
    for y in (F.avg_pool2d(x, 4), F.adaptive_avg_pool2d(x, 1)):
        np.testing.assert_allclose(y.to("cpu").numpy()[:, :, 0, 0], values.mean((2, 3)), rtol=1e-12)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_resizing_to_the_same_size_changes_nothing(mode):
    x = tg.tensor(np.random.default_rng(0).standard_normal((1, 2, 3, 5)))
    np.testing.assert_allclose(F.interpolate(x, (3, 5), mode=mode).numpy(), x.numpy(), rtol=1e-15)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_aligned_corners_keep_the_corners(mode):
    x = np.random.default_rng(0).standard_normal((1, 1, 3, 4))
    y = F.interpolate(tg.tensor(x), (7, 9), mode=mode, align_corners=True).numpy()
    np.testing.assert_allclose(y[..., ::6, ::8], x[..., ::2, ::3], rtol=1e-14)


def test_a_pixel_spreads_as_the_published_kernel_says():
    """Twice as large, the centres are 1/4, 3/4, 5/4 and 7/4 pixels away: W(x) for a = -3/4."""
    x = np.zeros((1, 1, 1, 9))
    x[..., 4] = 1

    y = F.interpolate(tg.tensor(x), (1, 18), mode="bicubic").numpy()[0, 0, 0]

    near, far, beyond, last = 225 / 256, 67 / 256, -27 / 256, -9 / 256
    np.testing.assert_allclose(y[9:13], [near, far, beyond, last], rtol=1e-14)
    np.testing.assert_allclose(y[8:4:-1], [near, far, beyond, last], rtol=1e-14)
    assert not y[:5].any()
    assert not y[13:].any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.max_pool2d(X[0], 2), r"max_pool2d: .*got \(3, 4, 4\).*unsqueeze"),
        (lambda: F.max_pool2d(X, 5), r"max_pool2d: .*\(5, 5\).*does not fit.*\(4, 4\)"),
        (lambda: F.max_pool2d(X, 2, padding=2), "padding 2 is more than half of the kernel"),
        (lambda: F.avg_pool2d(X, 2, 0), r"avg_pool2d: .*stride \(0, 0\).*positive"),
        (lambda: F.adaptive_avg_pool2d(X, 0), r"adaptive_avg_pool2d: cannot make \(0, 0\)"),
        (lambda: F.adaptive_max_pool2d(X[0], 1), r"adaptive_max_pool2d: .*got \(3, 4, 4\)"),
        (lambda: F.global_avg_pool2d(X[0]), r"global_avg_pool2d: .*got \(3, 4, 4\)"),
        (lambda: F.interpolate(X), "interpolate: give either size or scale_factor"),
        (lambda: F.interpolate(X, 3, 2.0), "interpolate: give either size or scale_factor"),
        (lambda: F.interpolate(X, 3, mode="cubic"), "'bilinear' or 'bicubic', got 'cubic'"),
        (lambda: F.interpolate(X, scale_factor=0.1), r"cannot make \(0, 0\) out of .*\(4, 4\)"),
        (lambda: F.pad(X, (1,)), r"pad: \(1,\) must hold two widths"),
        (lambda: F.pad(X, (-3, -3)), r"pad: \(-3, -3\) cuts more off \(2, 3, 4, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_border_never_wins_not_even_over_minus_infinity():
    x = tg.full((1, 1, 3, 3), -math.inf, requires_grad=True)

    best, places = F.max_pool2d(x, 2, padding=1, return_indices=True)

    assert best.tolist() == [[[[-math.inf] * 2] * 2]]
    assert places.tolist() == [[[[0, 1], [3, 4]]]]  # the first of each window that is inside
