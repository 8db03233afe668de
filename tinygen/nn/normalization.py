"""Batch and layer normalization."""

from __future__ import annotations

from collections.abc import Sequence

from tinygen import tensors
from tinygen.nn.layers import check_positive
from tinygen.nn.module import Buffer, Module, Parameter
from tinygen.ops import norm
from tinygen.tensors import Tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "LayerNorm"]


class _BatchNorm(Module):
    """Normalize each channel over the batch, then scale and shift it.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float
        Added to the variance.
    momentum : float or None
        The share of the new statistics in the running ones; None for the plain mean of all.
    affine : bool
        Learn a scale and a shift.
    track_running_stats : bool
        Keep running statistics for evaluation.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_features,) or None
    running_mean, running_var : Buffer of shape (num_features,) or None
    num_batches_tracked : Buffer, an integer, or None
    """

    dims: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__()
        check_positive(type(self).__name__, num_features=num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.track_running_stats = track_running_stats
        self.register_parameter("weight", Parameter(tensors.ones(num_features)) if affine else None)
        self.register_parameter("bias", Parameter(tensors.zeros(num_features)) if affine else None)
        for name, initial in (
            ("running_mean", tensors.zeros(num_features)),
            ("running_var", tensors.ones(num_features)),
            ("num_batches_tracked", tensors.tensor(0)),
        ):
            self.register_buffer(name, Buffer(initial) if track_running_stats else None)

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in self.dims or input.shape[1] != self.num_features:
            raise ValueError(
                f"{type(self).__name__}({self.num_features}): the input has shape {input.shape}; "
                f"wanted {' or '.join(map(str, self.dims))} dimensions and {self.num_features} "
                "channels in the second"
            )
        momentum = self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if momentum is None:
                momentum = 1 / int(self.num_batches_tracked)
        return norm.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, self.training,
            momentum or 0.0, self.eps,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(_BatchNorm):
    """Batch normalization of (N, C) or (N, C, L)."""

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalization of images (N, C, H, W)."""

    dims = (4,)


class LayerNorm(Module):
    """Normalize each sample over its last dimensions, then scale and shift each element.

    Parameters
    ----------
    normalized_shape : int or sequence of int
    eps : float
    elementwise_affine : bool
        Learn a scale and a shift.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
    ) -> None:
        super().__init__()
        if isinstance(normalized_shape, int):
            normalized_shape = (normalized_shape,)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        size, affine = self.normalized_shape, elementwise_affine
        self.register_parameter("weight", Parameter(tensors.ones(size)) if affine else None)
        self.register_parameter("bias", Parameter(tensors.zeros(size)) if affine else None)

    def forward(self, input: Tensor) -> Tensor:
        return norm.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"
