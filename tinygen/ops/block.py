"""Convolution, ReLU and max-pooling in one: what a convolutional network mostly consists of.

No user need call it: :class:`tinygen.nn.Sequential` does where the three follow each other and a
fast kernel makes it worth while. The values and gradients are those of the three ops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops.activation import ReLU
from tinygen.ops.conv import Conv2d, Geometry, Pair, as_pair, checked_geometry, geometry_of
from tinygen.ops.pool import MaxPool2d, MaxUnpool2d

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["conv_relu_pool"]

Ctx = Any


class ConvReLUPool(Function):
    """``max_pool2d(relu(conv2d(x, w, bias)))`` with windows side by side."""

    @staticmethod
    def forward(
        ctx: Ctx, x: Array, w: Array, bias: Array | None, geometry: Geometry, pool: tuple[int, int]
    ) -> Array:
        ctx.geometry, ctx.pool = geometry, pool
        ctx.save_for_backward(x, w)
        fast = ctx.kernel("conv_relu_pool")
        if fast is not None:
            y, ctx.winner = fast(x, w, bias, geometry, pool, bool(ctx.edges))
            return y
        maps = Conv2d.apply(x, w, bias, geometry)
        best, winner = MaxPool2d.apply(maps, _pooling(geometry, pool))
        ctx.winner = ctx.xp.where(best > 0, winner, winner.dtype.type(255))
        return ReLU.apply(best)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        fast = ctx.kernel("conv_relu_pool_backward", grad)
        if fast is not None:
            x, w = ctx.saved_tensors
            needs = ctx.needs_input_grad[:3]
            return fast(grad, x, w, ctx.winner, ctx.geometry, ctx.pool, needs)
        to_maps = MaxUnpool2d.apply(grad, ctx.winner, _pooling(ctx.geometry, ctx.pool))
        return Conv2d.backward(ctx, to_maps)  # which needs x, w and the geometry, as here


def _pooling(geometry: Geometry, pool: tuple[int, int]) -> Geometry:
    return geometry_of("max_pool2d", geometry.out, pool, pool, 0)


def conv_relu_pool(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    pool_size: Pair = 2,
) -> Tensor:
    """Convolve, rectify, and keep the largest of each window.

    Parameters
    ----------
    input, weight, bias, stride, padding, dilation
        As for :func:`tinygen.nn.functional.conv2d`.
    pool_size : int or pair of int
        The size of the windows and the step between them; at most 255 places.

    Returns
    -------
    Tensor of shape (N, O, OH // pool_size, OW // pool_size)

    Raises
    ------
    ValueError
        If shapes or sizes do not fit.
    """
    geometry = checked_geometry(input, weight, bias, stride, padding, dilation)
    pool = as_pair(pool_size)
    _pooling(geometry, pool)  # says so if the maps are too small
    return ConvReLUPool.apply(input, weight, bias, geometry, pool)
