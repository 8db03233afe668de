"""Products of matrices and lengths of vectors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops import elementwise, extremes, reduction
from tinygen.ops.reduction import Dim, axes_of, reduced_shape, require_tensors
from tinygen.ops.shape import permute, reshape, transpose

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["bmm", "dot", "linear", "matmul", "mm", "norm", "outer"]

Ctx = Any


class MatMul(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        ctx.save_for_backward(a, b)
        fast = ctx.kernel("matmul")
        return ctx.xp.matmul(a, b) if fast is None else fast(a, b)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        a, b = ctx.saved_tensors
        needs_a, needs_b = ctx.needs_input_grad
        to_a = matmul(grad, transpose(b, -1, -2)) if needs_a else None
        to_b = matmul(transpose(a, -1, -2), grad) if needs_b else None
        return to_a, to_b


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, broadcast over leading dimensions; a vector counts as one row or column.

    Parameters
    ----------
    input : Tensor of shape (..., n, k) or (k,)
    other : Tensor of shape (..., k, m) or (k,)

    Returns
    -------
    Tensor of shape (..., n, m), without the dimension that a vector lacked.

    Raises
    ------
    ValueError
        If the inner lengths differ, or an operand has no dimension.
    """
    if input.ndim == 0 or other.ndim == 0:
        raise ValueError("matmul: an operand is a scalar; use * to scale")
    inner = other.shape[0] if other.ndim == 1 else other.shape[-2]
    if input.shape[-1] != inner:
        raise ValueError(
            f"matmul: shapes {tuple(input.shape)} and {tuple(other.shape)} do not fit: "
            f"{input.shape[-1]} columns against {inner} rows. Is one to be transposed?"
        )
    left = reshape(input, (1, -1)) if input.ndim == 1 else input
    right = reshape(other, (-1, 1)) if other.ndim == 1 else other
    product = MatMul.apply(left, right)
    shape = tuple(product.shape)
    if other.ndim == 1:
        shape = shape[:-1]
    if input.ndim == 1:
        shape = shape[:-2] + shape[len(shape) - (other.ndim > 1) :]
    return product if shape == tuple(product.shape) else reshape(product, shape)


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices."""
    return matmul(_with_dims(input, 2, "mm"), _with_dims(mat2, 2, "mm"))


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two equally long batches of matrices."""
    if _with_dims(input, 3, "bmm").shape[0] != _with_dims(mat2, 3, "bmm").shape[0]:
        raise ValueError(
            f"bmm: batches {tuple(input.shape)} and {tuple(mat2.shape)} differ in length; "
            "matmul broadcasts"
        )
    return matmul(input, mat2)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The inner product of two vectors."""
    return matmul(_with_dims(input, 1, "dot"), _with_dims(tensor, 1, "dot"))


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector with an element of another."""
    column = reshape(_with_dims(input, 1, "outer"), (-1, 1))
    return column * _with_dims(vec2, 1, "outer")


def _with_dims(x: Tensor, ndim: int, op: str) -> Tensor:
    if x.ndim != ndim:
        raise ValueError(f"{op}: expected {ndim} dimensions, got shape {tuple(x.shape)}")
    return x


class Linear(Function):
    """``x @ weight.T + bias`` as one product of matrices."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, weight: Array, bias: Array | None) -> Array:
        ctx.save_for_backward(x, weight)
        y = MatMul.apply(x.reshape(-1, x.shape[-1]), weight.T)
        if bias is not None:
            y += bias
        return y.reshape(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias = ctx.needs_input_grad
        rows = reshape(grad, (-1, grad.shape[-1]))
        to_x = reshape(matmul(rows, weight), x.shape) if needs_x else None
        to_weight = None
        if needs_weight:
            to_weight = matmul(permute(rows, 1, 0), reshape(x, (-1, x.shape[-1])))
        return to_x, to_weight, reduction.sum(rows, 0) if needs_bias else None


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A fully connected layer: ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor of shape (..., in_features)
    weight : Tensor of shape (out_features, in_features)
    bias : Tensor of shape (out_features,), optional

    Returns
    -------
    Tensor of shape (..., out_features)

    Raises
    ------
    ValueError
        If the number of features does not fit the weight.
    TypeError
        If the dtypes of input and weight differ.
    """
    require_tensors("linear", input=input, weight=weight)
    if input.ndim == 0 or weight.ndim != 2 or input.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"linear: input of shape {tuple(input.shape)} does not fit weight of shape "
            f"{tuple(weight.shape)} (out_features, in_features): the last dimension must be "
            "in_features. Images must be flattened first: flatten(x, 1)"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(
            f"linear: bias of shape {tuple(bias.shape)}, but weight {tuple(weight.shape)} wants "
            f"({weight.shape[0]},)"
        )
    if input.dtype != weight.dtype:
        raise TypeError(
            f"linear: input is {input.dtype} but the weight is {weight.dtype}: convert one with "
            ".to(dtype); NumPy's arrays are float64 unless told otherwise"
        )
    return Linear.apply(input, weight, bias)


def norm(input: Tensor, p: float = 2.0, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """``(sum |x| ** p) ** (1 / p)``; for p = 2 the gradient of a zero vector is 0.

    Parameters
    ----------
    input : Tensor
    p : float
        The order, positive; ``inf`` for the largest absolute value.
    dim : int or sequence of int, optional
    keepdim : bool
    """
    if p <= 0:
        raise ValueError(f"norm: the order p must be positive, got {p}")
    if p == math.inf:
        return extremes.amax(elementwise.abs(input), dim, keepdim)
    if p == 1:
        return reduction.sum(elementwise.abs(input), dim, keepdim)
    if p == 2:
        length = EuclideanNorm.apply(input, dim)
        return length if keepdim else length.reshape(reduced_shape(input.shape, dim))
    powers = elementwise.pow(elementwise.abs(input), p)
    return elementwise.pow(reduction.sum(powers, dim, keepdim), 1 / p)


class EuclideanNorm(Function):
    """The length of vectors, with keepdim."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: Dim) -> Array:
        y = ctx.xp.sqrt((x * x).sum(axis=axes_of(dim, x.ndim), keepdims=True))
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, y = ctx.saved_tensors
        return grad * x / elementwise.where(y == 0, 1.0, y)
