"""The weights of pixels in pictures that are resized, beyond those of two neighbours."""

from __future__ import annotations

import math

__all__ = ["bicubic_weights"]

A = -0.75
"""The slope of the kernel at distance 1, as in PyTorch and OpenCV; R. Keys has -1/2."""


def bicubic_weights(n: int, m: int, factor: float | None, align_corners: bool) -> list[list[float]]:
    """What each of n pixels along an axis gives to each of the m pixels that they become.

    Row i weighs the four pixels around the place that output pixel i falls on by cubic convolution:
    R. Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 4.
    Beyond the edge the last pixel goes on.

    Parameters
    ----------
    n, m : int
    factor : float or None
        How many times larger m was meant to be, if it came about so.
    align_corners : bool
        Whether the centres of the corner pixels coincide, instead of their edges.

    Returns
    -------
    list of m lists of n floats
        Each sums to 1.
    """
    rows = []
    for i in range(m):
        if align_corners:
            place = i * (n - 1) / (m - 1) if m > 1 else 0.0
        else:
            place = (i + 0.5) * (n / m if factor is None else 1 / factor) - 0.5
        row = [0.0] * n
        for pixel in range(math.floor(place) - 1, math.floor(place) + 3):
            row[min(max(pixel, 0), n - 1)] += _cubic(abs(place - pixel))
        rows.append(row)
    return rows


def _cubic(distance: float) -> float:
    """The kernel of cubic convolution: 1 at 0, nothing at 1, 2 and beyond."""
    if distance <= 1:
        return ((A + 2) * distance - (A + 3)) * distance**2 + 1
    if distance < 2:
        return A * (((distance - 5) * distance + 8) * distance - 4)
    return 0.0
