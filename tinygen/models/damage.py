"""What can be taken from pictures: clean ones become those that a model shall restore.

All of it is computed where the pictures are, and what is random comes from the noise of
:func:`tinygen.manual_seed`.
"""

from __future__ import annotations

from tinygen.autograd import no_grad
from tinygen.nn import functional as F
from tinygen.ops.elementwise import clamp, sqrt, where
from tinygen.ops.noise import randn_like
from tinygen.tensors import Tensor, rand, tensor

__all__ = [
    "MASKS", "add_noise", "draw_masks", "edge_map", "luminance", "missing", "shrink",
]  # fmt: skip

MASKS = ("lower half", "centre", "random")
"""What :func:`missing` can take away."""

LUMA = (0.299, 0.587, 0.114)
"""How light red, green and blue are (recommendation ITU-R BT.601)."""

STEP = 0.5
"""From dark to light: a steeper one is an edge."""


def add_noise(pictures: Tensor, sigma: float | Tensor) -> Tensor:
    """Add noise from N(0, sigma**2) to every pixel.

    Values beyond 0 and 1 become 0 and 1, as in a file of a picture.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
        From 0 to 1.
    sigma : float, or Tensor of shape (N, 1, 1, 1)
        The standard deviation; that of each picture.

    Returns
    -------
    Tensor of that shape
        From 0 to 1, without a gradient.

    Raises
    ------
    ValueError
        If a float is negative.
    """
    if not isinstance(sigma, Tensor) and not sigma >= 0:
        raise ValueError(f"add_noise: sigma is a standard deviation, at least 0, got {sigma}")
    with no_grad():
        return clamp(pictures + randn_like(pictures) * sigma, 0, 1)


def shrink(pictures: Tensor, factor: int = 2) -> Tensor:
    """Make pictures smaller: each pixel is the mean of a square.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
    factor : int
        The side of the squares.

    Returns
    -------
    Tensor of shape (N, C, H / factor, W / factor)

    Raises
    ------
    ValueError
        If the squares do not fill a picture.
    """
    height, width = pictures.shape[2:]
    if factor < 1 or height % factor or width % factor:
        raise ValueError(
            f"shrink: squares of {factor} x {factor} do not fill pictures of {height} x {width}: "
            "pad or cut them, or take another factor"
        )
    return F.avg_pool2d(pictures, factor)


# ---- masks -------------------------------------------------------------------------------------


def missing(kind: str, pictures: Tensor) -> Tensor:
    """Say which pixels of pictures are taken away.

    Parameters
    ----------
    kind : {"lower half", "centre", "random"}
        The rows from the middle on, a rectangle of half the sides in the middle, or every pixel
        with probability 1/2.
    pictures : float Tensor of shape (N, C, H, W)

    Returns
    -------
    boolean Tensor of shape (N, 1, H, W)
        True where a pixel is missing, in all channels.

    Raises
    ------
    ValueError
        If there is no such mask.
    """
    if kind not in MASKS:
        raise ValueError(f"missing: a mask is one of {', '.join(MASKS)}, got {kind!r}")
    count, _, height, width = pictures.shape
    if kind == "random":
        chance = rand(count, 1, height, width, dtype=pictures.dtype, device=pictures.device)
        return chance < 0.5
    top, left = (height // 2, 0) if kind == "lower half" else (height // 4, width // 4)
    bottom, right = (height, width) if kind == "lower half" else (height - top, width - left)
    inside = [
        [top <= row < bottom and left <= column < right for column in range(width)]
        for row in range(height)
    ]
    return tensor(inside, device=pictures.device).expand(count, 1, height, width)


def draw_masks(pictures: Tensor) -> Tensor:
    """Draw one of the three masks for each picture, as :func:`missing` makes them.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)

    Returns
    -------
    boolean Tensor of shape (N, 1, H, W)
        True where a pixel is missing.
    """
    lower, centre, random = (missing(kind, pictures) for kind in MASKS)
    which = rand(len(pictures), 1, 1, 1, dtype=pictures.dtype, device=pictures.device)
    return where(which < 1 / 3, lower, where(which < 2 / 3, centre, random))


# ---- less than a picture -----------------------------------------------------------------------


def luminance(pictures: Tensor) -> Tensor:
    """The grey that colours have: 0.299 red + 0.587 green + 0.114 blue.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
        In colour, or grey ones, which stay as they are.

    Returns
    -------
    Tensor of shape (N, 1, H, W)

    Raises
    ------
    ValueError
        If there are neither one nor three channels.
    """
    channels = pictures.shape[1]
    if channels == 1:
        return pictures
    if channels != len(LUMA):
        raise ValueError(
            f"luminance: pictures have one channel or red, green and blue, got {channels} channels"
        )
    return (pictures * pictures.new_tensor(LUMA).reshape(1, -1, 1, 1)).sum(1, keepdim=True)


def edge_map(pictures: Tensor) -> Tensor:
    """Draw the outlines: white where the light changes by more than half its range.

    The change is the length of Sobel's gradient of the luminance, divided by 4, so that it is 1 at
    a straight edge from black to white (I. Sobel and G. Feldman, 1968). Beyond the border the last
    pixel goes on.

    Parameters
    ----------
    pictures : float Tensor of shape (N, C, H, W)
        From 0 to 1, grey or in colour.

    Returns
    -------
    Tensor of shape (N, 1, H, W)
        Of zeros and ones, without a gradient.
    """
    down = [[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]]
    across = [list(column) for column in zip(*down, strict=True)]
    with no_grad():
        kernels = pictures.new_tensor([[down], [across]]) / 4
        padded = F.pad(luminance(pictures), (1, 1, 1, 1), mode="replicate")
        slopes = F.conv2d(padded, kernels)
        return (sqrt((slopes * slopes).sum(1, keepdim=True)) > STEP).to(pictures.dtype)
