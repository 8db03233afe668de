"""A network that places pictures so that those of one kind are near to each other.

It never learns names: it is told of pairs of pictures whether both show the same. So it can also be
asked about kinds that it has never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape, evaluating
from tinygen.nn import Conv2d, Flatten, MaxPool2d, Module, ReLU, Sequential
from tinygen.ops.elementwise import maximum
from tinygen.ops.shape import cat, split
from tinygen.tensors import Tensor, arange, tensor

__all__ = ["Embedder"]

CHUNK = 500
"""How many pictures are looked at together where no gradient is wanted; it bounds the memory."""

TINY = 1e-12
"""Squared lengths and distances are at least this: roots have no slope at 0."""


class Embedder(Model):
    """A convolutional network from pictures to points on a sphere, learned from pairs.

    Convolutions of 3 x 3, each with a ReLU and a 2 x 2 maximum, and the maps that are left are the
    point, scaled to length 1. There is no dense layer behind them: measured on digits, it learns to
    forget all that does not tell the known kinds apart, and unknown ones with it.

    The loss is the contrastive one (R. Hadsell, S. Chopra and Y. LeCun, "Dimensionality reduction
    by learning an invariant mapping", 2006, equation 4) over all pairs of a batch, with distance D:

        (max(0, D - near)^2) / 2 for two of one kind        (max(0, far - D)^2) / 2 for others

    It is the mean over the first plus the mean over the second, so that the few pairs of one kind
    count as much as the many others. In the paper ``near`` is 0, and all pictures of a kind are
    drawn to one point; a little room lets them differ, which helps with unknown kinds. In between,
    at the :attr:`threshold`, lies the natural border between "the same" and "different".

    Parameters
    ----------
    channels : sequence of int
        Of the convolutions.
    near, far : float
        How near is near enough for two of one kind, and how far is far enough for others. Points
        lie where no coordinate is negative, so the largest distance of all is the root of 2.
    known : sequence of int
        The labels to learn from; pictures with others are passed over. All, if there are none.
    picture_shape : tuple of int
        Channels, height and width.

    Raises
    ------
    ValueError
        If there is no convolution, ``known`` is a single label, or not 0 <= near < far.

    Examples
    --------
    >>> import tinygen as tg
    >>> Embedder()(tg.rand(5, 1, 28, 28)).shape
    (5, 512)
    """

    name = "embedder"
    labels: ClassVar[str] = "class"

    def __init__(
        self,
        channels: Sequence[int] = (16, 32, 32),
        near: float = 0.3,
        far: float = 0.8,
        known: Sequence[int] = (),
        picture_shape: Shape = (1, 28, 28),
    ) -> None:
        super().__init__(picture_shape)
        if not channels or min(channels) < 1:
            raise ValueError(f"Embedder: channels are positive, one at least, got {list(channels)}")
        if not 0 <= near < far:
            raise ValueError(f"Embedder: 0 <= near < far is wanted, got near={near}, far={far}")
        if len(set(known)) == 1:
            raise ValueError(
                f"Embedder: known is {list(known)}, and pairs of different kinds need two labels"
            )
        self.near, self.far, self.known = near, far, tuple(known)
        layers: list[Module] = []
        inputs = picture_shape[0]
        for outputs in channels:
            layers += [Conv2d(inputs, outputs, 3, padding=1), ReLU(), MaxPool2d(2, padding="same")]
            inputs = outputs
        self.convolutions = Sequential(*layers, Flatten())

    @property
    def threshold(self) -> float:
        """The distance half-way between near and far: what is nearer counts as the same."""
        return (self.near + self.far) / 2

    def forward(self, images: Tensor) -> Tensor:
        """The points of pictures; gradients flow.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, D)
            Of length 1.
        """
        maps = self.convolutions(images)
        return maps / maximum(maps.square().sum(1, keepdim=True), TINY).sqrt()

    def embed(self, pictures: Tensor) -> Tensor:
        """The points of pictures.

        It works without gradients, in evaluation mode, on a bounded number of pictures at a time;
        the modes are then as before.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, D)
            Of length 1.

        Raises
        ------
        ValueError, TypeError
            If they are not this model's pictures.
        """
        self.check_pictures(pictures)
        with evaluating(self), no_grad():
            return cat([self(part) for part in split(pictures, CHUNK)])

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return the contrastive loss over all pairs of a batch, and mean distances.

        Parameters
        ----------
        batch : tuple of Tensor
            Pictures of shape (N, channels, height, width) from 0 to 1, and integer labels (N,).

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict
            ``"same"`` and ``"different"``, the mean distances of pairs of either kind; 0 in a batch
            without any.
        """
        images, labels = batch
        if self.known:
            is_known = (labels.unsqueeze(1) == tensor(self.known, device=labels.device)).any(1)
            images, labels = images[is_known], labels[is_known]
        distances = _distances(self(images))
        is_alike = labels.unsqueeze(0) == labels.unsqueeze(1)
        number = arange(len(labels), device=labels.device)
        is_before = number.unsqueeze(1) < number.unsqueeze(0)  # each pair once
        alike, others = distances[is_alike & is_before], distances[~is_alike & is_before]
        loss = _mean((alike - self.near).clamp(min=0).square()) / 2
        loss = loss + _mean((self.far - others).clamp(min=0).square()) / 2
        return loss, {"same": _mean(alike.detach()), "different": _mean(others.detach())}


def _distances(points: Tensor) -> Tensor:
    """Of all pairs of points of length 1: (N, N)."""
    return maximum(2 - 2 * points.matmul(points.t()), TINY).sqrt()


def _mean(values: Tensor) -> Tensor:
    """The mean, or 0 if there are none."""
    return values.sum() / max(len(values), 1)
