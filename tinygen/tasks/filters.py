"""What needs no learning: filters that smooth pictures, and enlarging by cubic curves.

A network that restores pictures is worth what it is better by. Filters work on the host; beyond
its border a picture goes on as its last pixels.
"""

from __future__ import annotations

import numpy as np

from tinygen.nn import functional as F
from tinygen.ops.elementwise import clamp
from tinygen.tensors import Tensor, as_tensor

__all__ = ["bicubic", "gaussian_filter", "median_filter"]

AT_ONCE = 256
"""Pictures whose windows are laid out together, to bound the memory."""

REACH = 4.0
"""So many standard deviations of a Gaussian are looked at."""


def median_filter(pictures: Tensor, size: int) -> Tensor:
    """The median of the square around each pixel (J. Tukey, 1971).

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
    size : int
        The side of the square, odd.

    Returns
    -------
    Tensor of that shape
        Without a gradient.

    Raises
    ------
    ValueError
        If the size is not odd.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"median_filter: the size is odd, so that there is a middle, got {size}")
    padded = _bordered(pictures, size // 2)
    filtered = np.empty(pictures.shape, padded.dtype)
    for begin in range(0, len(padded), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        windows = np.lib.stride_tricks.sliding_window_view(padded[part], (size, size), (2, 3))
        rows = windows.reshape(*windows.shape[:4], size * size)
        filtered[part] = np.partition(rows, size * size // 2)[..., size * size // 2]
    return as_tensor(filtered, device=pictures.device)


def gaussian_filter(pictures: Tensor, sigma: float) -> Tensor:
    """The mean of the surroundings of each pixel, with the weights of a Gaussian.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
    sigma : float
        The standard deviation in pixels.

    Returns
    -------
    Tensor of that shape
        Without a gradient.

    Raises
    ------
    ValueError
        If sigma is not positive.
    """
    if not sigma > 0:
        raise ValueError(f"gaussian_filter: sigma is positive, got {sigma}")
    reach = max(1, round(REACH * sigma))
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum()).astype(pictures.dtype)
    padded = _bordered(pictures, reach)
    height, width = pictures.shape[2:]
    rows = sum(weight * padded[:, :, i : i + height] for i, weight in enumerate(weights))
    filtered = sum(weight * rows[..., i : i + width] for i, weight in enumerate(weights))
    return as_tensor(filtered, device=pictures.device)


def bicubic(pictures: Tensor, factor: int = 2) -> Tensor:
    """Enlarge pictures by cubic convolution, as :func:`tinygen.nn.functional.interpolate` does.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
        From 0 to 1.
    factor : int

    Returns
    -------
    Tensor of shape (N, C, factor * H, factor * W)
        From 0 to 1.
    """
    return clamp(F.interpolate(pictures, scale_factor=factor, mode="bicubic"), 0, 1)


def _bordered(pictures: Tensor, width: int) -> np.ndarray:
    """On the host, with a border that goes on as the last pixels."""
    return np.pad(pictures.numpy(), [(0, 0), (0, 0), (width, width), (width, width)], "edge")
