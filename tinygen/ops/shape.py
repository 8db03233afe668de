"""Changing the shape or the order of elements, joining and splitting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops.reduction import axes_of, axis_of, expand

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = [
    "broadcast_to", "cat", "chunk", "concatenate", "contiguous", "flatten", "flip", "movedim",
    "permute", "repeat", "reshape", "roll", "split", "squeeze", "stack", "t", "tile", "transpose",
    "unbind", "unflatten", "unsqueeze",
]  # fmt: skip

Ctx = Any
Shape = tuple[int, ...]


class Reshape(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, shape: Shape) -> Array:
        ctx.shape = x.shape
        return x.reshape(shape)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return reshape(grad, ctx.shape)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements, in order, in another shape; one length may be -1.

    Raises
    ------
    ValueError
        If the number of elements does not fit.
    """
    return Reshape.apply(input, _given(shape))


def _given(values: tuple[Any, ...]) -> Shape:
    """``f(2, 3)`` and ``f((2, 3))`` alike."""
    return tuple(values[0]) if len(values) == 1 and not isinstance(values[0], int) else values


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge the dimensions from ``start_dim`` to ``end_dim`` into one."""
    if input.ndim == 0:
        return reshape(input, (1,))
    start, end = axis_of(start_dim, input.ndim), axis_of(end_dim, input.ndim)
    if start > end:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    merged = math.prod(input.shape[start : end + 1])
    return reshape(input, (*input.shape[:start], merged, *input.shape[end + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one dimension into several; one of the sizes may be -1."""
    axis = axis_of(dim, input.ndim)
    sizes = tuple(sizes)
    if -1 in sizes:
        known = math.prod(n for n in sizes if n != -1)
        sizes = tuple(input.shape[axis] // known if n == -1 else n for n in sizes)
    if math.prod(sizes) != input.shape[axis]:
        raise ValueError(
            f"unflatten: {tuple(sizes)} has {math.prod(sizes)} elements, dimension {dim} has "
            f"{input.shape[axis]}"
        )
    return reshape(input, (*input.shape[:axis], *sizes, *input.shape[axis + 1 :]))


def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Drop dimensions of length 1: all of them, or those named that have length 1."""
    axes = axes_of(dim, input.ndim)
    kept = [n for axis, n in enumerate(input.shape) if not (axis in axes and n == 1)]
    return reshape(input, tuple(kept))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of length 1."""
    axis = axis_of(dim, input.ndim + 1)
    return reshape(input, (*input.shape[:axis], 1, *input.shape[axis:]))


class Permute(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, order: Shape) -> Array:
        ctx.order = order
        return x.transpose(order)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        inverse = sorted(range(len(ctx.order)), key=ctx.order.__getitem__)
        return Permute.apply(grad, tuple(inverse))


def permute(input: Tensor, *dims: Any) -> Tensor:
    """Put the dimensions in another order."""
    order = axes_of(_given(dims), input.ndim)
    if len(order) != input.ndim:
        raise ValueError(f"permute: {dims} does not name each of {input.ndim} dimensions once")
    return Permute.apply(input, order)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dimensions."""
    order = list(range(input.ndim))
    first, second = axis_of(dim0, input.ndim), axis_of(dim1, input.ndim)
    order[first], order[second] = second, first
    return Permute.apply(input, tuple(order))


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector stays as it is."""
    if input.ndim > 2:
        raise ValueError(f"t() is for matrices, got {input.ndim} dimensions: use transpose")
    return input if input.ndim < 2 else transpose(input, 0, 1)


def movedim(input: Tensor, source: int, destination: int) -> Tensor:
    """Move one dimension to another place; the others keep their order."""
    start, end = axis_of(source, input.ndim), axis_of(destination, input.ndim)
    order = [axis for axis in range(input.ndim) if axis != start]
    order.insert(end, start)
    return Permute.apply(input, tuple(order))


class Contiguous(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        return ctx.xp.ascontiguousarray(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return grad


def contiguous(input: Tensor) -> Tensor:
    """The same values in C order in memory."""
    return input if input.is_contiguous() else Contiguous.apply(input)


def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """Stretch to a shape as broadcasting does, without copying."""
    return expand(input, tuple(shape))


class Flip(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, axes: Shape) -> Array:
        ctx.axes = axes
        return ctx.xp.flip(x, axis=axes).copy()

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return Flip.apply(grad, ctx.axes)


def flip(input: Tensor, *dims: Any) -> Tensor:
    """Reverse the order along some dimensions."""
    return Flip.apply(input, axes_of(_given(dims), input.ndim))


class Roll(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, shifts: Any, dims: Any) -> Array:
        ctx.shifts, ctx.dims = shifts, dims
        return ctx.xp.roll(x, shifts, axis=dims)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        shifts = ctx.shifts
        back = -shifts if isinstance(shifts, int) else tuple(-shift for shift in shifts)
        return Roll.apply(grad, back, ctx.dims)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Shift along dimensions; what leaves at one end enters at the other."""
    return Roll.apply(input, shifts, dims)


# ---- joining and splitting -------------------------------------------------------------------


class Cat(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, *parts: Array, dim: int) -> Array:
        ctx.axis = axis_of(dim, parts[0].ndim)
        ctx.sizes = [part.shape[ctx.axis] for part in parts]
        return ctx.xp.concatenate(parts, axis=ctx.axis)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return tuple(split(grad, ctx.sizes, ctx.axis))


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along an existing dimension; their other lengths must agree.

    Raises
    ------
    ValueError
        If there are none, or their shapes differ in another dimension.
    """
    tensors = list(tensors)
    if not tensors:
        raise ValueError("cat needs at least one tensor, got an empty list")
    return Cat.apply(*tensors, dim=dim)


concatenate = cat


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension."""
    tensors = list(tensors)
    if not tensors:
        raise ValueError("stack needs at least one tensor, got an empty list")
    shapes = {tuple(tensor.shape) for tensor in tensors}
    if len(shapes) > 1:
        raise ValueError(f"stack needs tensors of one shape, got {sorted(shapes)}")
    return cat([unsqueeze(tensor, dim) for tensor in tensors], dim)


class Split(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, sizes: Sequence[int], axis: int) -> tuple[Array, ...]:
        ctx.axis = axis
        cuts = [sum(sizes[:number]) for number in range(1, len(sizes))]
        return tuple(ctx.xp.split(x, cuts, axis=axis))

    @staticmethod
    def backward(ctx: Ctx, *grads: Any) -> Any:
        return cat(grads, ctx.axis)


def split(input: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut into pieces of one length (the last may be shorter), or of the lengths given."""
    axis = axis_of(dim, input.ndim)
    total = input.shape[axis]
    if isinstance(split_size, int):
        if split_size <= 0:
            raise ValueError(f"split: the size of a piece must be positive, got {split_size}")
        starts = range(0, max(total, 1), split_size)
        sizes = [min(split_size, total - start) for start in starts]
    else:
        sizes = list(split_size)
        if math.fsum(sizes) != total:
            raise ValueError(f"split: sizes {sizes} do not add up to {total}, dimension {dim}")
    return Split.apply(input, sizes, axis)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut into at most that many pieces of equal length (the last may be shorter)."""
    if chunks <= 0:
        raise ValueError(f"chunk: the number of pieces must be positive, got {chunks}")
    axis = axis_of(dim, input.ndim)
    return split(input, max(1, -(-input.shape[axis] // chunks)), axis)


class Unbind(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, axis: int) -> tuple[Array, ...]:
        ctx.axis = axis
        return tuple(ctx.xp.moveaxis(x, axis, 0))

    @staticmethod
    def backward(ctx: Ctx, *grads: Any) -> Any:
        return stack(grads, ctx.axis)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which is dropped."""
    axis = axis_of(dim, input.ndim)
    return Unbind.apply(input, axis) if input.shape[axis] else ()


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Tile the whole tensor, so many times along each dimension."""
    times = _given(repeats)
    lead = len(times) - input.ndim
    if lead < 0:
        raise ValueError(f"repeat: {times} is shorter than the {input.ndim} dimensions it repeats")
    shape = (1,) * lead + tuple(input.shape)
    interleaved = tuple(n for length in shape for n in (1, length))
    target = tuple(n for time, length in zip(times, shape, strict=True) for n in (time, length))
    total = tuple(time * length for time, length in zip(times, shape, strict=True))
    return reshape(expand(reshape(input, interleaved), target), total)


def tile(input: Tensor, *dims: Any) -> Tensor:
    """As :func:`repeat`, but missing leading repeats count as 1."""
    times = _given(dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + times)
