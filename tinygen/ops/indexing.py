"""Picking elements and putting them back: each is the derivative of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function, Variable
from tinygen.backend import MODULES, Array
from tinygen.ops.reduction import axis_of

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = [
    "embedding", "gather", "getitem", "index_add", "index_select", "one_hot", "scatter",
    "scatter_add", "take_along_dim",
]  # fmt: skip

Ctx = Any
Shape = tuple[int, ...]


class GetItem(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, index: Any) -> Array:
        ctx.index, ctx.shape = index, x.shape
        return x[index]

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return PutItem.apply(grad, ctx.index, ctx.shape)


class PutItem(Function):
    """Zeros, with the values added at an index; those at a repeated index add up."""

    @staticmethod
    def forward(ctx: Ctx, values: Array, index: Any, shape: Shape) -> Array:
        ctx.index = index
        out = ctx.xp.zeros(shape, values.dtype)
        if _is_basic(index):
            out[index] = values
        else:
            ctx.xp.add.at(out, index, values)
        return out

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return GetItem.apply(grad, ctx.index)


def getitem(input: Tensor, index: Any) -> Tensor:
    """``input[index]``: integers, slices, None, Ellipsis, masks and integer tensors.

    Raises
    ------
    IndexError
        If an index is out of range or there are too many.
    """
    return GetItem.apply(input, as_index(input, index))


def as_index(input: Any, index: Any) -> Any:
    """An index with its Tensors and lists as arrays of the input's device."""
    if isinstance(index, tuple):
        return tuple(as_index(input, part) for part in index)
    if isinstance(index, Variable):
        index = index.data
    elif isinstance(index, list):
        array = input.data if isinstance(input, Variable) else input
        index = MODULES[type(array)].asarray(index)
    if getattr(index, "dtype", None) is not None and index.dtype.kind not in "biu":
        raise IndexError(f"an index must be integer or boolean, got {index.dtype}")
    return index


def _is_basic(index: Any) -> bool:
    """Whether an index selects each element at most once: no arrays in it, or one mask."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if type(part) in MODULES]
    return not arrays or all(part.dtype.kind == "b" for part in arrays)


class Gather(Function):
    """Along a dimension, the elements that an index of the same rank names."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: int, index: Array) -> Array:
        ctx.axis = axis_of(dim, x.ndim)
        ctx.index, ctx.shape = index, x.shape
        return x[_open_index(ctx.xp, index, ctx.axis)]

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return ScatterAdd.apply(grad, ctx.axis, ctx.index, ctx.shape)


class ScatterAdd(Function):
    """Zeros, with values added along a dimension where an index says."""

    @staticmethod
    def forward(ctx: Ctx, values: Array, axis: int, index: Array, shape: Shape) -> Array:
        ctx.axis, ctx.index = axis, index
        out = ctx.xp.zeros(shape, values.dtype)
        ctx.xp.add.at(out, _open_index(ctx.xp, index, axis), values)
        return out

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return Gather.apply(grad, ctx.axis, ctx.index)


