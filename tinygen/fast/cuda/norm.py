"""Batch normalization: two passes over the images for the statistics, one for the result.

The statistics are sums over all pixels of a channel, for which threads must work together; CuPy
knows how. What stands around the sums is written into them, so that no array of deviations or
squares is ever stored: it is quicker to compute a deviation again than to read it.
"""

from __future__ import annotations

from tinygen.backend import Array, xp_of
from tinygen.fast.cuda.writing import Elementwise, Summed

__all__ = ["standardize", "standardize_backward"]

PIXELS = (0, 2, 3)  # the axes of (N, C, H, W) that a channel's statistics are taken over

SQUARED_DEVIATIONS = Summed("squared_deviations", "T x, T mean", "(x - mean) * (x - mean)")

STANDARDIZE = Elementwise(
    "standardize",
    "T x, T mean, T one_over_std, T weight, T bias",
    "T y",
    "y = (x - mean) * one_over_std * weight + bias;",
)

ALONG_RESULT = Summed(
    "along_result",
    "T grad, T x, T mean, T one_over_std",
    "grad * ((x - mean) * one_over_std)",
)

# Of the gradient, what would only move the mean or stretch the deviations is without effect.
STANDARDIZE_BACKWARD = Elementwise(
    "standardize_backward",
    "T grad, T x, T mean, T one_over_std, T weight, T total, T along, T share",
    "T to_x",
    """
    T y = (x - mean) * one_over_std;
    to_x = (grad - total * share - y * along * share) * (one_over_std * weight);
    """,
)


def standardize(
    x: Array, eps: float, weight: Array | None, bias: Array | None
) -> tuple[Array, Array, Array]:
    """Give each channel mean 0 and variance 1, then scale and shift it.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
    eps : float
        Added to the variance.
    weight, bias : array of C elements, optional

    Returns
    -------
    y : array of shape (N, C, H, W)
    mean, one_over_std : array of shape (1, C, 1, 1)
    """
    xp = xp_of(x)
    mean = x.mean(axis=PIXELS, keepdims=True)
    squares = SQUARED_DEVIATIONS.on(xp)(x, mean, axis=PIXELS, keepdims=True)
    one_over_std = 1 / xp.sqrt(squares * (x.shape[1] / x.size) + eps)
    scale, shift = _by_channel(weight, 1.0), _by_channel(bias, 0.0)
    return STANDARDIZE.on(xp)(x, mean, one_over_std, scale, shift), mean, one_over_std


def standardize_backward(
    grad: Array, x: Array, mean: Array, one_over_std: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """The gradients of :func:`standardize`.

    Returns
    -------
    to_x : array of shape (N, C, H, W)
    to_weight, to_bias : array of shape (1, C, 1, 1)
    """
    xp = xp_of(x)
    total = grad.sum(axis=PIXELS, keepdims=True)
    along = ALONG_RESULT.on(xp)(grad, x, mean, one_over_std, axis=PIXELS, keepdims=True)
    share = x.shape[1] / x.size
    to_x = STANDARDIZE_BACKWARD.on(xp)(
        grad, x, mean, one_over_std, _by_channel(weight, 1.0), total, along, share
    )
    return to_x, along, total


def _by_channel(numbers: Array | None, default: float) -> Array | float:
    """One number for each channel, in a shape that broadcasts over images."""
    return default if numbers is None else numbers.reshape(-1, 1, 1)
