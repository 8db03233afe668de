"""Normalization: subtract the mean, divide by the standard deviation, over chosen dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function, no_grad
from tinygen.backend import Array
from tinygen.ops import reduction

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["batch_norm", "layer_norm"]

Ctx = Any
Shape = tuple[int, ...]


class Standardize(Function):
    """x -> (x - mean) / std * weight + bias, and the mean and 1 / std that it used.

    S. Ioffe and C. Szegedy, "Batch normalization" (2015), algorithm 1 and section 3 for the
    gradient. The variance is the biased one, with eps added.
    """

    fills_missing = False

    @staticmethod
    def forward(
        ctx: Ctx,
        x: Array,
        axes: Shape,
        eps: float,
        weight: Array | None = None,
        bias: Array | None = None,
    ) -> tuple[Array, Array, Array]:
        ctx.axes = axes
        ctx.count = math.prod(x.shape[axis] for axis in axes)
        ctx.of_images = axes == (0, 2, 3) and x.size > 0
        fast = ctx.kernel("standardize") if ctx.of_images else None
        if fast is not None:
            y, mean, one_over_std = fast(x, eps, weight, bias)
        else:
            mean = x.mean(axis=axes, keepdims=True)
            y = x - mean
            one_over_std = 1 / ctx.xp.sqrt((y * y).mean(axis=axes, keepdims=True) + eps)
            y *= one_over_std
            if weight is not None:
                y *= weight
            if bias is not None:
                y += bias
        ctx.save_for_backward(x, mean, one_over_std, weight)
        return y, mean, one_over_std

    @staticmethod
    def backward(ctx: Ctx, grad: Any, grad_mean: Any, grad_scale: Any) -> Any:
        x, mean, one_over_std, weight = ctx.saved_tensors
        arguments = len(ctx.needs_input_grad)  # weight and bias may have been left out
        fast = ctx.kernel("standardize_backward", grad)
        if fast is not None and ctx.of_images and grad_mean is None and grad_scale is None:
            to_inputs = fast(grad, x, mean, one_over_std, weight)
            return (to_inputs[0], None, None, *to_inputs[1:])[:arguments]
        y = (x - mean) * one_over_std
        to_x: Any = 0.0
        to_weight: Any = None
        if grad is not None:
            to_y = grad if weight is None else grad * weight
            to_weight = None if weight is None else grad * y
            along_all = reduction.sum(to_y, ctx.axes, keepdim=True) * (1 / ctx.count)
            along_y = reduction.sum(to_y * y, ctx.axes, keepdim=True) * (1 / ctx.count)
            to_x = (to_y - along_all - y * along_y) * one_over_std
        if grad_mean is not None:
            to_x = to_x + reduction.expand(grad_mean * (1 / ctx.count), y.shape)
        if grad_scale is not None:
            to_x = to_x - grad_scale * one_over_std * one_over_std * y * (1 / ctx.count)
        return (to_x, None, None, to_weight, grad)[:arguments]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel over the batch and all positions.

    Parameters
    ----------
    input : Tensor of shape (N, C) or (N, C, ...)
    running_mean, running_var : Tensor of shape (C,), optional
        Used in evaluation; moved towards the batch's mean and unbiased variance in training.
    weight, bias : Tensor of shape (C,), optional
        Scale and shift after normalization.
    training : bool
        Normalize with the batch's own statistics, or with the running ones.
    momentum : float
        The share of the new statistics in the running ones.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        In training with a single value per channel, or in evaluation without statistics.
    """
    if input.ndim < 2:
        raise ValueError(f"batch_norm: input must be (N, C, ...), got shape {tuple(input.shape)}")
    channels = input.shape[1]
    by_channel = (1, channels) + (1,) * (input.ndim - 2)
    for name, given in (
        ("running_mean", running_mean), ("running_var", running_var),
        ("weight", weight), ("bias", bias),
    ):  # fmt: skip
        if given is not None and tuple(given.shape) != (channels,):
            raise ValueError(
                f"batch_norm: {name} has shape {tuple(given.shape)}, but the input "
                f"{tuple(input.shape)} has {channels} channels"
            )
    weight, bias = (v if v is None else v.reshape(by_channel) for v in (weight, bias))
    if training or running_mean is None or running_var is None:
        axes = (0, *range(2, input.ndim))
        count = math.prod(input.shape[axis] for axis in axes)
        if count < 2:
            raise ValueError(
                f"batch_norm: one value per channel (input {tuple(input.shape)}) has no variance: "
                "train with larger batches (drop_last=True), or call .eval() to use the running "
                "statistics"
            )
        y, mean, one_over_std = Standardize.apply(input, axes, eps, weight, bias)
        if running_mean is not None and running_var is not None:
            unbiased = (one_over_std.detach() ** -2 - eps) * (count / (count - 1))
            _move(running_mean, mean.detach(), momentum)
            _move(running_var, unbiased, momentum)
    else:
        scale = ((running_var + eps) ** -0.5).reshape(by_channel)
        y = (input - running_mean.reshape(by_channel)) * (
            scale if weight is None else scale * weight
        )
        y = y if bias is None else y + bias
    return y


def _move(running: Tensor, new: Tensor, momentum: float) -> None:
    with no_grad():
        running.mul_(1 - momentum).add_(new.reshape(-1), alpha=momentum)


def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each sample over its last dimensions.

    J. L. Ba et al., "Layer normalization" (2016).

    Parameters
    ----------
    input : Tensor of shape (..., *normalized_shape)
    normalized_shape : int or sequence of int
    weight, bias : Tensor of shape normalized_shape, optional
    eps : float
        Added to the variance.
    """
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not last or tuple(input.shape[-len(last) :]) != last:
        raise ValueError(
            f"layer_norm: the last dimensions of the input {tuple(input.shape)} are not {last}"
        )
    for name, given in (("weight", weight), ("bias", bias)):
        if given is not None and tuple(given.shape) != last:
            raise ValueError(f"layer_norm: {name} has shape {tuple(given.shape)}, wanted {last}")
    axes = tuple(range(input.ndim - len(last), input.ndim))
    return Standardize.apply(input, axes, eps, weight, bias)[0]