def _open_index(xp: Any, index: Array, axis: int) -> tuple[Array, ...]:
    """The index along one axis beside the positions along the others, ready for ``x[...]``."""
    positions = []
    for other, length in enumerate(index.shape):
        shape = tuple(length if other == place else 1 for place in range(index.ndim))
        positions.append(index if other == axis else xp.arange(length).reshape(shape))
    return tuple(positions)


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for dim 0, and so on.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of integers, of the same rank
        No longer than ``input`` in the other dimensions.

    Raises
    ------
    ValueError
        If the ranks differ or the index is too long.
    IndexError
        If an index is out of range.
    """
    _check_index("gather", input.shape, dim, index)
    return Gather.apply(input, dim, index)


def take_along_dim(input: Tensor, indices: Tensor, dim: int) -> Tensor:
    """:func:`gather` with NumPy's name and order of arguments."""
    return gather(input, dim, indices)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of ``input`` with ``src`` added where ``index`` says; repeated ones add up."""
    _check_index("scatter_add", input.shape, dim, index)
    if tuple(src.shape) != tuple(index.shape):
        raise ValueError(
            f"scatter_add: src {tuple(src.shape)} and index {tuple(index.shape)} differ in shape"
        )
    axis = axis_of(dim, input.ndim)
    return input + ScatterAdd.apply(src, axis, index, tuple(input.shape))


def scatter(input: Tensor, dim: int, index: Tensor, src: Any) -> Tensor:
    """A copy of ``input`` with ``src`` (a Tensor or a number) stored where ``index`` says.

    The index must name no place twice: which value would stay is not defined on a GPU.
    """
    _check_index("scatter", input.shape, dim, index)
    axis = axis_of(dim, input.ndim)
    shape = tuple(input.shape)
    one = input.detach()[(0,) * input.ndim] * 0 + 1
    values: Any = src if isinstance(src, Variable) else one * src
    hits = ScatterAdd.apply(one.detach().expand(*index.shape), axis, index, shape)
    if bool((hits > 1).any()):
        raise ValueError("scatter: the index names a place twice; scatter_add sums such values")
    stored = ScatterAdd.apply(values.expand(*index.shape), axis, index, shape)
    return input * (hits == 0) + stored


def _check_index(op: str, shape: Shape, dim: int, index: Any) -> None:
    if index.dtype.kind not in "iu":
        raise TypeError(f"{op}: the index must be integers, got {index.dtype}")
    if len(index.shape) != len(shape):
        raise ValueError(f"{op}: index {tuple(index.shape)} and input {shape} differ in rank")
    axis = axis_of(dim, len(shape))
    for place, (wanted, there) in enumerate(zip(index.shape, shape, strict=True)):
        if place != axis and wanted > there:
            raise ValueError(
                f"{op}: index {tuple(index.shape)} is longer than input {shape} in dimension "
                f"{place}"
            )
    check_range(op, index, shape[axis])


def check_range(op: str, index: Any, length: int, what: str = "index") -> None:
    """Refuse integers outside [-length, length): on a GPU they would wrap around in silence."""
    values = index.data if isinstance(index, Variable) else index
    if values.size == 0:
        return
    low, high = int(values.min()), int(values.max())
    if low < -length or high >= length:
        wrong = low if low < -length else high
        raise IndexError(f"{op}: {what} {wrong} is out of range for {length} entries")


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along a dimension that an index vector names."""
    axis = axis_of(dim, input.ndim)
    check_range("index_select", index, input.shape[axis])
    return getitem(input, (*(slice(None),) * axis, index))


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of ``input`` with slices of ``source`` added where an index vector says."""
    axis = axis_of(dim, input.ndim)
    check_range("index_add", index, input.shape[axis])
    place = as_index(input, (*(slice(None),) * axis, index))
    return input + PutItem.apply(source, place, tuple(input.shape))


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Rows of a table.

    Parameters
    ----------
    input : Tensor of integers, any shape
    weight : Tensor of shape (num_embeddings, embedding_dim)
    padding_idx : int, optional
        A row that receives no gradient.

    Returns
    -------
    Tensor of shape (*input.shape, embedding_dim)

    Raises
    ------
    IndexError
        If an index is negative or not below ``num_embeddings``.
    """
    if input.dtype.kind not in "iu":
        raise TypeError(f"embedding: the input must be integers, got {input.dtype}")
    if input.data.size and int(input.data.min()) < 0:
        raise IndexError(f"embedding: index {int(input.data.min())} is negative")
    check_range("embedding", input, weight.shape[0])
    rows = getitem(weight, input)
    if padding_idx is None:
        return rows
    from tinygen.ops.elementwise import where

    is_padding = (input == padding_idx % weight.shape[0]).unsqueeze(-1)
    return where(is_padding, rows.detach(), rows)


class _OneHot(Function):
    sets_dtype = True

    @staticmethod
    def forward(ctx: Ctx, labels: Array, num_classes: int) -> Array:
        return (labels[..., None] == ctx.xp.arange(num_classes)).astype("int64")


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Integers as vectors of 0 with a single 1 (int64, as in PyTorch).

    Parameters
    ----------
    tensor : Tensor of integers, any shape
    num_classes : int
        The length of the vectors; -1 for the largest label plus one.
    """
    if tensor.dtype.kind not in "iu":
        raise TypeError(f"one_hot: labels must be integers, got {tensor.dtype}")
    if num_classes == -1:
        num_classes = int(tensor.data.max()) + 1
    if tensor.data.size and int(tensor.data.min()) < 0:
        raise IndexError(f"one_hot: label {int(tensor.data.min())} is negative")
    check_range("one_hot", tensor, num_classes, "label")
    return _OneHot.apply(tensor, num_classes)
