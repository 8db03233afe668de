"""Generative adversarial networks: a generator that learns from a discriminator's verdict.

Read :class:`GAN` first: how the players take turns. Below it stand the models, which differ in
their networks and in the losses that are usual with them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape, evaluating
from tinygen.models.gan_loss import LOSSES, gradient_penalty, r1_penalty
from tinygen.models.gan_networks import (
    SLOPE,
    Discriminator,
    conv_features,
    conv_generator,
    dense_layers,
    draw_he_weights,
    draw_small_weights,
)
from tinygen.models.scale import Centred, ZeroToOne
from tinygen.models.search import search_codes
from tinygen.nn import Conv2d, Dense, Flatten, LeakyReLU, Module, ReLU, Sequential, Unflatten
from tinygen.nn.spectral_norm import spectral_norm
from tinygen.ops.elementwise import sigmoid, where
from tinygen.ops.indexing import one_hot
from tinygen.ops.shape import cat
from tinygen.optim import Adam, Optimizer
from tinygen.optim.swa_utils import AveragedModel, get_ema_avg_fn
from tinygen.tensors import Tensor, randn, tensor

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = [
    "DCGAN", "GAN", "WGANGP", "ConditionalGAN", "DenseGAN", "Options", "PointGAN", "TwoPlayers",
    "buffers_kept",
]  # fmt: skip

AT_ONCE = 250
"""Samples that are generated together, to bound the memory that many take."""


class Options(TypedDict, total=False):
    """The keywords that all GANs have in common; :class:`GAN` says what they mean."""

    loss: str
    gradient_penalty: float
    r1: float
    pack: int
    spectral_norm: bool
    critic_steps: int
    ema_decay: float | None


class TwoPlayers(Model):
    """A generator and a discriminator that learn in turns, each with an optimizer of its own.

    Attributes
    ----------
    generator, discriminator : Module
    pack : int
        How many samples the discriminator judges together.
    """

    lr: ClassVar[float] = 2e-4
    betas: ClassVar[tuple[float, float]] = (0.5, 0.999)
    """Adam's, as :meth:`configure_optimizers` takes them (A. Radford et al., 2016, section 4)."""

    generator: Module
    discriminator: Module
    pack: int = 1

    def configure_optimizers(
        self, lr: float | None = None, betas: tuple[float, float] | None = None
    ) -> dict[str, Optimizer]:
        """Make an optimizer for each player.

        Parameters
        ----------
        lr : float, optional
        betas : tuple of two float, optional
            By default what is usual for the model.

        Returns
        -------
        dict
            Adam for ``"generator"`` and for ``"discriminator"``.
        """
        rate, memories = self.lr if lr is None else lr, self.betas if betas is None else betas
        return {
            "generator": Adam(self.generator.parameters(), lr=rate, betas=memories),
            "discriminator": Adam(self.discriminator.parameters(), lr=rate, betas=memories),
        }

    def both(self, optimizers: Mapping[str, Optimizer]) -> tuple[Optimizer, Optimizer]:
        """Return the optimizers of the discriminator and of the generator.

        Raises
        ------
        ValueError
            If there is not one for each player.
        """
        if set(optimizers) != {"generator", "discriminator"}:
            raise ValueError(
                f"{type(self).__name__} trains with an optimizer for 'generator' and one for "
                f"'discriminator', got {', '.join(map(repr, optimizers)) or 'none'}: "
                "configure_optimizers() makes them"
            )
        return optimizers["discriminator"], optimizers["generator"]

    def adversarial_step(
        self, optimizers: Mapping[str, Optimizer]
    ) -> Callable[[Module, Any], tuple[Tensor, Numbers]]:
        """Return the step that a Trainer with two optimizers takes, made by the kind of model."""
        raise NotImplementedError(f"{type(self).__name__} does not say how its players take turns")


