"""How near one image is to another. Images are (H, W), (C, H, W) or (N, C, H, W)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.metrics.checks import as_host, numbers_of, one_of

__all__ = ["psnr", "ssim"]

CHUNK = 256
"""How many images SSIM blurs at once: a bound on its memory."""


def psnr(
    images_true: Any,
    images_test: Any,
    *,
    data_range: float = 1.0,
    mask: Any = None,
    reduction: str = "mean",
) -> Any:
    """The peak signal-to-noise ratio in decibels: ``10 log10(data_range^2 / MSE)``.

    Parameters
    ----------
    images_true : array of shape (H, W), (C, H, W) or (N, C, H, W)
    images_test : array of the same shape
    data_range : float
        The largest minus the smallest value that a pixel can have: 1 for [0, 1], 255 for bytes.
    mask : boolean array, optional
        Which pixels count, of a shape that broadcasts to that of the images: of a completed image,
        the region that was missing.
    reduction : {"mean", "none"}
        Whether to give the mean over the images, or one value for each.

    Returns
    -------
    float, or float64 array of shape (N,) where `reduction` is ``"none"``
        Infinite for equal images.

    Examples
    --------
    >>> round(psnr([[0.0, 1.0]], [[0.1, 0.9]]), 3)
    20.0
    """
    true, test = _batches(images_true, images_test, data_range, reduction)
    counted = np.ones(true.shape, bool)
    if mask is not None:
        counted = _mask(mask, as_host(images_true, "images_true").shape).reshape(true.shape)
    pixels = counted.sum(axis=(1, 2, 3))
    if not pixels.all():
        raise ValueError(f"the mask of image {int(pixels.argmin())} selects no pixel")
    errors = ((true - test) ** 2 * counted).sum(axis=(1, 2, 3)) / pixels
    with np.errstate(divide="ignore"):
        ratios = -10 * np.log10(errors / data_range**2)
    return _reduced(ratios, reduction)


def ssim(
    images_true: Any,
    images_test: Any,
    *,
    data_range: float = 1.0,
    window: int = 11,
    sigma: float = 1.5,
    reduction: str = "mean",
) -> Any:
    """Structural similarity: the mean over windows of a comparison of mean, spread and pattern.

    ``(2 mx my + C1) (2 sxy + C2) / ((mx^2 + my^2 + C1) (sx^2 + sy^2 + C2))``, where means m,
    variances s^2 and the covariance sxy are those of a Gaussian window, C1 = (0.01 data_range)^2
    and C2 = (0.03 data_range)^2. Only windows that lie inside the image count; channels are
    averaged (Z. Wang et al., "Image Quality Assessment: From Error Visibility to Structural
    Similarity", 2004, equation 13).

    Parameters
    ----------
    images_true : array of shape (H, W), (C, H, W) or (N, C, H, W)
    images_test : array of the same shape
    data_range : float
        The largest minus the smallest value that a pixel can have: 1 for [0, 1], 255 for bytes.
    window : int
        The odd width of the window in pixels.
    sigma : float
        The standard deviation of the window in pixels.
    reduction : {"mean", "none"}
        Whether to give the mean over the images, or one value for each.

    Returns
    -------
    float, or float64 array of shape (N,) where `reduction` is ``"none"``
        1 for equal images; at least -1.
    """
    true, test = _batches(images_true, images_test, data_range, reduction)
    if window < 1 or window % 2 == 0 or sigma <= 0:
        raise ValueError(f"window must be odd and sigma positive, got {window} and {sigma}")
    if min(true.shape[2:]) < window:
        raise ValueError(
            f"images of {true.shape[2]}x{true.shape[3]} pixels have no window of {window}x{window} "
            "inside: choose a smaller window, or bring the images into the order (N, C, H, W)"
        )
    steps = np.arange(window) - window // 2
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights /= weights.sum()
    parts = [
        _similarity(true[start : start + CHUNK], test[start : start + CHUNK], weights, data_range)
        for start in range(0, len(true), CHUNK)
    ]
    return _reduced(np.concatenate(parts), reduction)


def _similarity(
    true: np.ndarray, test: np.ndarray, weights: np.ndarray, data_range: float
) -> np.ndarray:
    """The structural similarity of each pair of images."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_true, mean_test = _blur(true, weights), _blur(test, weights)
    variance_true = _blur(true * true, weights) - mean_true**2
    variance_test = _blur(test * test, weights) - mean_test**2
    covariance = _blur(true * test, weights) - mean_true * mean_test
    luminance = (2 * mean_true * mean_test + c1) / (mean_true**2 + mean_test**2 + c1)
    structure = (2 * covariance + c2) / (variance_true + variance_test + c2)
    similarity: np.ndarray = (luminance * structure).mean(axis=(1, 2, 3))
    return similarity


def _blur(images: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted means of all windows inside: rows first, then columns."""
    height = images.shape[2] - len(weights) + 1
    width = images.shape[3] - len(weights) + 1
    rows = np.zeros((*images.shape[:2], height, images.shape[3]))
    for place, weight in enumerate(weights):
        rows += weight * images[:, :, place : place + height]
    blurred = np.zeros((*images.shape[:2], height, width))
    for place, weight in enumerate(weights):
        blurred += weight * rows[:, :, :, place : place + width]
    return blurred


def _batches(
    images_true: Any, images_test: Any, data_range: float, reduction: str
) -> tuple[np.ndarray, np.ndarray]:
    """Both as (N, C, H, W) in float64."""
    one_of(reduction, ("mean", "none"), "reduction")
    true, test = numbers_of(images_true, "images_true"), numbers_of(images_test, "images_test")
    if true.shape != test.shape or not 2 <= true.ndim <= 4 or not true.size:
        raise ValueError(
            "two images, or two batches, of one shape (H, W), (C, H, W) or (N, C, H, W) are "
            f"needed, got {true.shape} and {test.shape}"
        )
    if data_range <= 0:
        raise ValueError(f"data_range must be positive, got {data_range}")
    spread = float(true.max() - true.min())
    if spread > data_range * 1.001:
        raise ValueError(
            f"images_true spans {spread:.4g} from its darkest to its brightest pixel, more than "
            f"data_range={data_range:g}: pass data_range=255 for bytes, or images in [0, 1]"
        )
    shape = (*(1,) * (4 - true.ndim), *true.shape)
    return true.reshape(shape), test.reshape(shape)


def _mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The mask in the shape of the images."""
    array = as_host(mask, "mask")
    if array.dtype != bool:
        raise TypeError(f"mask must be boolean, True where a pixel counts, got {array.dtype}")
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"a mask of shape {array.shape} does not broadcast to images of shape {shape}"
        ) from None


def _reduced(values: np.ndarray, reduction: str) -> Any:
    return float(values.mean()) if reduction == "mean" else values
