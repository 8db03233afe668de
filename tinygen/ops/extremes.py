"""The largest and the smallest, where they are, and sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops import elementwise, reduction
from tinygen.ops.indexing import gather
from tinygen.ops.reduction import Dim, axes_of, axis_of, reduced_shape

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["amax", "amin", "argmax", "argmin", "argsort", "max", "min", "sort", "topk"]

Ctx = Any


class Extreme(Function):
    """The largest or smallest; elements that tie share the gradient equally."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: Dim, name: str) -> Array:
        axes = axes_of(dim, x.ndim)
        if 0 in [x.shape[axis] for axis in axes]:
            raise ValueError(f"{name} of no elements: shape {x.shape}, dim {dim}")
        y = getattr(ctx.xp, name)(x, axis=axes, keepdims=True)
        ctx.axes = axes
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, y = ctx.saved_tensors
        winners = elementwise.to(x == y, grad.dtype)
        return grad * (winners / reduction.sum(winners, ctx.axes, keepdim=True))


class Extremum(NamedTuple):
    """The extreme values along a dimension, and where they were found."""

    values: Tensor
    indices: Tensor


def amax(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The largest element; ties share the gradient."""
    return _extreme(input, dim, keepdim, "max")


def amin(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The smallest element; ties share the gradient."""
    return _extreme(input, dim, keepdim, "min")


def _extreme(input: Tensor, dim: Dim, keepdim: bool, name: str) -> Tensor:
    value = Extreme.apply(input, dim, name)
    return value if keepdim else value.reshape(reduced_shape(input.shape, dim))


def max(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The largest element of all, or ``(values, indices)`` along one dimension."""
    if dim is None:
        return amax(input)
    return _found_at(input, argmax(input, dim, keepdim=True), dim, keepdim)


def min(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest element of all, or ``(values, indices)`` along one dimension."""
    if dim is None:
        return amin(input)
    return _found_at(input, argmin(input, dim, keepdim=True), dim, keepdim)


def _found_at(input: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Extremum:
    values = gather(input, dim, indices)
    if keepdim:
        return Extremum(values, indices)
    shape = reduced_shape(input.shape, dim)
    return Extremum(values.reshape(shape), indices.reshape(shape))


class _Position(Function):
    """The index of an extreme: an integer, through which no gradient flows."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: int | None, keepdim: bool, name: str) -> Array:
        if 0 in [x.shape[axis] for axis in axes_of(dim, x.ndim)]:
            raise ValueError(f"{name} of no elements: shape {x.shape}, dim {dim}")
        axis = None if dim is None else axis_of(dim, x.ndim)
        return getattr(ctx.xp, name)(x, axis=axis, keepdims=keepdim)


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the largest element is: along one dimension, or in the flattened tensor."""
    return _Position.apply(input, dim, keepdim, "argmax")


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the smallest element is: along one dimension, or in the flattened tensor."""
    return _Position.apply(input, dim, keepdim, "argmin")


class _Order(Function):
    """The indices that sort: integers, through which no gradient flows."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: int, descending: bool) -> Array:
        axis = axis_of(dim, x.ndim)
        xp = ctx.xp
        if not descending:
            return xp.argsort(x, axis=axis, kind="stable")
        backwards = xp.argsort(xp.flip(x, axis), axis=axis, kind="stable")  # -x may overflow
        return x.shape[axis] - 1 - xp.flip(backwards, axis)


def argsort(input: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    """The indices that put a dimension in order; equal elements keep theirs."""
    return _Order.apply(input, dim, descending)


def sort(input: Tensor, dim: int = -1, descending: bool = False) -> Extremum:
    """``(values, indices)`` in order along a dimension."""
    indices = argsort(input, dim, descending)
    return Extremum(gather(input, dim, indices), indices)


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True) -> Extremum:
    """The ``k`` largest (or smallest) along a dimension, best first, and their indices."""
    axis = axis_of(dim, input.ndim)
    if not 0 <= k <= input.shape[axis]:
        raise ValueError(f"topk: k={k}, but dimension {dim} has {input.shape[axis]} elements")
    indices = argsort(input, axis, descending=largest)[(slice(None),) * axis + (slice(0, k),)]
    return Extremum(gather(input, axis, indices), indices)