class GAN(TwoPlayers):
    """Two networks: one turns noise into pictures, the other says which pictures are real.

    They are trained in turns, each by its own loss and optimizer, and a step of one leaves the
    other as it was, byte for byte. Where a network takes part in the other's step it normalizes by
    the statistics of the batch as in training, but its running statistics (and the vectors of
    spectral norm) stay. Real and fake pictures go through the discriminator apart: their
    statistics must not mix.

    I. Goodfellow et al., "Generative adversarial nets" (2014).

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width.
    latent : int
        The length of z, drawn from N(0, 1).
    classes : int, optional
        How many labels there are; with them both networks are told the label of each picture. None
        for a GAN that ignores labels.
    loss : str
        A key of :data:`tinygen.models.gan_loss.LOSSES`.
    gradient_penalty : float
        The weight of :func:`tinygen.models.gan_loss.gradient_penalty`.
    r1 : float
        The weight of :func:`tinygen.models.gan_loss.r1_penalty`.
    pack : int
        How many samples of one kind the discriminator judges together, joined along the channels:
        it sees when they are all alike (Z. Lin et al., "PacGAN", 2018). Batches must divide by it.
    spectral_norm : bool
        Divide each of the discriminator's weights by its largest singular value (T. Miyato et al.,
        2018).
    critic_steps : int
        The discriminator's steps for each one of the generator.
    ema_decay : float or None
        Of the exponential moving average of the generator; None for none.

    Attributes
    ----------
    generator : Module
        From codes (z, followed by a one-hot label if there are classes) to pictures.
    discriminator : Discriminator
        From packs of pictures to scores.
    average : AveragedModel or None
        The moving average of the generator, which makes better pictures.

    Raises
    ------
    ValueError
        If an option is out of range, or there is no loss of this name.
    """

    discriminator: Discriminator
    average: AveragedModel | None

    def __init__(
        self,
        picture_shape: Shape,
        latent: int,
        classes: int | None,
        *,
        loss: str = "non-saturating",
        gradient_penalty: float = 0.0,
        r1: float = 0.0,
        pack: int = 1,
        spectral_norm: bool = False,
        critic_steps: int = 1,
        ema_decay: float | None = 0.999,
    ) -> None:
        super().__init__(picture_shape)
        self.require(1, latent=latent, pack=pack, critic_steps=critic_steps)
        self.require(0, gradient_penalty=gradient_penalty, r1=r1)
        if classes is not None:
            self.require(2, classes=classes)
        if loss not in LOSSES:
            raise ValueError(f"{type(self).__name__}: {_no_such_loss(loss)}")
        self.latent, self.classes = latent, classes
        self.losses = LOSSES[loss]
        self.gradient_penalty, self.r1 = gradient_penalty, r1
        self.pack, self.spectral_norm = pack, spectral_norm
        self.critic_steps, self.ema_decay = critic_steps, ema_decay

    def _set_players(self, generator: Module, discriminator: Discriminator) -> None:
        """Own the networks, which the models make when the options are known to make sense."""
        self.generator, self.discriminator = generator, discriminator
        if self.spectral_norm:
            for layer in list(discriminator.modules()):
                if isinstance(layer, Dense | Conv2d):
                    spectral_norm(layer)
        self.average = None
        if self.ema_decay is not None:
            self.average = AveragedModel(generator, avg_fn=get_ema_avg_fn(self.ema_decay))
            self.average.requires_grad_(False)

    # ---- training ----------------------------------------------------------------------------

    def adversarial_step(
        self, optimizers: Mapping[str, Optimizer]
    ) -> Callable[[Module, Any], tuple[Tensor, Numbers]]:
        """Return the step that a Trainer with two optimizers takes.

        Each batch is a step of the discriminator; after ``critic_steps`` of them (as its optimizer
        counts) comes one of the generator.

        Parameters
        ----------
        optimizers : mapping
            As :meth:`configure_optimizers` makes them.

        Returns
        -------
        callable
            ``step(model, batch)`` for a batch of samples and labels: the discriminator's loss with
            its penalties, and the numbers of :meth:`discriminator_step`.

        Raises
        ------
        ValueError
            If there is not one optimizer for each player.

        Examples
        --------
        ::

            model = create("dcgan")
            optimizers = model.configure_optimizers()
            Trainer(model, optimizers, step=model.adversarial_step(optimizers)).fit(loader, 10)
        """
        critic, artist = self.both(optimizers)

        def step(_: Module, batch: Any) -> tuple[Tensor, Numbers]:
            samples, labels = batch
            numbers = self.discriminator_step(samples, labels, critic)
            if critic.steps_taken % self.critic_steps == 0:
                numbers |= self.generator_step(len(samples), labels, artist)
            return numbers.pop("loss"), numbers

        return step

    def discriminator_step(
        self, samples: Tensor, labels: Tensor | None, optimizer: Optimizer
    ) -> dict[str, Tensor]:
        """Let the discriminator learn from real samples and as many fakes.

        Parameters
        ----------
        samples : float Tensor of shape (N, channels, height, width)
            Real ones.
        labels : integer Tensor of shape (N,), optional
            Of the samples, and of the fakes; not looked at without classes.
        optimizer : Optimizer
            The discriminator's.

        Returns
        -------
        dict of str to Tensor of shape ()
            ``"loss"`` is what was minimized, ``"discriminator"`` the same without penalties,
            ``"generator"`` what the generator would minimize, ``"real"`` and ``"fake"`` the mean
            verdicts (probabilities of being real if the loss makes them so, otherwise scores).

        Raises
        ------
        ValueError
            If the batch does not divide by ``pack``.
        """
        loss, numbers = self._judge(samples, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return {"loss": loss.detach(), **numbers}

    def generator_step(
        self, n: int, labels: Tensor | None, optimizer: Optimizer
    ) -> dict[str, Tensor]:
        """Let the generator learn from the discriminator's verdict on new fakes.

        Parameters
        ----------
        n : int
            How many.
        labels : integer Tensor of shape (n,), optional
            As whose samples the fakes shall pass; classes in turn if there are none.
        optimizer : Optimizer
            The generator's.

        Returns
        -------
        dict of str to Tensor of shape ()
            ``"generator"``, what was minimized.

        Raises
        ------
        ValueError
            If ``n`` does not divide by ``pack``.
        """
        classes = self._one_hot(labels, n)
        with buffers_kept(self.discriminator):
            fakes = self.generator(_joined(self.noise(n), classes))
            scores = self._verdict(classes)(self._packed(fakes))
        loss = self.losses.generator(scores)
        optimizer.zero_grad()
        loss.backward(inputs=list(self.generator.parameters()))  # and not the discriminator's
        optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.generator)
        return {"generator": loss.detach()}

    def training_step(self, batch: Any) -> tuple[Tensor, Numbers]:
        """Return the discriminator's loss, and what :meth:`discriminator_step` returns.

        Nothing is trained: this is for evaluation. :meth:`adversarial_step` trains.

        Parameters
        ----------
        batch : tuple of Tensor
            Real samples, and their labels.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict of str to Tensor
        """
        samples, labels = batch
        return self._judge(samples, labels)

    def _judge(self, samples: Tensor, labels: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """The discriminator's loss on real samples and as many fakes, and its numbers."""
        classes = self._one_hot(labels, len(samples))
        with no_grad(), buffers_kept(self.generator):
            fakes = self.generator(_joined(self.noise(len(samples)), classes))
        real, fake, verdict = self._packed(samples), self._packed(fakes), self._verdict(classes)
        real_scores, fake_scores = verdict(real), verdict(fake)
        loss = adversarial = self.losses.discriminator(real_scores, fake_scores)
        if self.gradient_penalty:
            loss = loss + self.gradient_penalty * gradient_penalty(verdict, real, fake)
        if self.r1:
            loss = loss + self.r1 * r1_penalty(verdict, real)
        with no_grad():
            shown = sigmoid if self.losses.is_logit else Tensor.detach
            return loss, {
                "discriminator": adversarial.detach(),
                "generator": self.losses.generator(fake_scores),
                "real": shown(real_scores).mean(),
                "fake": shown(fake_scores).mean(),
            }

    def _verdict(self, classes: Tensor | None) -> Callable[[Tensor], Tensor]:
        """The discriminator for samples of these classes."""
        return partial(
            self.discriminator, labels=None if classes is None else self._packed(classes)
        )

    def _packed(self, samples: Tensor) -> Tensor:
        """Samples that follow each other, joined along the channels."""
        count, channels = samples.shape[:2]
        if self.pack == 1:
            return samples
        if count % self.pack:
            raise ValueError(
                f"{type(self).__name__} packs {self.pack} samples into one, which a batch of "
                f"{count} does not divide into: give batches of a multiple of {self.pack}, and "
                "DataLoader(drop_last=True) if the last one is smaller"
            )
        return samples.reshape(count // self.pack, self.pack * channels, *samples.shape[2:])

    # ---- use ---------------------------------------------------------------------------------

    def noise(self, n: int) -> Tensor:
        """Draw latent vectors from N(0, 1).

        Parameters
        ----------
        n : int

        Returns
        -------
        Tensor of shape (n, latent)
            In the dtype and on the device of the generator.
        """
        like = next(self.generator.parameters())
        return randn(n, self.latent, dtype=like.dtype, device=like.device)

    def generate(self, z: Tensor, labels: Any = None, average: bool = True) -> Tensor:
        """Pictures of latent vectors, with gradients and in whatever mode the generator is.

        Parameters
        ----------
        z : float Tensor of shape (N, latent)
        labels : int Tensor, array or list of length N, optional
            As for :meth:`sample`.
        average : bool
            Take the moving average of the generator, if there is one.

        Returns
        -------
        Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Raises
        ------
        ValueError
            If shapes do not fit, or labels are given that there are not.
        """
        if z.ndim != 2 or z.shape[1] != self.latent:
            raise ValueError(
                f"{type(self).__name__} generates from z of shape (N, {self.latent}), got "
                f"{tuple(z.shape)}: noise(n) draws some"
            )
        known = self.known_labels(labels, len(z))
        generator = self.average if average and self.average is not None else self.generator
        pictures: Tensor = generator(_joined(z, self._one_hot(known, len(z))))
        return pictures

    forward = generate

    @no_grad()
    def sample(self, n: int, labels: Any = None, average: bool = True) -> Tensor:
        """Draw pictures.

        Parameters
        ----------
        n : int
            How many.
        labels : int Tensor, array or list of length n, optional
            What they shall show; without them classes in turn. Only if the model has classes.
        average : bool
            Take the moving average of the generator, if there is one.

        Returns
        -------
        Tensor of shape (n, channels, height, width)
            From 0 to 1.

        Raises
        ------
        ValueError
            If ``n`` is not positive, or labels do not fit.
        """
        self.require(1, n=n)
        known, z = self.known_labels(labels, n), self.noise(n)
        with evaluating(self):
            parts = [slice(first, first + AT_ONCE) for first in range(0, n, AT_ONCE)]
            return cat(
                [self.generate(z[p], None if known is None else known[p], average) for p in parts]
            )

    def invert(
        self,
        pictures: Tensor,
        labels: Any = None,
        steps: int = 200,
        lr: float = 0.1,
        restarts: int = 4,
        prior: float = 0.01,
        average: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """Search the latent vectors whose pictures come nearest to given ones.

        Adam minimizes the squared error, summed over a picture, and ``prior`` times the squared
        length of z, which keeps z where the generator was trained (J.-Y. Zhu et al., "Generative
        visual manipulation on the natural image manifold", 2016, section 3.1). Nothing of the model
        changes.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.
        labels : int Tensor, array or list of length N
            What they show, if the model has classes; not None then.
        steps : int
        lr : float
            Of Adam.
        restarts : int
            How many first guesses are followed; the best of each picture is kept.
        prior : float
        average : bool
            Take the moving average of the generator, if there is one.

        Returns
        -------
        z : Tensor of shape (N, latent)
        reconstructions : Tensor of the shape of the pictures

        Raises
        ------
        ValueError
            If pictures or labels do not fit.
        """
        self.check_pictures(pictures)
        self.require(1, steps=steps, restarts=restarts)
        if self.classes is not None and labels is None:
            raise ValueError(f"{type(self).__name__}.invert needs to know what the pictures show")
        known = self.known_labels(labels, len(pictures))

        def distances(z: Tensor) -> Tensor:
            differences = self.generate(z, known, average) - pictures
            return (differences * differences).flatten(1).sum(1)

        with evaluating(self):
            best = self._search(distances, len(pictures), steps, lr, prior)
            for _ in range(restarts - 1):
                other = self._search(distances, len(pictures), steps, lr, prior)
                with no_grad():
                    nearer = (distances(other) < distances(best)).unsqueeze(1)
                    best = where(nearer, other, best)
            with no_grad():
                return best, self.generate(best, known, average)

    def _search(
        self, distances: Callable[[Tensor], Tensor], n: int, steps: int, lr: float, prior: float
    ) -> Tensor:
        """Latent vectors of small distance, from a random guess: each vector for itself."""
        return search_codes(
            lambda z: distances(z) + prior * (z * z).sum(1), self.noise(n), steps, lr
        )

    def realism_loss(self, pictures: Tensor, labels: Any = None) -> Tensor:
        """What the generator would minimize if these were its pictures: small if they look real.

        Gradients flow.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
        labels : int Tensor, array or list of length N, optional
            As for :meth:`sample`.

        Returns
        -------
        Tensor of shape ()
            The mean over the pictures.

        Raises
        ------
        ValueError
            If labels do not fit, or ``N`` does not divide by ``pack``.
        """
        classes = self._one_hot(self.known_labels(labels, len(pictures)), len(pictures))
        return self.losses.generator(self._verdict(classes)(self._packed(pictures)))

    # ---- labels ------------------------------------------------------------------------------

    def _one_hot(self, labels: Tensor | None, n: int) -> Tensor | None:
        """Labels as vectors, or those of the classes in turn; None for a model without classes."""
        if self.classes is None:
            return None
        like = next(self.generator.parameters())
        if labels is None:
            labels = tensor([i % self.classes for i in range(n)], device=like.device)
        return one_hot(labels, self.classes).to(like.dtype)


# ---- the models ------------------------------------------------------------------------------


class DenseGAN(GAN):
    """A GAN of dense layers: ReLU in the generator, leaky ReLU in the discriminator.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width.
    latent : int
        The length of z.
    hidden : sequence of int
        The generator's hidden layers; the discriminator has them in reverse.
    classes : int, optional
        How many labels there are; None for a GAN that ignores labels.
    **options
        The others of :class:`GAN`.

    Examples
    --------
    >>> DenseGAN().sample(3).shape
    (3, 1, 28, 28)
    """

    name = "gan"

    def __init__(
        self,
        picture_shape: Shape = (1, 28, 28),
        latent: int = 64,
        hidden: Sequence[int] = (256, 512),
        classes: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(picture_shape, latent, classes, **options)
        _require_layers(self, hidden)
        channels, height, width = self.picture_shape
        pixels = channels * height * width
        generator = Sequential(
            *dense_layers([latent + (classes or 0), *hidden], ReLU),
            Dense(hidden[-1], pixels),
            Unflatten(1, self.picture_shape),
            ZeroToOne(),
        )
        layers = Sequential(
            Centred(),
            Flatten(),
            *dense_layers([self.pack * pixels, *reversed(hidden)], partial(LeakyReLU, SLOPE)),
        )
        self._set_players(generator, Discriminator(layers, hidden[0], self.pack * (classes or 0)))


class DCGAN(GAN):
    """A GAN of strided convolutions and batch norm, for pictures whose sides can be halved.

    A. Radford, L. Metz and S. Chintala, "Unsupervised representation learning with deep
    convolutional generative adversarial networks" (2016): kernels of 4 x 4 with stride 2, batch
    norm everywhere but at the generator's end and the discriminator's beginning, weights from
    N(0, 0.02). For 28 x 28 the maps have 7, 14 and 28 pixels a side, for 32 x 32 they have 4, 8, 16
    and 32.

    With spectral norm or a penalty the discriminator has no batch norm: those are about the slope
    by each picture alone. Its weights are then drawn as K. He et al. do (2015).

    A score that is a weighted sum of local features judges strokes and not what they make up: a
    hidden layer before it (X. Chen et al., "InfoGAN", 2016, appendix C) sees the whole picture.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width; the sides even, at least 8.
    latent : int
        The length of z.
    width : int
        Channels of the maps with half the pictures' side; deeper ones have twice as many each time.
    classes : int, optional
        How many labels there are; None for a GAN that ignores labels.
    hidden : int
        Units of a dense layer of the discriminator's before the score; 0 for none.
    **options
        The others of :class:`GAN`.

    Examples
    --------
    >>> DCGAN(picture_shape=(3, 32, 32), width=8).sample(2).shape
    (2, 3, 32, 32)
    """

    name = "dcgan"

    def __init__(
        self,
        picture_shape: Shape = (1, 28, 28),
        latent: int = 100,
        width: int = 64,
        classes: int | None = None,
        hidden: int = 0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(picture_shape, latent, classes, **options)
        self.require(1, width=width)
        self.require(0, hidden=hidden)
        channels, *sides = self.picture_shape
        batch_norm = not (self.spectral_norm or self.r1 or self.gradient_penalty)
        generator = conv_generator(latent + (classes or 0), self.picture_shape, width)
        seen = (self.pack * channels, sides[0], sides[1])
        layers, features = conv_features(seen, width, batch_norm, hidden)
        discriminator = Discriminator(layers, features, self.pack * (classes or 0))
        draw_small_weights(generator)
        (draw_small_weights if batch_norm else draw_he_weights)(discriminator)
        self._set_players(generator, discriminator)


class ConditionalGAN(DCGAN):
    """A :class:`DCGAN` that is told what each picture shows.

    M. Mirza and S. Osindero, "Conditional generative adversarial nets" (2014). The label is joined
    to z; the discriminator has a score for each class besides the one for looking real (T. Miyato
    and M. Koyama, "cGANs with projection discriminator", 2018).

    Parameters
    ----------
    picture_shape, latent, width
        As for :class:`DCGAN`.
    classes : int
        How many labels there are.
    hidden, **options
        As for :class:`DCGAN`.

    Examples
    --------
    >>> ConditionalGAN(width=8).sample(3, labels=[7, 7, 1]).shape
    (3, 1, 28, 28)
    """

    name = "cgan"

    def __init__(
        self,
        picture_shape: Shape = (1, 28, 28),
        latent: int = 100,
        width: int = 64,
        classes: int = 10,
        hidden: int = 0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(picture_shape, latent, width, classes, hidden, **options)


class WGANGP(DCGAN):
    """A GAN whose discriminator, the critic, measures how far fake pictures are from real ones.

    I. Gulrajani et al., "Improved training of Wasserstein GANs" (2017). The networks are those of a
    :class:`DCGAN`, but for the critic's batch norm, which the penalty on the slope by each picture
    rules out. The paper takes 5 steps of the critic for each one of the generator, this class 2.

    Parameters
    ----------
    picture_shape, latent, width, classes, hidden
        As for :class:`DCGAN`.
    **options
        The others of :class:`GAN`; by default ``loss="wasserstein"``, ``gradient_penalty=10.0``
        and ``critic_steps=2``.

    Examples
    --------
    >>> WGANGP(width=8).sample(2).shape
    (2, 1, 28, 28)
    """

    name = "wgan-gp"
    lr = 1e-4
    betas = (0.0, 0.9)

    def __init__(
        self,
        picture_shape: Shape = (1, 28, 28),
        latent: int = 100,
        width: int = 64,
        classes: int | None = None,
        hidden: int = 0,
        **options: Unpack[Options],
    ) -> None:
        chosen: Options = {
            "loss": "wasserstein", "gradient_penalty": 10.0, "critic_steps": 2, **options
        }  # fmt: skip
        super().__init__(picture_shape, latent, width, classes, hidden, **chosen)


class PointGAN(GAN):
    """A small GAN for points instead of pictures, such as those of the ring of eight Gaussians.

    Points of shape (N, dimensions), of any values, stand wherever a :class:`GAN` takes or gives
    pictures. All layers are dense, with leaky ReLU between them and weights as K. He et al. draw
    them (2015).

    Parameters
    ----------
    dimensions : int
    latent : int
        The length of z.
    hidden : sequence of int
        The hidden layers of either player.
    **options
        The others of :class:`GAN`.

    Examples
    --------
    >>> PointGAN(pack=2).sample(4).shape
    (4, 2)
    """

    name = "points"
    lr = 1e-3

    def __init__(
        self,
        dimensions: int = 2,
        latent: int = 16,
        hidden: Sequence[int] = (64, 64),
        **options: Unpack[Options],
    ) -> None:
        super().__init__((dimensions, 1, 1), latent, None, **options)
        _require_layers(self, hidden)
        leaky = partial(LeakyReLU, SLOPE)
        end = Dense(hidden[-1], dimensions)
        generator = Sequential(*dense_layers([latent, *hidden], leaky), end)
        layers = Sequential(*dense_layers([self.pack * dimensions, *hidden], leaky))
        discriminator = Discriminator(layers, hidden[-1])
        draw_he_weights(generator)
        draw_he_weights(discriminator)
        self._set_players(generator, discriminator)

    def check_pictures(self, pictures: Tensor) -> None:
        """Refuse what cannot be points of this model.

        Raises
        ------
        ValueError
            If they have another shape.
        TypeError
            If they are not floats.
        """
        dimensions, shape = self.picture_shape[0], tuple(pictures.shape)
        if len(shape) != 2 or shape[1] != dimensions:
            raise ValueError(f"PointGAN takes points of shape (N, {dimensions}), got {shape}")
        if pictures.dtype.kind != "f":
            raise TypeError(f"PointGAN takes floats, got {pictures.dtype}: points.float()")


# ---- helpers ---------------------------------------------------------------------------------


def _joined(z: Tensor, classes: Tensor | None) -> Tensor:
    """Codes for a generator: z, followed by one-hot labels if there are any."""
    return z if classes is None else cat([z, classes], 1)


@contextmanager
def buffers_kept(network: Module) -> Iterator[None]:
    """Let a network run as in training, and then have the running statistics it had before.

    Parameters
    ----------
    network : Module
    """
    before = [buffer.clone() for buffer in network.buffers()]
    try:
        yield
    finally:
        with no_grad():
            for buffer, kept in zip(network.buffers(), before, strict=True):
                buffer.copy_(kept)


def _require_layers(model: Model, hidden: Sequence[int]) -> None:
    if not hidden or min(hidden) < 1:
        raise ValueError(
            f"{type(model).__name__}: hidden lists the sizes of one or more layers, got {hidden}"
        )


def _no_such_loss(name: str) -> str:
    near = difflib.get_close_matches(name, LOSSES, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    return f"there is no loss {name!r}{meant} There are: {', '.join(LOSSES)}"
