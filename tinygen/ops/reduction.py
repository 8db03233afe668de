"""Sums and their kin, and :func:`expand`, which undoes a sum's shape and is its derivative."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops import elementwise

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["all", "any", "expand", "logsumexp", "mean", "std", "sum", "sum_to_size", "var"]

Ctx = Any
Dim = int | Sequence[int] | None
Shape = tuple[int, ...]


def require_tensors(op: str, **values: Any) -> None:
    """Refuse lists and whatever else has no shape."""
    for name, value in values.items():
        if not hasattr(value, "ndim"):
            kind = type(value).__name__
            raise TypeError(
                f"{op}: {name} must be a Tensor, got {kind}: make one by tg.tensor(...)"
            )


def axes_of(dim: Dim, ndim: int) -> tuple[int, ...]:
    """Dimensions as a tuple of non-negative axes; None means all."""
    if dim is None:
        return tuple(range(ndim))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    for d in dims:
        if not -builtins.max(ndim, 1) <= d < builtins.max(ndim, 1):
            raise IndexError(f"dim {d} is out of range for a tensor of {ndim} dimensions")
    axes = tuple(d % ndim for d in dims) if ndim else ()
    if len(set(axes)) != len(axes):
        raise ValueError(f"dim {dims} names a dimension twice")
    return axes


def axis_of(dim: int, ndim: int) -> int:
    """One dimension as a non-negative axis."""
    if not -ndim <= dim < ndim:
        raise IndexError(f"dim {dim} is out of range for a tensor of {ndim} dimensions")
    return dim % ndim


def kept_shape(shape: Shape, axes: Sequence[int]) -> Shape:
    """The shape with the axes reduced to 1 (``keepdim=True``)."""
    return tuple(1 if axis in axes else n for axis, n in enumerate(shape))


def reduced_shape(shape: Shape, dim: Dim) -> Shape:
    """The shape without the dimensions reduced."""
    axes = axes_of(dim, len(shape))
    return tuple(n for axis, n in enumerate(shape) if axis not in axes)


# ---- sum and expand, each the other's derivative ---------------------------------------------


class Sum(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: Dim, keepdim: bool) -> Array:
        axes = axes_of(dim, x.ndim)
        ctx.shape, ctx.kept = x.shape, kept_shape(x.shape, axes)
        if x.dtype.kind in "bu":
            x = x.astype("int64")
        fast = ctx.kernel("sum_per_channel") if x.ndim == 4 and axes == (0, 2, 3) else None
        if fast is not None:
            return fast(x).reshape(ctx.kept if keepdim else -1)
        return x.sum(axis=axes, keepdims=keepdim)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return Expand.apply(grad.reshape(ctx.kept), ctx.shape)


class Expand(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, shape: Shape) -> Array:
        return ctx.xp.broadcast_to(x, shape)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return grad  # the engine sums it back to the shape it came from


def sum(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The sum over some dimensions, or over all.

    Parameters
    ----------
    input : Tensor
    dim : int or sequence of int, optional
        The dimensions to sum over; None for all of them.
    keepdim : bool
        Keep each as a dimension of length 1.
    """
    return Sum.apply(input, dim, keepdim)


def expand(input: Tensor, *shape: Any) -> Tensor:
    """Repeat dimensions of length 1 without copying; -1 keeps a dimension as it is."""
    wanted = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    lead = len(wanted) - input.ndim
    sizes = tuple(
        input.shape[axis - lead] if n == -1 and axis >= lead else n for axis, n in enumerate(wanted)
    )
    return Expand.apply(input, sizes)


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Sum over whatever dimensions broadcasting would have stretched from ``size``."""
    if len(size) == 1 and not isinstance(size[0], int):
        size = tuple(size[0])
    lead = input.ndim - len(size)
    stretched = [lead + i for i, n in enumerate(size) if n == 1 != input.shape[lead + i]]
    total = sum(input, (*range(lead), *stretched), keepdim=True) if lead or stretched else input
    return total.reshape(size)


def mean(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The mean over some dimensions, or over all."""
    count = math.prod(input.shape[axis] for axis in axes_of(dim, input.ndim))
    if count == 0:
        raise ValueError(f"mean of no elements: shape {tuple(input.shape)}, dim {dim}")
    return sum(input, dim, keepdim) * (1.0 / count)


def var(input: Tensor, dim: Dim = None, correction: int = 1, keepdim: bool = False) -> Tensor:
    """The variance: squared deviations from the mean, summed and divided by n - correction.

    Parameters
    ----------
    input : Tensor
    dim : int or sequence of int, optional
    correction : int
        1 for the unbiased estimate, 0 for the plain mean of squares.
    keepdim : bool
    """
    deviation = input - mean(input, dim, keepdim=True)
    count = math.prod(input.shape[axis] for axis in axes_of(dim, input.ndim))
    if count <= correction:
        raise ValueError(f"var: {count} elements are too few for correction={correction}")
    return sum(deviation * deviation, dim, keepdim) * (1.0 / (count - correction))


def std(input: Tensor, dim: Dim = None, correction: int = 1, keepdim: bool = False) -> Tensor:
    """The square root of :func:`var`."""
    return elementwise.sqrt(var(input, dim, correction, keepdim))


# ---- other reductions ------------------------------------------------------------------------


class LogSumExp(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: Dim) -> Array:
        axes = axes_of(dim, x.ndim)
        if 0 in [x.shape[axis] for axis in axes]:
            raise ValueError(f"logsumexp of no elements: shape {x.shape}, dim {dim}")
        largest = x.max(axis=axes, keepdims=True)
        largest = ctx.xp.where(ctx.xp.isfinite(largest), largest, 0.0)
        y = ctx.xp.log(ctx.xp.exp(x - largest).sum(axis=axes, keepdims=True)) + largest
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, y = ctx.saved_tensors
        return grad * elementwise.exp(x - y)


def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(input)))``, safe for large inputs: the largest is taken out first."""
    value = LogSumExp.apply(input, dim)
    return value if keepdim else value.reshape(reduced_shape(input.shape, dim))


class _Truth(Function):
    """Whether all or any are true: booleans, through which no gradient flows."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: Dim, keepdim: bool, name: str) -> Array:
        return getattr(ctx.xp, name)(x, axis=axes_of(dim, x.ndim), keepdims=keepdim)


def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether every element is true."""
    return _Truth.apply(input, dim, keepdim, "all")


def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether some element is true."""
    return _Truth.apply(input, dim, keepdim, "any")
