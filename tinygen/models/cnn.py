"""Convolutional networks that say what a picture shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape, evaluating
from tinygen.nn import (
    BatchNorm2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
)
from tinygen.nn import functional as F
from tinygen.ops.shape import cat, split
from tinygen.tensors import Tensor, tensor

__all__ = ["Classifier", "FastCNN", "FiveBlockCNN", "LeNet5", "ResNet"]

CHUNK = 500
"""How many pictures are looked at together where no gradient is wanted; it bounds the memory."""


class Classifier(Model):
    """What all classifiers of pictures share: they give a logit for each class.

    They take pixels as they are, from 0 to 1, and standardize them by what they were told of the
    training pictures; so a checkpoint is all that is needed to use one.

    A kind of classifier has three parts: ``convolutions`` make maps out of standardized pictures,
    ``hidden`` makes a vector out of maps, and ``output``, a dense layer with nothing behind it,
    makes logits out of the vector.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width.
    mean, std : float, or sequence of one float for each channel
        Of the training pixels: (x - mean) / std goes into the first convolution.

    Raises
    ------
    ValueError
        If a standard deviation is not positive, or there is not one number for each channel.
    """

    convolutions: Module
    hidden: Module
    output: Dense

    def __init__(
        self, picture_shape: Shape, mean: float | Sequence[float], std: float | Sequence[float]
    ) -> None:
        super().__init__(picture_shape)
        self.register_buffer("mean", self._per_channel("mean", mean))
        self.register_buffer("std", self._per_channel("std", std))
        if not (self.std > 0).all().item():
            raise ValueError(
                f"{type(self).__name__} divides by std, which must be positive, got {std}"
            )

    def _per_channel(self, name: str, values: float | Sequence[float]) -> Tensor:
        """A number for each channel, of shape (channels, 1, 1)."""
        channels = self.picture_shape[0]
        given = list(values) if isinstance(values, Sequence) else [values] * channels
        if len(given) != channels:
            raise ValueError(
                f"{type(self).__name__}: pictures of {channels} channels need as many values of "
                f"{name}, got {values}"
            )
        return tensor([float(value) for value in given]).reshape(channels, 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of pictures.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, classes)
        """
        return self.output(self.forward_features(images))

    def forward_features(self, images: Tensor) -> Tensor:
        """What the last layer sees of pictures, with gradients and in the mode the model is in.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, D)
        """
        standardized = (images - self.mean) / self.std
        return self.hidden(self.convolutions(standardized))

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return the mean cross-entropy of a batch in nats, and the share of right answers."""
        images, labels = batch
        logits = self(images)
        right = (logits.detach().argmax(1) == labels).to(logits.dtype)
        return F.cross_entropy(logits, labels), {"accuracy": right.mean()}

    # ---- use ---------------------------------------------------------------------------------

    def predict(self, pictures: Tensor) -> Tensor:
        """Return the most probable class of each picture.

        Like the two methods below it works without gradients, in evaluation mode, on a bounded
        number of pictures at a time; the modes are then as before.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        int64 Tensor of shape (N,)

        Raises
        ------
        ValueError, TypeError
            If they are not this model's pictures.
        """
        return self._in_chunks(lambda part: self(part).argmax(1), pictures)

    def predict_proba(self, pictures: Tensor) -> Tensor:
        """Return the probability of each class, as :meth:`predict` takes pictures.

        Returns
        -------
        Tensor of shape (N, classes)
            Rows that add up to 1.
        """
        return self._in_chunks(lambda part: F.softmax(self(part), 1), pictures)

    def features(self, pictures: Tensor) -> Tensor:
        """Return what the last layer sees of pictures, as :meth:`predict` takes them.

        Pictures that look alike to the model are near to each other there.

        Returns
        -------
        Tensor of shape (N, D)
        """
        return self._in_chunks(self.forward_features, pictures)

    def _in_chunks(self, compute: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
        self.check_pictures(pictures)
        with evaluating(self), no_grad():
            return cat([compute(part) for part in split(pictures, CHUNK)])


# ---- the networks ------------------------------------------------------------------------------


class FastCNN(Classifier):
    """Two convolutions and two dense layers: small, and 99 % right on MNIST after one epoch.

    The network of github.com/tuomaso/train_mnist_fast, 1.24 million multiplications for a picture
    of 28 x 28: 5 x 5 convolution to 24 channels, 2 x 2 maximum, ReLU; 3 x 3 convolution to 32
    channels, 2 x 2 maximum, ReLU; 256 hidden units, ReLU. The maximum is taken before the ReLU,
    which gives the same for a quarter of the work.

    Parameters
    ----------
    classes : int
        How many logits it gives.
    dropout : float
        The probability with which an input of either dense layer is zeroed in training.
    batch_norm : bool
        Normalize what each convolution gives over the batch.
    picture_shape : tuple of int
        Channels, height and width; at least 12 x 12 pixels.
    mean, std : float, or sequence of one float for each channel
        Of the training pixels, as for :class:`Classifier`.

    Raises
    ------
    ValueError
        If the pictures are too small, or a standard deviation is not positive.

    Examples
    --------
    >>> import tinygen as tg
    >>> FastCNN()(tg.rand(5, 1, 28, 28)).shape
    (5, 10)
    """

    name = "cnn"

    def __init__(
        self,
        classes: int = 10,
        dropout: float = 0.0,
        batch_norm: bool = False,
        picture_shape: Shape = (1, 28, 28),
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__(picture_shape, mean, std)
        pixels = _pixels_left(self, kernels=(5, 3))
        self.convolutions = Sequential(
            *_convolution(picture_shape[0], 24, 5, batch_norm), MaxPool2d(2), ReLU(),
            *_convolution(24, 32, 3, batch_norm), MaxPool2d(2), ReLU(),
        )  # fmt: skip
        self.hidden = Sequential(
            Flatten(), Dropout(dropout), Dense(32 * pixels, 256), ReLU(), Dropout(dropout)
        )
        self.output = Dense(256, classes)


class LeNet5(Classifier):
    """LeNet-5 in the form in which it is taught today: 61,706 weights for digits of 28 x 28.

    5 x 5 convolution to 6 channels, ReLU, 2 x 2 maximum; 5 x 5 convolution to 16 channels, ReLU,
    2 x 2 maximum; 120 and 84 hidden units, ReLU. Pictures with fewer than 32 pixels on a side get a
    border of 2, so that digits of 28 x 28 fill the 32 x 32 that the network was drawn for.

    In the original (Y. LeCun et al., "Gradient-based learning applied to document recognition",
    1998, section II.B) the activation is a scaled tanh; in place of each maximum stands a mean with
    a trained factor and bias; the second convolution joins only 60 of the 96 pairs of channels; and
    the classes are told by distances to drawn patterns, where here are logits.

    Parameters
    ----------
    classes : int
        How many logits it gives.
    dropout : float
        The probability with which an input of a dense layer is zeroed in training.
    batch_norm : bool
        Normalize what each convolution gives over the batch.
    picture_shape : tuple of int
        Channels, height and width; at least 12 x 12 pixels.
    mean, std : float, or sequence of one float for each channel
        Of the training pixels, as for :class:`Classifier`.

    Raises
    ------
    ValueError
        If the pictures are too small, or a standard deviation is not positive.
    """

    name = "lenet"

    def __init__(
        self,
        classes: int = 10,
        dropout: float = 0.0,
        batch_norm: bool = False,
        picture_shape: Shape = (1, 28, 28),
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__(picture_shape, mean, std)
        border = 2 if min(picture_shape[1:]) < 32 else 0
        pixels = _pixels_left(self, kernels=(5, 5), border=border)
        self.convolutions = Sequential(
            *_convolution(picture_shape[0], 6, 5, batch_norm, padding=border), ReLU(), MaxPool2d(2),
            *_convolution(6, 16, 5, batch_norm), ReLU(), MaxPool2d(2),
        )  # fmt: skip
        self.hidden = Sequential(
            Flatten(),
            Dropout(dropout), Dense(16 * pixels, 120), ReLU(),
            Dropout(dropout), Dense(120, 84), ReLU(),
            Dropout(dropout),
        )  # fmt: skip
        self.output = Dense(84, classes)


class FiveBlockCNN(Classifier):
    """Five blocks of convolution, ReLU and maximum, then 1024 hidden units.

    The convolutions are 3 x 3 and keep the size; their 32, 64, 128, 256 and 512 channels double
    from block to block, while each 2 x 2 maximum halves the sides. Five halvings leave nothing of
    28 pixels (28, 14, 7, 3, 1, 0), so an odd side is padded by one before its maximum: 28, 14, 7,
    4, 2, 1. It is VGG in small (K. Simonyan and A. Zisserman, "Very deep convolutional networks
    for large-scale image recognition", 2015), whose five halvings are meant for pictures of 224
    pixels; for digits two are enough.

    Parameters
    ----------
    classes : int
        How many logits it gives.
    dropout : float
        The probability with which a hidden unit is zeroed in training.
    batch_norm : bool
        Normalize what each convolution gives over the batch.
    picture_shape : tuple of int
        Channels, height and width.
    mean, std : float, or sequence of one float for each channel
        Of the training pixels, as for :class:`Classifier`.

    Raises
    ------
    ValueError
        If a standard deviation is not positive.
    """

    name = "five-blocks"

    def __init__(
        self,
        classes: int = 10,
        dropout: float = 0.5,
        batch_norm: bool = False,
        picture_shape: Shape = (1, 28, 28),
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__(picture_shape, mean, std)
        channels, height, width = picture_shape
        blocks: list[Module] = []
        for outputs in (32, 64, 128, 256, 512):
            blocks += _convolution(channels, outputs, 3, batch_norm, padding="same")
            blocks += [ReLU(), MaxPool2d(2, padding="same")]
            channels = outputs
        pixels = math.ceil(height / 32) * math.ceil(width / 32)
        self.convolutions = Sequential(*blocks)
        self.hidden = Sequential(Flatten(), Dense(512 * pixels, 1024), ReLU(), Dropout(dropout))
        self.output = Dense(1024, classes)


class ResNet(Classifier):
    """A small residual network for small colour pictures, of depth ``6 * blocks + 2``.

    That of K. He et al., "Deep residual learning for image recognition" (2015), section 4.2: a
    3 x 3 convolution; three stages of residual blocks with 16, 32 and 64 channels, the second and
    the third at half the size of the stage before; the mean of each map. Where the shape changes
    the shortcut is a 1 x 1 convolution (option B of section 4.1), otherwise the identity.

    Parameters
    ----------
    classes : int
        How many logits it gives.
    dropout : float
        The probability with which an input of the last layer is zeroed in training.
    batch_norm : bool
        Normalize what each convolution gives over the batch.
    blocks : int
        Residual blocks in each stage: 1 makes ResNet-8, 2 ResNet-14, 3 ResNet-20.
    picture_shape : tuple of int
        Channels, height and width.
    mean, std : float, or sequence of one float for each channel
        Of the training pixels, as for :class:`Classifier`.

    Raises
    ------
    ValueError
        If there is no block, or a standard deviation is not positive.
    """

    name = "resnet"

    def __init__(
        self,
        classes: int = 10,
        dropout: float = 0.0,
        batch_norm: bool = True,
        blocks: int = 1,
        picture_shape: Shape = (3, 32, 32),
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__(picture_shape, mean, std)
        if blocks < 1:
            raise ValueError(f"ResNet needs at least one block in each stage, got blocks={blocks}")
        layers: list[Module] = [
            *_convolution(picture_shape[0], 16, 3, batch_norm, padding=1), ReLU()
        ]  # fmt: skip
        channels = 16
        for outputs in (16, 32, 64):
            for number in range(blocks):
                stride = 2 if number == 0 and outputs > 16 else 1
                layers.append(_ResidualBlock(channels, outputs, stride, batch_norm))
                channels = outputs
        self.convolutions = Sequential(*layers)
        self.hidden = Sequential(GlobalAvgPool2d(), Dropout(dropout))
        self.output = Dense(64, classes)


class _ResidualBlock(Module):
    """``relu(residual(x) + shortcut(x))``: the convolutions learn what is to be added to x."""

    def __init__(self, inputs: int, outputs: int, stride: int, batch_norm: bool) -> None:
        super().__init__()
        self.residual = Sequential(
            *_convolution(inputs, outputs, 3, batch_norm, stride=stride, padding=1), ReLU(),
            *_convolution(outputs, outputs, 3, batch_norm, padding=1),
        )  # fmt: skip
        self.shortcut: Module = Identity()
        if (inputs, stride) != (outputs, 1):
            self.shortcut = Sequential(*_convolution(inputs, outputs, 1, batch_norm, stride=stride))

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(self.residual(maps) + self.shortcut(maps))


def _convolution(
    inputs: int, outputs: int, kernel_size: int, batch_norm: bool, **geometry: Any
) -> list[Module]:
    """A convolution, with or without batch normalization, whose shift makes a bias useless."""
    layer = Conv2d(inputs, outputs, kernel_size, bias=not batch_norm, **geometry)
    return [layer, BatchNorm2d(outputs)] if batch_norm else [layer]


def _pixels_left(model: Classifier, kernels: Sequence[int], border: int = 0) -> int:
    """Pixels of a map after two convolutions without padding, each followed by a 2 x 2 maximum."""
    _, height, width = model.picture_shape
    sides = [height + 2 * border, width + 2 * border]
    for kernel in kernels:
        sides = [(side - kernel + 1) // 2 for side in sides]
    if min(sides) < 1:
        raise ValueError(
            f"{type(model).__name__} needs pictures of at least 12 x 12 pixels, got {height} x "
            f"{width}: nothing would be left after two convolutions and two maxima"
        )
    return math.prod(sides)
