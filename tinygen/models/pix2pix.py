"""Translation by a GAN: from the edges of a picture to a picture that looks real and has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinygen.autograd import no_grad
from tinygen.models.base import Numbers, Shape, check_pictures, evaluating
from tinygen.models.damage import edge_map
from tinygen.models.gan import TwoPlayers, buffers_kept
from tinygen.models.gan_loss import LOSSES
from tinygen.models.gan_networks import SLOPE, draw_he_weights
from tinygen.models.scale import Centred
from tinygen.models.unet import AT_ONCE, UNetwork, require_quarters
from tinygen.nn import BatchNorm2d, Conv2d, LeakyReLU, Module, Sequential, init
from tinygen.nn import functional as F
from tinygen.ops.elementwise import clamp, sigmoid
from tinygen.ops.shape import cat
from tinygen.optim import Optimizer
from tinygen.tensors import Tensor

__all__ = ["Pix2Pix"]


class Pix2Pix(TwoPlayers):
    """A U-Net that draws pictures from their edges, and a judge of pairs of edges and picture.

    The discriminator looks at an edge map together with the true picture, or with the one that the
    generator made of it, and scores every patch of them. The generator minimizes the loss of being
    seen through, plus ``l1`` times the absolute error. P. Isola et al., "Image-to-image translation
    with conditional adversarial networks" (2017), equations 1 to 4, with small networks; the
    discriminator's loss is halved, as theirs is. True pictures and made ones go through it apart,
    and a step of one player leaves the other as it was, byte for byte.

    There is no noise: what is drawn is determined by the edges. (The paper has some as dropout,
    and reports that little comes of it, section 3.1.)

    Parameters
    ----------
    width : int
        Channels of the maps with the full sides in the generator, with half the sides in the
        discriminator.
    l1 : float
        The weight of the absolute error.
    picture_shape : tuple of int
        Channels, height and width of the pictures; the sides divisible by 4.

    Attributes
    ----------
    damaged_shape : tuple of int
        One channel, height and width of the edge maps.
    generator : UNetwork
        From edge maps to what is added to them.
    discriminator : Module
        From edge maps and pictures, joined along the channels, to scores of patches.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import tinygen as tg
    >>> Pix2Pix().restore(tg.zeros(5, 1, 28, 28)).shape
    (5, 1, 28, 28)
    """

    name = "pix2pix"

    def __init__(
        self, width: int = 16, l1: float = 100.0, picture_shape: Shape = (1, 28, 28)
    ) -> None:
        super().__init__(picture_shape)
        channels, *sides = self.picture_shape
        self.require(1, width=width)
        self.require(0, l1=l1)
        require_quarters("Pix2Pix", *sides)
        self.l1, self.losses = l1, LOSSES["non-saturating"]
        self.damaged_shape: Shape = (1, sides[0], sides[1])
        self.generator = UNetwork(1, channels, width)
        init.zeros_(self.generator.output.weight)
        init.zeros_(self.generator.output.bias)
        self.discriminator = Sequential(
            Centred(),
            Conv2d(1 + channels, width, 4, stride=2, padding=1),
            LeakyReLU(SLOPE),
            Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
            BatchNorm2d(2 * width),
            LeakyReLU(SLOPE),
            Conv2d(2 * width, 1, 3, padding=1),
        )
        draw_he_weights(self.discriminator)

    # ---- training ----------------------------------------------------------------------------

    def adversarial_step(
        self, optimizers: Mapping[str, Optimizer]
    ) -> Callable[[Module, Any], tuple[Tensor, Numbers]]:
        """Return the step that a Trainer with two optimizers takes.

        The generator draws once; the discriminator learns from its pictures and from the true ones,
        then the generator from what the discriminator now says of its own.

        Parameters
        ----------
        optimizers : mapping
            As :meth:`configure_optimizers` makes them.

        Returns
        -------
        callable
            ``step(model, batch)`` for a batch of clean pictures and labels, which are not looked
            at: the discriminator's loss, and the numbers of both steps.

        Raises
        ------
        ValueError
            If there is not one optimizer for each player.
        """
        critic, artist = self.both(optimizers)

        def step(_: Module, batch: Any) -> tuple[Tensor, Numbers]:
            pictures, _labels = batch
            edges = edge_map(pictures)
            made = self(edges)
            numbers = self.discriminator_step(edges, pictures, made, critic)
            numbers |= self.generator_step(edges, pictures, made, artist)
            return numbers.pop("loss"), numbers

        return step

    def discriminator_step(
        self, edges: Tensor, pictures: Tensor, made: Tensor, optimizer: Optimizer
    ) -> dict[str, Tensor]:
        """Let the discriminator learn to tell true pictures from those that were made.

        Parameters
        ----------
        edges : float Tensor of shape (N, 1, height, width)
        pictures, made : float Tensor of shape (N, channels, height, width)
            The true ones, and the generator's; no gradient flows into them.
        optimizer : Optimizer
            The discriminator's.

        Returns
        -------
        dict of str to Tensor of shape ()
            ``"loss"`` is what was minimized; ``"discriminator"`` is the same; ``"real"`` and
            ``"fake"`` are the mean probabilities of being true.
        """
        loss, numbers = self._judge(edges, pictures, made.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return {"loss": loss.detach(), **numbers}

    def generator_step(
        self, edges: Tensor, pictures: Tensor, made: Tensor, optimizer: Optimizer
    ) -> dict[str, Tensor]:
        """Let the generator learn from the discriminator's verdict, and from the true pictures.

        Parameters
        ----------
        edges, pictures
            As for :meth:`discriminator_step`.
        made : Tensor of shape (N, channels, height, width)
            Of the edges by the generator, with its graph.
        optimizer : Optimizer
            The generator's.

        Returns
        -------
        dict of str to Tensor of shape ()
            ``"generator"``, the loss of being seen through, and ``"l1"``, the absolute error.
        """
        with buffers_kept(self.discriminator):
            seen_through = self.losses.generator(self._scores(edges, made))
        error = F.l1_loss(made, pictures)
        optimizer.zero_grad()
        (seen_through + self.l1 * error).backward(inputs=list(self.generator.parameters()))
        optimizer.step()
        return {"generator": seen_through.detach(), "l1": error.detach()}

    def training_step(self, batch: Any) -> tuple[Tensor, Numbers]:
        """Return the discriminator's loss and the numbers of both steps.

        Nothing is trained: this is for evaluation. :meth:`adversarial_step` trains.

        Parameters
        ----------
        batch : tuple of Tensor
            Clean pictures, and their labels, which are not looked at.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict of str to Tensor
        """
        pictures, _ = batch
        edges = edge_map(pictures)
        with no_grad():
            made = self(edges)
        loss, numbers = self._judge(edges, pictures, made)
        with no_grad():
            numbers["generator"] = self.losses.generator(self._scores(edges, made))
            numbers["l1"] = F.l1_loss(made, pictures)
        return loss, numbers

    def forward(self, edges: Tensor) -> Tensor:
        """Draw pictures, with gradients; they may leave 0 to 1.

        Parameters
        ----------
        edges : float Tensor of shape (N, 1, height, width)

        Returns
        -------
        Tensor of shape (N, channels, height, width)
        """
        added: Tensor = self.generator(edges)
        return edges + added

    def _judge(
        self, edges: Tensor, pictures: Tensor, made: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The discriminator's loss on pairs, and its numbers."""
        real, fake = self._scores(edges, pictures), self._scores(edges, made)
        loss = self.losses.discriminator(real, fake) / 2
        with no_grad():
            verdicts = {"real": sigmoid(real).mean(), "fake": sigmoid(fake).mean()}
        return loss, {"discriminator": loss.detach(), **verdicts}

    def _scores(self, edges: Tensor, pictures: Tensor) -> Tensor:
        """What the discriminator says of each patch, (N, 1, H / 4, W / 4)."""
        scores: Tensor = self.discriminator(cat([edges, pictures], 1))
        return scores

    # ---- use ---------------------------------------------------------------------------------

    @no_grad()
    def restore(self, edges: Tensor) -> Tensor:
        """Return pictures that have these edges.

        Parameters
        ----------
        edges : float Tensor of shape (N, 1, height, width)
            Of zeros and ones, as :func:`tinygen.models.damage.edge_map` draws them.

        Returns
        -------
        Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Raises
        ------
        ValueError
            If the shape or the range is another one.
        TypeError
            If they are not floats.
        """
        check_pictures("Pix2Pix", edges, self.damaged_shape)
        with evaluating(self):
            parts = range(0, len(edges), AT_ONCE)
            made = cat([self(edges[begin : begin + AT_ONCE]) for begin in parts])
            return clamp(made, 0, 1)
