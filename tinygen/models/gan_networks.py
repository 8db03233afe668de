"""The networks of the GANs: generators from codes to pictures, discriminators to scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from tinygen.models.scale import Centred, ZeroToOne
from tinygen.nn import (
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Flatten,
    LeakyReLU,
    Module,
    ReLU,
    Sequential,
    Unflatten,
    init,
)
from tinygen.tensors import Tensor

__all__ = [
    "Discriminator", "conv_features", "conv_generator", "dense_layers", "draw_he_weights",
    "draw_small_weights", "times_halved",
]  # fmt: skip

SLOPE = 0.2
"""Of leaky ReLU below 0."""

SMALLEST = 4
"""Pixels of a side that convolutions leave."""


class Discriminator(Module):
    """Scores of samples: the higher, the more real.

    With labels a score is the sum of two, one for looking real and one for looking like the class:
    the projection of T. Miyato and M. Koyama, "cGANs with projection discriminator" (2018).

    Parameters
    ----------
    layers : Module
        From samples to features of shape (N, features).
    features : int
    labels : int
        The length of the one-hot labels of a sample, 0 for none.
    """

    def __init__(self, layers: Module, features: int, labels: int = 0) -> None:
        super().__init__()
        self.layers = layers
        self.score = Dense(features, 1)
        self.class_scores = Dense(features, labels, bias=False) if labels else None

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores, without a sigmoid.

        Parameters
        ----------
        samples : Tensor of shape (N, ...)
        labels : float Tensor of shape (N, labels), optional
            One-hot.

        Returns
        -------
        Tensor of shape (N,)
        """
        features = self.layers(samples)
        scores: Tensor = self.score(features).squeeze(1)
        if self.class_scores is None:
            return scores
        return scores + (self.class_scores(features) * labels).sum(1)


def dense_layers(sizes: Sequence[int], activation: Callable[[], Module]) -> list[Module]:
    """Dense layers from each size to the next, with an activation after each.

    Parameters
    ----------
    sizes : sequence of int
        Of the inputs and of every layer.
    activation : callable
        Makes one.

    Returns
    -------
    list of Module
    """
    return [part for pair in pairwise(sizes) for part in (Dense(*pair), activation())]


# ---- convolutions: A. Radford, L. Metz and S. Chintala, "Unsupervised representation learning
# with deep convolutional generative adversarial networks" (2016) ---------------------------------


def conv_generator(codes: int, picture_shape: tuple[int, int, int], width: int) -> Sequential:
    """From codes to pictures, by transposed convolutions that double the sides.

    Parameters
    ----------
    codes : int
        The length of a code.
    picture_shape : tuple of int
        Channels, height and width.
    width : int
        Channels of the largest maps; half the side has twice the channels.

    Returns
    -------
    Sequential
    """
    channels, height, breadth = picture_shape
    halved = times_halved(height, breadth)
    maps = [width << level for level in reversed(range(halved))]
    seed = (maps[0], height >> halved, breadth >> halved)
    layers: list[Module] = [
        Dense(codes, seed[0] * seed[1] * seed[2], bias=False),  # batch norm would undo a bias
        Unflatten(1, seed),
        BatchNorm2d(maps[0]),
        ReLU(),
    ]
    for pair in pairwise(maps):
        up = ConvTranspose2d(*pair, kernel_size=4, stride=2, padding=1, bias=False)
        layers += [up, BatchNorm2d(pair[1]), ReLU()]
    last = ConvTranspose2d(maps[-1], channels, kernel_size=4, stride=2, padding=1)
    return Sequential(*layers, last, ZeroToOne())


def conv_features(
    picture_shape: tuple[int, int, int], width: int, batch_norm: bool, hidden: int = 0
) -> tuple[Sequential, int]:
    """From pictures to features, by convolutions that halve the sides.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width.
    width : int
        Channels of the first convolution; half the side has twice the channels.
    batch_norm : bool
        Normalize the maps of every convolution but the first.
    hidden : int
        Units of a dense layer at the end, which sees the picture as a whole; 0 for none.

    Returns
    -------
    Sequential
    int
        The number of features.
    """
    channels, height, breadth = picture_shape
    halved = times_halved(height, breadth)
    maps = [width << level for level in range(halved)]
    first = Conv2d(channels, width, kernel_size=4, stride=2, padding=1)
    layers: list[Module] = [Centred(), first, LeakyReLU(SLOPE)]
    for pair in pairwise(maps):
        layers.append(Conv2d(*pair, kernel_size=4, stride=2, padding=1, bias=not batch_norm))
        layers += [BatchNorm2d(pair[1])] if batch_norm else []
        layers.append(LeakyReLU(SLOPE))
    layers.append(Flatten())
    features = maps[-1] * (height >> halved) * (breadth >> halved)
    if not hidden:
        return Sequential(*layers), features
    return Sequential(*layers, Dense(features, hidden), LeakyReLU(SLOPE)), hidden


def times_halved(height: int, width: int) -> int:
    """How often both sides can be halved before one is odd or less than 4 pixels are left.

    Raises
    ------
    ValueError
        If not even once.
    """
    times = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 2 * SMALLEST:
        height, width, times = height // 2, width // 2, times + 1
    if times == 0:
        raise ValueError(
            f"the convolutions of this GAN halve the sides of a picture: both must be even and at "
            f"least {2 * SMALLEST}, got {height} x {width}. Pad or resize the pictures, or take "
            "the dense GAN"
        )
    return times


# ---- weights ---------------------------------------------------------------------------------


def draw_small_weights(network: Module) -> None:
    """Weights from N(0, 0.02) and biases of 0 for what batch norm scales (Radford, section 4)."""
    for layer in _weighted(network):
        init.normal_(layer.weight, std=0.02)


def draw_he_weights(network: Module) -> None:
    """Weights that keep the scale of maps through leaky ReLU without batch norm (He, 2015)."""
    for layer in _weighted(network):
        init.kaiming_normal_(layer.weight, a=SLOPE)


def _weighted(network: Module) -> list[Dense | Conv2d | ConvTranspose2d]:
    """The layers with weights, their biases set to 0."""
    layers = [m for m in network.modules() if isinstance(m, Dense | Conv2d | ConvTranspose2d)]
    for layer in layers:
        if layer.bias is not None:
            init.zeros_(layer.bias)
    return layers
