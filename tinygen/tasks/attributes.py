"""What can be measured of a written picture, so that an edit can be measured too.

Pictures are light ink on a dark ground. The attributes are those of D. Castro et al.,
"Morpho-MNIST: quantitative assessment and diagnostics for representation learning" (2019,
arXiv:1809.10780). There they are taken from the skeleton of a black and white copy; here from the
grey values, so that the smallest change of a picture changes them a little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygen.metrics.checks import numbers_of

__all__ = ["ATTRIBUTES", "height", "ink", "measured", "slant", "thickness", "width"]


def ink(pictures: Any) -> np.ndarray:
    """How much of the picture is ink: the mean of its pixels.

    Parameters
    ----------
    pictures : float Tensor or array of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    float64 array of shape (N,)
        From 0 to 1.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    means: np.ndarray = _greys(pictures).mean((1, 2))
    return means


def thickness(pictures: Any) -> np.ndarray:
    """How wide the strokes are, in pixels: ``2 * area / perimeter``.

    The perimeter of a stroke is twice its length, its ends apart, so this is the area over the
    length (the first of the two measures of ``pixFindStrokeWidth`` in D. Bloomberg's Leptonica).
    The ends make it a little too small: a bar of width w and length l gets w l / (w + l). A closed
    line gets exactly its width.

    The area is the sum of the pixels, the perimeter the sum of the lengths of their gradients: the
    mean perimeter of all the black and white pictures that thresholds make of a grey one (the
    coarea formula: W. Fleming and R. Rishel, "An integral formula for total gradient variation",
    1960). Faint ink so counts as much as strong ink, and the edges may be soft. The gradient is
    that of L. Roberts (1963), which is right for edges along the axes and their diagonals.

    Parameters
    ----------
    pictures : float Tensor or array of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    float64 array of shape (N,)
        NaN where there is no ink.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    greys = np.pad(_greys(pictures), ((0, 0), (1, 1), (1, 1)))
    falling = greys[:, 1:, 1:] - greys[:, :-1, :-1]
    rising = greys[:, 1:, :-1] - greys[:, :-1, 1:]
    perimeter = np.sqrt((falling**2 + rising**2) / 2).sum((1, 2))
    return _ratio(2 * greys.sum((1, 2)), perimeter)


def slant(pictures: Any) -> np.ndarray:
    """How far strokes lean to the right: the shift to the right for each pixel upwards.

    ``-cov(right, down) / var(down)``, with the ink as the weight of each pixel (M.-K. Hu, "Visual
    pattern recognition by moment invariants", 1962, has the moments; Castro et al. give the angle,
    the arctangent of this). A picture that is sheared by s has s more.

    Parameters
    ----------
    pictures : float Tensor or array of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    float64 array of shape (N,)
        NaN where all ink is in one row, or there is none.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    greys = _greys(pictures)
    down, right = np.indices(greys.shape[1:])
    total = greys.sum((1, 2))

    def mean(values: Any) -> np.ndarray:
        return _ratio((greys * values).sum((1, 2)), total)[:, None, None]

    from_middle = down - mean(down)
    covariance = mean((right - mean(right)) * from_middle)
    variance = mean(from_middle**2)
    return -_ratio(covariance, variance)[:, 0, 0]


def width(pictures: Any) -> np.ndarray:
    """How many columns have ink, in pixels: the sum of the strongest of each, over the strongest.

    A column that is only half covered, as at a soft edge, counts as a half.

    Parameters
    ----------
    pictures : float Tensor or array of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    float64 array of shape (N,)
        0 where there is no ink.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    return _extent(_greys(pictures).max(1))


def height(pictures: Any) -> np.ndarray:
    """How many rows have ink, as :func:`width` counts the columns.

    Parameters
    ----------
    pictures : float Tensor or array of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    float64 array of shape (N,)
        0 where there is no ink.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    return _extent(_greys(pictures).max(2))


ATTRIBUTES: Mapping[str, Callable[[Any], np.ndarray]] = {
    "ink": ink, "thickness": thickness, "slant": slant, "width": width, "height": height
}  # fmt: skip
"""All of them, by name."""


def measured(pictures: Any) -> dict[str, np.ndarray]:
    """All attributes of pictures.

    Parameters
    ----------
    pictures : float Tensor or array of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    dict of str to float64 array of shape (N,)
        For each key of ``ATTRIBUTES``.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    return {name: measure(pictures) for name, measure in ATTRIBUTES.items()}


def _greys(pictures: Any) -> np.ndarray:
    """The mean of the channels, (N, H, W)."""
    array = numbers_of(pictures, "pictures")
    if array.ndim != 4:
        raise ValueError(
            f"attributes are measured of pictures of shape (N, C, H, W), got {array.shape}: one "
            "picture needs a batch, picture.unsqueeze(0)"
        )
    greys: np.ndarray = array.mean(1)
    return greys


def _extent(shadow: np.ndarray) -> np.ndarray:
    """The length of a shadow, (N, length) to (N,)."""
    strongest = shadow.max(1)
    total: np.ndarray = shadow.sum(1)
    return np.divide(total, strongest, out=np.zeros_like(total), where=strongest > 0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """NaN for a division by zero."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
