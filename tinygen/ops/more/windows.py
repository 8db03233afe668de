"""The windows of images as columns, and columns added back: each is the other's transpose."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops.conv import (
    Geometry,
    Pair,
    as_pair,
    columns_to_image,
    geometry_of,
    pad,
    windows_of,
)

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["fold", "unfold"]

Ctx = Any


class Unfold(Function):
    """(N, C, H, W) -> (N, C * kernel, positions)."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        windows = windows_of(ctx.xp, pad(ctx.xp, x, geometry), geometry)
        batch, channels, height, width, rows, cols = windows.shape
        columns = windows.transpose(0, 1, 4, 5, 2, 3)
        return columns.reshape(batch, channels * rows * cols, height * width)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return Fold.apply(grad, ctx.geometry)


class Fold(Function):
    """(N, C * kernel, positions) -> (N, C, H, W)."""

    @staticmethod
    def forward(ctx: Ctx, columns: Array, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        batch, rows, positions = columns.shape
        side_by_side = columns.transpose(1, 0, 2).reshape(1, rows, batch * positions)
        return columns_to_image(ctx.xp, side_by_side, batch, geometry)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return Unfold.apply(grad, ctx.geometry)


def unfold(
    input: Tensor, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Tensor:
    """Every window of an image as a column: convolution is then one product of matrices.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    kernel_size, dilation, padding, stride : int or pair of int
        As in :func:`tinygen.nn.functional.conv2d`.

    Returns
    -------
    Tensor of shape (N, C * KH * KW, positions)
        Channels, then rows and columns of the window; positions row by row.

    Raises
    ------
    ValueError
        If the input are not images, or no window fits into them.
    """
    if input.ndim != 4:
        raise ValueError(
            f"unfold: images have shape (N, C, H, W), got {tuple(input.shape)}. For one image add "
            "a batch: x.unsqueeze(0)"
        )
    size = (input.shape[2], input.shape[3])
    return Unfold.apply(input, geometry_of("unfold", size, kernel_size, stride, padding, dilation))


def fold(
    input: Tensor,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
) -> Tensor:
    """Add columns back where :func:`unfold` took them; where windows overlap, values add up.

    Parameters
    ----------
    input : Tensor of shape (N, C * KH * KW, positions)
    output_size : int or pair of int
        The height and width of the images.
    kernel_size, dilation, padding, stride : int or pair of int
        As for :func:`unfold`.

    Returns
    -------
    Tensor of shape (N, C, *output_size)

    Raises
    ------
    ValueError
        If the columns are not as long, or not as many, as these windows.
    """
    size = as_pair(output_size)
    geometry = geometry_of("fold", size, kernel_size, stride, padding, dilation)
    area, positions = math.prod(geometry.kernel), math.prod(geometry.out)
    if input.ndim != 3 or input.shape[1] % area or input.shape[2] != positions:
        raise ValueError(
            f"fold: input {tuple(input.shape)} does not fit: wanted (N, C * {area}, {positions}), "
            f"for windows of {geometry.kernel[0]} x {geometry.kernel[1]} at {geometry.out[0]} x "
            f"{geometry.out[1]} positions in images of {size[0]} x {size[1]}"
        )
    return Fold.apply(input, geometry)
