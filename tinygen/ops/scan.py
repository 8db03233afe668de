"""Products and running sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops import elementwise, reduction, shape
from tinygen.ops.reduction import axes_of, axis_of, kept_shape, reduced_shape

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["cumsum", "prod"]

Ctx = Any


class CumSum(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: int) -> Array:
        ctx.axis = axis_of(dim, x.ndim)
        return ctx.xp.cumsum(x.astype("int64") if x.dtype.kind in "bu" else x, axis=ctx.axis)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        from_the_start = cumsum(grad, ctx.axis)
        return grad + reduction.sum(grad, ctx.axis, keepdim=True) - from_the_start


def cumsum(input: Tensor, dim: int) -> Tensor:
    """Running sums along a dimension."""
    return CumSum.apply(input, dim)


def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The product over one dimension, or of all elements; right where elements are 0.

    It multiplies one half with the other until one element is left, so its derivative never
    divides.
    """
    if input.dtype.kind in "biu":
        input = elementwise.to(input, "int64")  # small integers would overflow
    rest = input.reshape(-1) if dim is None else input
    axis = 0 if dim is None else axis_of(dim, input.ndim)
    before = (slice(None),) * axis  # all of the dimensions before it
    if rest.shape[axis] == 0:
        rest = reduction.sum(rest, axis, keepdim=True) + 1  # the empty product
    while (n := rest.shape[axis]) > 1:
        half = n // 2
        product = rest[before + (slice(0, half),)] * rest[before + (slice(half, 2 * half),)]
        odd_one = rest[before + (slice(2 * half, n),)]
        rest = shape.cat([product, odd_one], axis) if n % 2 else product
    axes = axes_of(dim, input.ndim)
    return rest.reshape(
        kept_shape(input.shape, axes) if keepdim else reduced_shape(input.shape, dim)
    )
