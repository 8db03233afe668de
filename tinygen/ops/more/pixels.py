"""Trading channels for resolution: each pixel's channels become a block of pixels, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygen.ops.shape import permute, reshape

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["pixel_shuffle", "pixel_unshuffle"]


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Spread every r * r channels over a block of r rows and r columns.

    ``y[c, h * r + i, w * r + j] = x[c * r * r + i * r + j, h, w]``
    (W. Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network", 2016).

    Parameters
    ----------
    input : Tensor of shape (..., C * r * r, H, W)
    upscale_factor : int
        r.

    Returns
    -------
    Tensor of shape (..., C, H * r, W * r)

    Raises
    ------
    ValueError
        If the channels cannot be divided so.
    """
    r = upscale_factor
    _check("pixel_shuffle", input, r)
    *batch, channels, height, width = input.shape
    if channels % (r * r):
        raise ValueError(
            f"pixel_shuffle: the {channels} channels of {tuple(input.shape)} are not a multiple of "
            f"upscale_factor ** 2 = {r * r}: let the convolution before it make {r * r} for each "
            "channel wanted"
        )
    n = len(batch)
    blocks = reshape(input, (*batch, channels // (r * r), r, r, height, width))
    beside = permute(blocks, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(beside, (*batch, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """The reverse of :func:`pixel_shuffle`: every block of r * r pixels becomes channels.

    Parameters
    ----------
    input : Tensor of shape (..., C, H * r, W * r)
    downscale_factor : int
        r.

    Returns
    -------
    Tensor of shape (..., C * r * r, H, W)

    Raises
    ------
    ValueError
        If the images cannot be divided into such blocks.
    """
    r = downscale_factor
    _check("pixel_unshuffle", input, r)
    *batch, channels, height, width = input.shape
    if height % r or width % r:
        raise ValueError(
            f"pixel_unshuffle: images of {height} x {width} (input {tuple(input.shape)}) cannot be "
            f"divided into blocks of {r} x {r}: pad or crop them first"
        )
    n = len(batch)
    blocks = reshape(input, (*batch, channels, height // r, r, width // r, r))
    behind = permute(blocks, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(behind, (*batch, channels * r * r, height // r, width // r))


def _check(op: str, input: Tensor, factor: int) -> None:
    if input.ndim < 3:
        raise ValueError(f"{op}: images have shape (..., C, H, W), got {tuple(input.shape)}")
    if factor < 1:
        raise ValueError(f"{op}: the factor must be positive, got {factor}")
