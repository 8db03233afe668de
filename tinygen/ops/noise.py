"""Ops that draw random numbers, all from the device's noise stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygen import backend
from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.backend.random import noise
from tinygen.ops.elementwise import exp

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["bernoulli", "dropout", "dropout2d", "randn_like", "reparameterize"]

Ctx = Any


class Dropout(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, p: float, shape: tuple[int, ...]) -> Array:
        kept = noise.uniform(shape, on=backend.of(x)) >= p
        ctx.mask = kept.astype(x.dtype) * (1 / (1 - p))
        return x * ctx.mask

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return grad * ctx.mask


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero each element with probability ``p`` and scale the others by ``1 / (1 - p)``.

    N. Srivastava et al., "Dropout" (2014), in the form that leaves evaluation unchanged.
    """
    return _dropped("dropout", input, p, training, tuple(input.shape))


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """:func:`dropout` of whole channels of images (N, C, H, W)."""
    if input.ndim != 4:
        raise ValueError(f"dropout2d: images are (N, C, H, W), got {tuple(input.shape)}")
    return _dropped("dropout2d", input, p, training, (*input.shape[:2], 1, 1))


def _dropped(op: str, input: Tensor, p: float, training: bool, shape: tuple[int, ...]) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p is a probability, got {p}")
    if not training or p == 0:
        return input
    return input * 0.0 if p == 1 else Dropout.apply(input, p, shape)


class Reparameterize(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, mu: Array, logvar: Array, eps: Array) -> Array:
        ctx.save_for_backward(logvar, eps)
        fast = ctx.kernel("reparameterize")
        if fast is None or not mu.dtype == logvar.dtype == eps.dtype:
            return mu + ctx.xp.exp(logvar * 0.5) * eps
        return fast(mu, logvar, eps)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        logvar, eps = ctx.saved_tensors
        fast = ctx.kernel("reparameterize_backward", grad)
        same_dtype = grad.dtype == logvar.dtype == eps.dtype
        if fast is not None and same_dtype and not ctx.needs_input_grad[2]:
            return grad, fast(grad, logvar, eps), None
        to_eps = grad * exp(logvar * 0.5)
        return grad, to_eps * eps * 0.5, to_eps


def reparameterize(mu: Tensor, logvar: Tensor, eps: Tensor | None = None) -> Tensor:
    """A sample of N(mu, exp(logvar)) that mu and logvar receive gradients through.

    ``mu + exp(logvar / 2) * eps``: D. P. Kingma and M. Welling, "Auto-encoding variational
    Bayes" (2014), section 2.4. The factor is the standard deviation, so half of the
    log-variance goes into the exponent.

    Parameters
    ----------
    mu, logvar : Tensor of one shape
    eps : Tensor of that shape, optional
        Standard normal noise; drawn if not given.
    """
    if tuple(mu.shape) != tuple(logvar.shape):
        raise ValueError(
            f"reparameterize: mu {tuple(mu.shape)} and logvar {tuple(logvar.shape)} differ in shape"
        )
    if eps is None:
        eps = randn_like(mu)
    elif tuple(eps.shape) != tuple(mu.shape):
        raise ValueError(
            f"reparameterize: eps {tuple(eps.shape)} and mu {tuple(mu.shape)} differ in shape"
        )
    return Reparameterize.apply(mu, logvar, eps)


class _Draw(Function):
    """Noise in the shape, dtype and place of an array."""

    @staticmethod
    def forward(ctx: Ctx, like: Array, kind: str) -> Array:
        draw = noise.normal if kind == "normal" else noise.uniform
        return draw(like.shape, like.dtype, backend.of(like))


def randn_like(input: Tensor) -> Tensor:
    """Standard normal numbers in the shape, dtype and place of a tensor."""
    return _Draw.apply(input.detach(), "normal")


def bernoulli(input: Tensor) -> Tensor:
    """1 with the probability that each element gives, else 0; without a gradient."""
    probabilities = input.detach()
    return (_Draw.apply(probabilities, "uniform") < probabilities).to(input.dtype)
