"""Several ops in one: what networks mostly consist of.

No user need call them: :class:`tinygen.nn.Sequential` does where such layers follow each other and
a fast kernel makes it worth while. The values and gradients are those of the ops one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops import reduction
from tinygen.ops.activation import ReLU
from tinygen.ops.conv import Conv2d, Geometry, Pair, as_pair, checked_geometry, geometry_of
from tinygen.ops.pool import MaxPool2d, MaxUnpool2d

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["bias_relu", "conv_relu_pool"]

Ctx = Any


class BiasReLU(Function):
    """``relu(x + bias)``: a number for each place along an axis is added before."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, bias: Array, axis: int) -> Array:
        ctx.others = tuple(other for other in range(x.ndim) if other != axis)
        bias = bias.reshape(-1, *(1,) * (x.ndim - 1 - axis))
        fast = ctx.kernel("bias_relu") if x.dtype == bias.dtype else None
        y = ctx.xp.maximum(x + bias, 0) if fast is None else fast(x, bias)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        to_x = ReLU.backward(ctx, grad)  # which needs y, as here
        return to_x, reduction.sum(to_x, ctx.others) if ctx.needs_input_grad[1] else None


def bias_relu(input: Tensor, bias: Tensor, dim: int = 1) -> Tensor:
    """Add a bias, then rectify: the end of many a layer.

    Parameters
    ----------
    input : Tensor
    bias : Tensor of shape (input.shape[dim],)
    dim : int
        The channels: 1 in images, the last one behind a dense layer.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    reduction.require_tensors("bias_relu", input=input, bias=bias)
    axis = reduction.axis_of(dim, input.ndim)
    if tuple(bias.shape) != (input.shape[axis],):
        raise ValueError(
            f"bias_relu: bias of shape {tuple(bias.shape)} does not fit dimension {dim} of input "
            f"{tuple(input.shape)}"
        )
    return BiasReLU.apply(input, bias, axis)


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
