"""Activation functions. Those that saturate or grow are written to stay finite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops import reduction
from tinygen.ops.elementwise import erf, exp, sigmoid, tanh, where
from tinygen.ops.reduction import axis_of

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = [
    "elu", "gelu", "leaky_relu", "log_softmax", "logsigmoid", "relu", "silu", "softmax", "softplus",
]  # fmt: skip

Ctx = Any


class ReLU(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        fast = ctx.kernel("relu")
        y = ctx.xp.maximum(x, 0) if fast is None else fast(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        fast = ctx.kernel("relu_backward", grad)
        return grad * (y > 0) if fast is None else fast(grad, y)


class LeakyReLU(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, slope: float) -> Array:
        xp = ctx.xp
        ctx.slope = slope
        ctx.save_for_backward(x)
        fast = ctx.kernel("leaky_relu")
        if fast is not None:
            return fast(x, slope)
        larger = xp.maximum if slope <= 1 else xp.minimum
        return larger(x, x * slope)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return LeakySlope.apply(grad, x, ctx.slope)


class LeakySlope(Function):
    """A gradient times the slope of leaky ReLU at x.

    It is linear in the gradient, and so its own derivative; the slope changes at x = 0 alone.
    """

    @staticmethod
    def forward(ctx: Ctx, grad: Array, x: Array, slope: float) -> Array:
        ctx.slope = slope
        ctx.save_for_backward(x)
        fast = ctx.kernel("leaky_relu_backward")
        if fast is not None:
            return fast(grad, x, slope)
        return ctx.xp.where(x > 0, grad, grad * slope)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return LeakySlope.apply(grad, x, ctx.slope), None


def relu(input: Tensor) -> Tensor:
    """``max(input, 0)``; its derivative at 0 is taken as 0."""
    return ReLU.apply(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """``input`` where it is positive, ``negative_slope * input`` elsewhere."""
    return LeakyReLU.apply(input, negative_slope)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``input`` where it is positive, ``alpha * (exp(input) - 1)`` elsewhere.

    D.-A. Clevert et al., "Fast and accurate deep network learning by exponential linear units"
    (2016).
    """
    positive = input > 0
    negative_part = where(positive, 0.0, input)  # exp must not see large inputs
    return where(positive, input, alpha * (exp(negative_part) - 1))


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """``input`` times the normal distribution function of ``input``.

    D. Hendrycks and K. Gimpel, "Gaussian error linear units" (2016).

    Parameters
    ----------
    input : Tensor
    approximate : {"none", "tanh"}
        Exact by the error function, or the paper's approximation by tanh.
    """
    if approximate == "none":
        return input * (0.5 * (1 + erf(input * math.sqrt(0.5))))
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input**3)
        return input * (0.5 * (1 + tanh(inner)))
    raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")


def silu(input: Tensor) -> Tensor:
    """``input * sigmoid(input)``, also called swish."""
    return input * sigmoid(input)


class Softplus(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        xp = ctx.xp
        ctx.save_for_backward(x)
        fast = ctx.kernel("softplus")
        if fast is not None:
            return fast(x)
        y = xp.abs(x, out=xp.empty_like(x))  # max(x, 0) + log(1 + exp(-|x|)), in one place
        xp.negative(y, out=y)
        xp.exp(y, out=y)
        xp.log1p(y, out=y)
        y += xp.maximum(x, 0)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        fast = ctx.kernel("softplus_backward", grad)
        return grad * sigmoid(x) if fast is None else fast(grad, x)


def softplus(input: Tensor, beta: float = 1.0) -> Tensor:
    """``log(1 + exp(beta * input)) / beta``, without overflow."""
    return Softplus.apply(input) if beta == 1 else Softplus.apply(input * beta) / beta


def logsigmoid(input: Tensor) -> Tensor:
    """``log(sigmoid(input))``, finite for every finite input."""
    return -Softplus.apply(-input)


class Softmax(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: int) -> Array:
        ctx.axis = axis_of(dim, x.ndim)
        y = ctx.xp.exp(x - _largest(x, ctx.axis))
        y /= y.sum(axis=ctx.axis, keepdims=True)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return y * (grad - reduction.sum(grad * y, ctx.axis, keepdim=True))


class LogSoftmax(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, dim: int) -> Array:
        ctx.axis = axis_of(dim, x.ndim)
        shifted = x - _largest(x, ctx.axis)
        y = shifted - ctx.xp.log(ctx.xp.exp(shifted).sum(axis=ctx.axis, keepdims=True))
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return grad - exp(y) * reduction.sum(grad, ctx.axis, keepdim=True)


def _largest(x: Array, axis: int) -> Array:
    if x.shape[axis] == 0:
        raise ValueError(f"softmax over a dimension without elements: shape {x.shape}")
    return x.max(axis=axis, keepdims=True)


def softmax(input: Tensor, dim: int = -1) -> Tensor:
    """``exp(input)`` divided by its sum along a dimension: probabilities."""
    return Softmax.apply(input, dim)


def log_softmax(input: Tensor, dim: int = -1) -> Tensor:
    """The logarithm of :func:`softmax`, finite where softmax underflows to 0."""
    return LogSoftmax.apply(input, dim)
