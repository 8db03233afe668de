"""Normalization of each sample by itself: over groups of channels, or each channel alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen.autograd import no_grad
from tinygen.ops.norm import Standardize, batch_norm
from tinygen.ops.shape import cat, reshape

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["group_norm", "instance_norm"]


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each sample over groups of neighbouring channels and all positions.

    Y. Wu and K. He, "Group normalization" (2018). Unlike batch normalization it does the same in
    training and evaluation, for batches of any size.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
    num_groups : int
        1 normalizes over all channels together, C each one alone.
    weight, bias : Tensor of shape (C,), optional
        Scale and shift of each channel after normalization.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor of the same shape

    Raises
    ------
    ValueError
        If the channels cannot be divided so, or a group has a single value.
    """
    if input.ndim < 2:
        raise ValueError(f"group_norm: input must be (N, C, ...), got shape {tuple(input.shape)}")
    batch, channels, *positions = input.shape
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            f"group_norm: the {channels} channels of input {tuple(input.shape)} cannot be divided "
            f"into num_groups={num_groups}"
        )
    _check_per_channel("group_norm", input, weight=weight, bias=bias)
    count = channels // num_groups * math.prod(positions)
    if count < 2:
        raise ValueError(
            f"group_norm: one value per group (input {tuple(input.shape)}, num_groups="
            f"{num_groups}) has no variance: use fewer groups"
        )
    groups = reshape(input, (batch, num_groups, count))
    y = Standardize.apply(groups, (2,), eps)[0]
    return _scaled(reshape(y, input.shape), weight, bias)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of each sample over its positions.

    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for
    fast stylization" (2016).

    Parameters
    ----------
    input : Tensor of shape (N, C, L...)
    running_mean, running_var : Tensor of shape (C,), optional
        Moved towards the mean over the batch of each sample's mean and unbiased variance; used
        in their place if ``use_input_stats`` is False.
    weight, bias : Tensor of shape (C,), optional
        Scale and shift of each channel after normalization.
    use_input_stats : bool
        Normalize with each sample's own statistics, or with the running ones.
    momentum : float
        The share of the new statistics in the running ones.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor of the same shape

    Raises
    ------
    ValueError
        If a channel has a single position, or the running statistics asked for are missing.
    """
    if input.ndim < 3:
        raise ValueError(
            f"instance_norm: input must be (N, C, L...), got shape {tuple(input.shape)}"
        )
    _check_per_channel(
        "instance_norm", input,
        running_mean=running_mean, running_var=running_var, weight=weight, bias=bias,
    )  # fmt: skip
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError(
                "instance_norm: use_input_stats=False needs running_mean and running_var"
            )
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    if math.prod(input.shape[2:]) < 2:
        raise ValueError(
            f"instance_norm: one position per channel (input {tuple(input.shape)}) has no "
            "variance: normalize before the image has shrunk so far, or use group_norm"
        )
    batch, channels, *positions = input.shape
    means = None if running_mean is None else cat([running_mean] * batch)
    variances = None if running_var is None else cat([running_var] * batch)
    as_one_sample = reshape(input, (1, batch * channels, *positions))
    y = batch_norm(as_one_sample, means, variances, None, None, True, momentum, eps)
    with no_grad():
        for running, moved in ((running_mean, means), (running_var, variances)):
            if running is not None and moved is not None:
                running.copy_(moved.reshape(batch, channels).mean(0))
    return _scaled(reshape(y, input.shape), weight, bias)


def _check_per_channel(op: str, input: Any, **given: Any) -> None:
    channels = input.shape[1]
    for name, value in given.items():
        if value is not None and tuple(value.shape) != (channels,):
            raise ValueError(
                f"{op}: {name} has shape {tuple(value.shape)}, but the input "
                f"{tuple(input.shape)} has {channels} channels"
            )


def _scaled(y: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Scale and shift each channel."""
    by_channel = (1, -1) + (1,) * (y.ndim - 2)
    if weight is not None:
        y = y * weight.reshape(by_channel)
    return y if bias is None else y + bias.reshape(by_channel)
