"""Dense and convolutional layers, embedding, and the small ones between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygen import tensors
from tinygen.backend import layout
from tinygen.nn import init
from tinygen.nn.module import Module, Parameter
from tinygen.ops import conv, indexing, linalg, noise, shape
from tinygen.ops.conv import Pair, as_pair
from tinygen.tensors import Tensor

__all__ = [
    "Conv2d", "ConvTranspose2d", "Dense", "Dropout", "Dropout2d", "Embedding", "Flatten",
    "Identity", "Linear", "Reparameterize", "Unflatten",
]  # fmt: skip


class Dense(Module):
    """A fully connected layer: ``y = x @ weight.T + bias``. Also called ``Linear``.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool

    Attributes
    ----------
    weight : Parameter of shape (out_features, in_features)
        Drawn uniformly from +-1 / sqrt(in_features), as is the bias.
    bias : Parameter of shape (out_features,) or None
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        check_positive("Dense", in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(tensors.empty(out_features, in_features))
        self.register_parameter("bias", _bias(bias, out_features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        init.uniform_by_fan_in([self.weight, self.bias], self.in_features)

    def forward(self, input: Tensor) -> Tensor:
        return linalg.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"


Linear = Dense


class _Conv(Module):
    """What convolution and transposed convolution share."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair,
        padding: Any,
        dilation: Pair,
        groups: int,
        bias: bool,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        check_positive(name, in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: {in_channels} and {out_channels} channels do not divide by "
                f"groups={groups}"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.dilation = map(as_pair, (kernel_size, stride, dilation))
        check_positive(name, kernel_size=min(self.kernel_size), stride=min(self.stride))
        check_positive(name, dilation=min(self.dilation))
        self.padding: Any = padding if isinstance(padding, str) else as_pair(padding)
        self.groups = groups
        shape = (*self._weight_channels(), *self.kernel_size)
        self.weight = Parameter(Tensor(layout.empty_images(shape, np.float32)))
        self.register_parameter("bias", _bias(bias, out_channels))
        self.reset_parameters()

    def _weight_channels(self) -> tuple[int, int]:
        return self.out_channels, self.in_channels // self.groups

    def reset_parameters(self) -> None:
        """Draw new weights: uniform on +-1 / sqrt(fan_in), as PyTorch does."""
        init.uniform_by_fan_in([self.weight, self.bias], math.prod(self.weight.shape[1:]))

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding!r}, dilation={self.dilation}, "
            f"groups={self.groups}, bias={self.bias is not None}"
        )


class Conv2d(_Conv):
    """Convolution of images (N, C, H, W); see :func:`tinygen.nn.functional.conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or pair of int
    padding : int, pair of int, "same" or "valid"
    groups : int
    bias : bool

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels / groups, KH, KW)
    bias : Parameter of shape (out_channels,) or None
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias
        )

    def forward(self, input: Tensor) -> Tensor:
        return conv.conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class ConvTranspose2d(_Conv):
    """Transposed convolution; see :func:`tinygen.nn.functional.conv_transpose2d`.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, output_padding : int or pair of int
    groups : int
    bias : bool
    dilation : int or pair of int

    Attributes
    ----------
    weight : Parameter of shape (in_channels, out_channels / groups, KH, KW)
    bias : Parameter of shape (out_channels,) or None
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias
        )
        self.output_padding = as_pair(output_padding)

    def _weight_channels(self) -> tuple[int, int]:
        return self.in_channels, self.out_channels // self.groups

    def forward(self, input: Tensor) -> Tensor:
        return conv.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, self.output_padding,
            self.groups, self.dilation,
        )  # fmt: skip


class Embedding(Module):
    """A table of vectors, looked up by integers.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
    padding_idx : int, optional
        A row of zeros that is not trained.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        Standard normal.
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None
    ) -> None:
        super().__init__()
        check_positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise IndexError(f"Embedding: padding_idx {padding_idx} is not among {num_embeddings}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx
        self.weight = Parameter(tensors.empty(num_embeddings, embedding_dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw a new table."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        return indexing.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Reparameterize(Module):
    """Sample ``mu + exp(logvar / 2) * eps`` so that gradients reach mu and logvar.

    Parameters
    ----------
    sample : bool
        False gives the mean instead, as one wants when encoding.
    """

    def __init__(self, sample: bool = True) -> None:
        super().__init__()
        self.sample = sample

    def forward(self, mu: Tensor, logvar: Tensor, eps: Tensor | None = None) -> Tensor:
        return noise.reparameterize(mu, logvar, eps) if self.sample else mu

    def extra_repr(self) -> str:
        return f"sample={self.sample}"


class Dropout(Module):
    """In training, zero elements with probability ``p`` and scale the others by 1 / (1 - p)."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p is a probability, got {p}")
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        return noise.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout2d(Dropout):
    """:class:`Dropout` of whole channels of images."""

    def forward(self, input: Tensor) -> Tensor:
        return noise.dropout2d(input, self.p, self.training)


class Identity(Module):
    """The input, unchanged."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """Merge dimensions; by default all but the batch."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return shape.flatten(input, self.start_dim, self.end_dim)


class Unflatten(Module):
    """Split one dimension into several."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        return shape.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


def _bias(wanted: bool, size: int) -> Parameter | None:
    return Parameter(tensors.empty(size)) if wanted else None


def check_positive(layer: str, **sizes: int) -> None:
    """Refuse sizes that no layer can have."""
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"{layer}: {name} must be a positive integer, got {size!r}")
