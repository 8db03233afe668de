"""Layers beyond the needs of the four model families, loaded when first asked for."""

from __future__ import annotations

from typing import Any

from tinygen.nn.loss import _Loss
from tinygen.nn.module import Module, Parameter
from tinygen.nn.normalization import _BatchNorm
from tinygen.ops import more as ops
from tinygen.ops.conv import Pair
from tinygen.ops.pool import pad
from tinygen.tensors import Tensor, ones, zeros

__all__ = [
    "CTCLoss", "Fold", "GroupNorm", "HingeEmbeddingLoss", "InstanceNorm2d", "MarginRankingLoss",
    "PixelShuffle", "PixelUnshuffle", "ReflectionPad2d", "ReplicationPad2d", "Unfold",
]  # fmt: skip


# ---- normalization ---------------------------------------------------------------------------


class GroupNorm(Module):
    """Normalize each sample over groups of channels, then scale and shift each channel.

    Parameters
    ----------
    num_groups, num_channels : int
        Into how many groups the channels are divided.
    eps : float
        Added to the variance.
    affine : bool
        Learn a scale and a shift.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_channels,) or None
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_channels={num_channels} cannot be divided into "
                f"num_groups={num_groups}"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        size = num_channels
        self.register_parameter("weight", Parameter(ones(size)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(size)) if affine else None)

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim < 2 or input.shape[1] != self.num_channels:
            raise ValueError(
                f"GroupNorm: the input has shape {input.shape}, wanted {self.num_channels} "
                "channels in its second dimension"
            )
        return ops.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class InstanceNorm2d(_BatchNorm):
    """Normalize each channel of each image (N, C, H, W) over its pixels.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float
        Added to the variance.
    momentum : float
        The share of the new statistics in the running ones.
    affine : bool
        Learn a scale and a shift.
    track_running_stats : bool
        Keep running statistics, and use them in evaluation. Without them each image is
        normalized by its own statistics, in evaluation too.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_features,) or None
    running_mean, running_var : Buffer of shape (num_features,) or None
    num_batches_tracked : Buffer, an integer that stays 0 as in PyTorch, or None
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats)
        self.affine = affine

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim != 4 or input.shape[1] != self.num_features:
            raise ValueError(
                f"InstanceNorm2d({self.num_features}): the input has shape {input.shape}; wanted "
                f"images (N, {self.num_features}, H, W)"
            )
        return ops.instance_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, self.momentum or 0.0, self.eps,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"{super().extra_repr()}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


# ---- pixels and windows ----------------------------------------------------------------------


class PixelShuffle(Module):
    """Channels become blocks of pixels; see :func:`tinygen.nn.functional.pixel_shuffle`."""

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return ops.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Blocks of pixels become channels; see :func:`tinygen.nn.functional.pixel_unshuffle`."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return ops.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class Unfold(Module):
    """Windows as columns; see :func:`tinygen.nn.functional.unfold`."""

    def __init__(
        self, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return ops.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Unfold):
    """Columns added back into images; see :func:`tinygen.nn.functional.fold`."""

    def __init__(
        self,
        output_size: Pair,
        kernel_size: Pair,
        dilation: Pair = 1,
        padding: Pair = 0,
        stride: Pair = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return ops.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"


class _BorderFromInside(Module):
    """A border around images: one width, or (left, right, top, bottom)."""

    mode = ""

    def __init__(self, padding: int | tuple[int, int, int, int]) -> None:
        super().__init__()
        self.padding = (padding,) * 4 if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad2d(_BorderFromInside):
    """Images continued by their mirror image: one width, or (left, right, top, bottom)."""

    mode = "reflect"


class ReplicationPad2d(_BorderFromInside):
    """Images continued by their outermost pixels: one width, or (left, right, top, bottom)."""

    mode = "replicate"


# ---- losses ----------------------------------------------------------------------------------


class HingeEmbeddingLoss(_Loss):
    """Distances small for alike pairs; see :func:`tinygen.nn.functional.hinge_embedding_loss`."""

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ops.hinge_embedding_loss(input, target, self.margin, self.reduction)

    def extra_repr(self) -> str:
        return f"margin={self.margin}, {super().extra_repr()}"


class MarginRankingLoss(_Loss):
    """The right score larger; see :func:`tinygen.nn.functional.margin_ranking_loss`."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return ops.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)

    def extra_repr(self) -> str:
        return f"margin={self.margin}, {super().extra_repr()}"


class CTCLoss(_Loss):
    """Texts whose letters have no known places; see :func:`tinygen.nn.functional.ctc_loss`."""

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(
        self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any
    ) -> Tensor:
        return ops.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
            self.zero_infinity,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"blank={self.blank}, {super().extra_repr()}, zero_infinity={self.zero_infinity}"
