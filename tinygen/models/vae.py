"""Variational autoencoders: dense or convolutional, of one class of pictures or told which.

The mathematics stands in :class:`VariationalAutoencoder`, the networks in :class:`VAE` and
:class:`ConvVAE`. The paper to read beside it is D. P. Kingma and M. Welling, "Auto-encoding
variational Bayes" (2014).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape
from tinygen.models.likelihood import create_likelihood
from tinygen.models.scale import Centred
from tinygen.nn import (
    Conv2d,
    ConvTranspose2d,
    Dense,
    Flatten,
    Module,
    ReLU,
    Reparameterize,
    Sequential,
    Tanh,
    Unflatten,
)
from tinygen.ops.elementwise import clamp
from tinygen.ops.loss import GaussianKL
from tinygen.ops.noise import bernoulli, randn_like
from tinygen.ops.reduction import logsumexp
from tinygen.ops.shape import cat
from tinygen.tensors import Tensor, randn, tensor

__all__ = ["ELBO", "VAE", "ConvVAE", "VariationalAutoencoder", "gaussian_kl"]

ACTIVATIONS: dict[str, type[Module]] = {"relu": ReLU, "tanh": Tanh}
"""What may stand between dense layers."""


class ELBO(NamedTuple):
    """The two parts of the evidence lower bound, for each picture, in nats.

    Attributes
    ----------
    reconstruction : Tensor of shape (N,)
        Minus the expected log-probability of the picture under the decoder.
    kl : Tensor of shape (N,)
        The divergence of the distribution of codes from the prior.
    """

    reconstruction: Tensor
    kl: Tensor

    @property
    def bound(self) -> Tensor:
        """What the log-likelihood of the picture is at least."""
        return -(self.reconstruction + self.kl)


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """The divergence of N(mu, exp(logvar)) from N(0, I).

    ``1/2 sum(mu**2 + exp(logvar) - 1 - logvar)``: D. P. Kingma and M. Welling (2014), appendix B.

    Parameters
    ----------
    mu, logvar : Tensor of shape (N, D)

    Returns
    -------
    Tensor of shape (N,)
        In nats, not negative.
    """
    return GaussianKL.apply(mu, logvar)


class VariationalAutoencoder(Model):
    """What all variational autoencoders share: a model of pictures with a normal code.

    A picture x comes about in two steps: a code z is drawn from N(0, I), then x from p(x | z), of
    which the decoder computes the parameters. The encoder computes q(z | x) = N(mu, sigma**2),
    where the code of a picture may have been. Training raises a lower bound of log p(x),

        E_q log p(x | z) - KL(q(z | x) || N(0, I)),

    by minimizing reconstruction + beta * KL: both summed, over pixels and over the code, and then
    averaged over the batch.

    A kind of autoencoder has four parts: ``down`` makes vectors out of pictures, ``encoder`` mu and
    log(sigma**2) out of vectors, ``decoder`` vectors out of codes, ``up`` the parameters of the
    likelihood out of vectors. There is no activation behind the encoder and ``up``. A conditional
    model joins the labels, one-hot, to what goes into encoder and decoder.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width.
    latent : int
        The length of a code.
    likelihood : {"bernoulli", "gaussian", "gaussian-learned", "gaussian-pixelwise"}
        What the pixels are, see :mod:`tinygen.models.likelihood`.
    std : float
        The standard deviation of "gaussian", and the first one of "gaussian-learned".
    classes : int, optional
        Make a conditional model, which is told the label of each picture.
    beta : float
        The weight of the divergence in the loss (I. Higgins et al., "beta-VAE", 2017).
    warm_up : int
        For so many steps of training the weight rises from 0 to beta (S. Bowman et al., "Generating
        sentences from a continuous space", 2016, section 3.1). In evaluation it is always beta.
    importance_samples : int
        More than 1: train the importance-weighted bound of so many samples.
    binarize : bool
        Train with black and white pixels, drawn anew at each step with the grey values as
        probabilities. The other methods take pictures as they are given.

    Attributes
    ----------
    steps : Buffer of shape ()
        The steps of training so far, for the warm-up.

    Raises
    ------
    ValueError
        If an argument is out of its range, or there is no such likelihood.
    """

    down: Module
    encoder: Module
    decoder: Module
    up: Module

    def __init__(
        self,
        picture_shape: Shape,
        latent: int,
        likelihood: str,
        std: float,
        classes: int | None,
        beta: float,
        warm_up: int,
        importance_samples: int,
        binarize: bool,
    ) -> None:
        super().__init__(picture_shape)
        self.require(1, latent=latent, importance_samples=importance_samples)
        self.require(1, classes=1 if classes is None else classes)
        self.require(0, beta=beta, warm_up=warm_up)
        if importance_samples > 1 and (beta != 1 or warm_up):
            raise ValueError(
                f"{type(self).__name__}: the importance-weighted bound has no divergence apart "
                "that could be weighted; give beta and warm_up, or importance_samples"
            )
        self.latent, self.classes = latent, classes
        self.beta, self.warm_up = beta, warm_up
        self.importance_samples, self.binarize = importance_samples, binarize
        self.likelihood = create_likelihood(likelihood, std)
        self.reparameterize = Reparameterize()
        self.register_buffer("steps", tensor(0))

    # ---- training ----------------------------------------------------------------------------

    def forward(self, images: Tensor, labels: Any = None) -> tuple[Tensor, Tensor, Tensor]:
        """Encode pictures, draw a code of each, decode it.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.
        labels : N integers, for conditional models

        Returns
        -------
        parameters : Tensor
            Of the likelihood.
        mu, logvar : Tensor of shape (N, latent)
        """
        condition = self.condition(labels, len(images))
        mu, logvar = self._encode(images, condition)
        return self._decode(self.reparameterize(mu, logvar), condition), mu, logvar

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return the loss of a batch, and its reconstruction and divergence in nats a picture."""
        images, labels = batch
        if self.binarize:
            images = bernoulli(images)
        condition = self.condition(None if self.classes is None else labels, len(images))
        code = self._encode(images, condition)
        draws = self._draw(images, condition, code, self.importance_samples)
        reconstruction, kl = -draws.log_prob.mean(), gaussian_kl(*code).mean()
        if self.importance_samples > 1:
            loss = -draws.bound().mean()
        else:
            loss = reconstruction + kl * self._kl_weight()
        if self.training:
            self.steps.add_(1)
        return loss, {"reconstruction": reconstruction.detach(), "kl": kl.detach()}

    def _kl_weight(self) -> Tensor | float:
        if not (self.training and self.warm_up):
            return self.beta
        return clamp(self.steps / self.warm_up, max=1) * self.beta

    def _encode(self, images: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(_joined(self.down(images), condition)).chunk(2, 1)
        return mu, logvar

    def _decode(self, z: Tensor, condition: Tensor | None) -> Tensor:
        return self.up(self.decoder(_joined(z, condition)))

    def _draw(
        self,
        images: Tensor,
        condition: Tensor | None,
        code: tuple[Tensor, Tensor],
        samples: int,
    ) -> _Draws:
        """Draw codes of each picture, and say how probable they and the picture then are."""
        mu, logvar = (_repeated(part, samples) for part in code)
        eps = randn_like(mu)
        z = self.reparameterize(mu, logvar, eps)
        parameters = self._decode(z, None if condition is None else _repeated(condition, samples))
        log_prob = self.likelihood.log_prob(parameters, _repeated(images, samples))
        log_ratio = 0.5 * (logvar + eps * eps - z * z).sum(1)
        shape = (samples, len(images))
        return _Draws(log_prob.reshape(shape), log_ratio.reshape(shape))

    # ---- use ---------------------------------------------------------------------------------

    def encode(self, pictures: Tensor, labels: Any = None) -> tuple[Tensor, Tensor]:
        """Return where the codes of pictures are. Gradients flow.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.
        labels : N integers, for conditional models

        Returns
        -------
        mu, logvar : Tensor of shape (N, latent)
            The means and the logarithms of the variances.

        Raises
        ------
        ValueError, TypeError
            If they are not this model's pictures, or labels are missing, superfluous, or out of
            range.
        """
        self.check_pictures(pictures)
        return self._encode(pictures, self.condition(labels, len(pictures)))

    def decode(self, z: Tensor, labels: Any = None) -> Tensor:
        """Return the mean pictures of codes. Gradients flow.

        Parameters
        ----------
        z : float Tensor of shape (N, latent)
        labels : N integers, for conditional models

        Returns
        -------
        Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Raises
        ------
        ValueError
            If the codes have another shape, or labels are missing, superfluous, or out of range.
        """
        return self.likelihood.mean(self.decode_parameters(z, labels))

    def decode_parameters(self, z: Tensor, labels: Any = None) -> Tensor:
        """Return the parameters of the likelihood for codes, taken as by :meth:`decode`.

        Returns
        -------
        Tensor of shape (N, outputs * channels, height, width)
            Logits of a Bernoulli, for instance. Gradients flow.
        """
        if z.ndim != 2 or z.shape[1] != self.latent:
            raise ValueError(
                f"{type(self).__name__} decodes codes of shape (N, {self.latent}), got "
                f"{tuple(z.shape)}"
            )
        return self._decode(z, self.condition(labels, len(z)))

    @no_grad()
    def reconstruct(self, pictures: Tensor, labels: Any = None) -> Tensor:
        """Return what is left of pictures when only the means of their codes are kept.

        Parameters
        ----------
        pictures, labels
            As for :meth:`encode`.

        Returns
        -------
        Tensor of shape (N, channels, height, width)
            From 0 to 1.
        """
        mu, _ = self.encode(pictures, labels)
        return self.decode(mu, labels)

    @no_grad()
    def sample(self, n: int, labels: Any = None, pixels: bool = False) -> Tensor:
        """Draw new pictures.

        Parameters
        ----------
        n : int
            How many.
        labels : n integers, optional
            What they shall show, for conditional models; otherwise the classes take turns.
        pixels : bool
            Draw the pixels too, each for itself. By default pictures are the means of p(x | z),
            and only the codes are drawn.

        Returns
        -------
        Tensor of shape (n, channels, height, width)
            From 0 to 1.

        Raises
        ------
        ValueError
            If labels are superfluous, or out of range, or not n.
        """
        if self.classes is not None and labels is None:
            labels = [number % self.classes for number in range(n)]
        like = next(self.parameters())
        z = randn(n, self.latent, dtype=like.dtype, device=like.device)
        parameters = self.decode_parameters(z, labels)
        if pixels:
            return clamp(self.likelihood.sample(parameters), 0, 1)
        return self.likelihood.mean(parameters)

    # ---- how well it models pictures ---------------------------------------------------------

    @no_grad()
    def elbo(self, pictures: Tensor, labels: Any = None, samples: int = 1) -> ELBO:
        """Estimate the lower bound of log p(x) of each picture, in its two parts.

        Parameters
        ----------
        pictures, labels
            As for :meth:`encode`.
        samples : int
            Codes to average the reconstruction over. The divergence is exact.

        Returns
        -------
        ELBO
            Reconstruction and divergence of shape (N,), in nats.

        Raises
        ------
        ValueError, TypeError
            As for :meth:`encode`, and if there are no samples.
        """
        self.require(1, samples=samples)
        self.check_pictures(pictures)
        condition = self.condition(labels, len(pictures))
        code = self._encode(pictures, condition)
        draws = self._draw(pictures, condition, code, samples)
        return ELBO(-draws.log_prob.mean(0), gaussian_kl(*code))

    def importance_weighted_bound(self, pictures: Tensor, k: int, labels: Any = None) -> Tensor:
        """Estimate a lower bound of log p(x) that is the nearer the larger k is. Gradients flow.

        ``log 1/k sum_i p(x, z_i) / q(z_i | x)`` with z_i drawn from q(z | x): Y. Burda, R. Grosse
        and R. Salakhutdinov, "Importance weighted autoencoders" (2016), equation 8. With k = 1 it
        is the ELBO.

        Parameters
        ----------
        pictures, labels
            As for :meth:`encode`.
        k : int
            The codes drawn for each picture, all decoded at once.

        Returns
        -------
        Tensor of shape (N,)
            In nats.

        Raises
        ------
        ValueError, TypeError
            As for :meth:`encode`, and if k is not positive.
        """
        self.require(1, k=k)
        self.check_pictures(pictures)
        condition = self.condition(labels, len(pictures))
        return self._draw(pictures, condition, self._encode(pictures, condition), k).bound()

    @no_grad()
    def log_likelihood(
        self, pictures: Tensor, labels: Any = None, samples: int = 5000, chunk: int = 1000
    ) -> Tensor:
        """Estimate log p(x) of each picture, by the bound of very many samples.

        With 5,000 samples this is how the negative log-likelihood of VAEs is reported (Burda et
        al., 2016, section 5). In expectation it is too small rather than too large.

        Parameters
        ----------
        pictures, labels
            As for :meth:`encode`. For a number to compare with published ones draw pixels of 0 and
            1 first, ``tg.bernoulli(pictures)``.
        samples : int
            Codes for each picture.
        chunk : int
            Codes to decode at once, which bounds the memory.

        Returns
        -------
        Tensor of shape (N,)
            In nats.

        Raises
        ------
        ValueError, TypeError
            As for :meth:`encode`, and if ``samples`` or ``chunk`` is not positive.
        """
        self.require(1, samples=samples, chunk=chunk)
        self.check_pictures(pictures)
        condition = self.condition(labels, len(pictures))
        estimates = []
        for start in range(0, len(pictures), chunk):
            part = slice(start, start + chunk)
            told = None if condition is None else condition[part]
            estimates.append(self._log_likelihood(pictures[part], told, samples, chunk))
        return cat(estimates)

    def _log_likelihood(
        self, images: Tensor, condition: Tensor | None, samples: int, chunk: int
    ) -> Tensor:
        """Of at most ``chunk`` pictures: the sum of all weights, taken up some at a time."""
        code = self._encode(images, condition)
        at_once = max(1, chunk // len(images))
        terms: list[Tensor] = []  # the logarithm of the sum so far, then the new ones
        for start in range(0, samples, at_once):
            draws = self._draw(images, condition, code, min(at_once, samples - start))
            terms = [logsumexp(cat([*terms, draws.log_weights()]), 0, keepdim=True)]
        return terms[0].squeeze(0) - math.log(samples)


class _Draws(NamedTuple):
    """Some codes for each of N pictures.

    ``log_prob`` is log p(x | z), ``log_ratio`` is log p(z) - log q(z | x); both (samples, N).
    """

    log_prob: Tensor
    log_ratio: Tensor

    def log_weights(self) -> Tensor:
        """``log p(x, z) / q(z | x)``, of shape (samples, N)."""
        return self.log_prob + self.log_ratio

    def bound(self) -> Tensor:
        """The logarithm of the mean weight, of shape (N,)."""
        return logsumexp(self.log_weights(), 0) - math.log(len(self.log_prob))


def _joined(vectors: Tensor, condition: Tensor | None) -> Tensor:
    return vectors if condition is None else cat([vectors, condition], 1)


def _repeated(x: Tensor, times: int) -> Tensor:
    """The whole batch again and again, (N, ...) to (times * N, ...)."""
    return x if times == 1 else x.repeat(times, *(1,) * (x.ndim - 1))


# ---- the networks ------------------------------------------------------------------------------


class VAE(VariationalAutoencoder):
    """A variational autoencoder of dense layers: 784-400-20 and back.

    By default that of PyTorch's examples. With ``latent=50, hidden=(200, 200), activation="tanh"``
    it is the network of the importance-weighted autoencoder (Burda et al., 2016, section 5).

    Parameters
    ----------
    latent : int
        The length of a code.
    hidden : sequence of int
        Units of the layers between picture and code; between code and picture they are reversed.
    activation : {"relu", "tanh"}
    likelihood, std, classes, beta, warm_up, importance_samples, binarize
        As for :class:`VariationalAutoencoder`.
    picture_shape : tuple of int
        Channels, height and width.

    Raises
    ------
    ValueError
        If an argument is out of its range, or there is no such likelihood or activation.

    Examples
    --------
    >>> VAE().sample(5).shape
    (5, 1, 28, 28)
    """

    name = "vae"

    def __init__(
        self,
        latent: int = 20,
        hidden: Sequence[int] = (400,),
        activation: str = "relu",
        likelihood: str = "bernoulli",
        std: float = 0.1,
        classes: int | None = None,
        beta: float = 1.0,
        warm_up: int = 0,
        importance_samples: int = 1,
        binarize: bool = False,
        picture_shape: Shape = (1, 28, 28),
    ) -> None:
        super().__init__(
            picture_shape, latent, likelihood, std, classes, beta, warm_up, importance_samples,
            binarize,
        )  # fmt: skip
        if activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"VAE: activation is one of {known}, got {activation!r}")
        told = classes or 0
        channels, height, width = self.picture_shape
        made = (self.likelihood.outputs * channels, height, width)
        self.down = Flatten()
        self.encoder = _dense([math.prod(picture_shape) + told, *hidden, 2 * latent], activation)
        self.decoder = _dense([latent + told, *reversed(hidden), math.prod(made)], activation)
        self.up = Unflatten(1, made)


class ConvVAE(VariationalAutoencoder):
    """A variational autoencoder of convolutions on the way down, transposed ones on the way up.

    Each 4 x 4 convolution of stride 2 halves the sides; a dense layer stands between the last maps
    and the code, and between the code and the first maps.

    Parameters
    ----------
    latent : int
        The length of a code.
    channels : sequence of int
        Of the maps after each convolution; on the way up they are reversed.
    hidden : int
        Units between maps and code.
    likelihood, std, classes, beta, warm_up, importance_samples, binarize
        As for :class:`VariationalAutoencoder`; for colour "gaussian-learned" is a good choice.
    picture_shape : tuple of int
        Channels, height and width; 2 to the number of convolutions must divide the sides.

    Raises
    ------
    ValueError
        If an argument is out of its range, there is no such likelihood, or the sides cannot be
        halved so often.

    Examples
    --------
    >>> ConvVAE(picture_shape=(3, 32, 32), likelihood="gaussian-learned").sample(5).shape
    (5, 3, 32, 32)
    """

    name = "conv-vae"

    def __init__(
        self,
        latent: int = 20,
        channels: Sequence[int] = (32, 64),
        hidden: int = 256,
        likelihood: str = "bernoulli",
        std: float = 0.1,
        classes: int | None = None,
        beta: float = 1.0,
        warm_up: int = 0,
        importance_samples: int = 1,
        binarize: bool = False,
        picture_shape: Shape = (1, 28, 28),
    ) -> None:
        super().__init__(
            picture_shape, latent, likelihood, std, classes, beta, warm_up, importance_samples,
            binarize,
        )  # fmt: skip
        told, halvings = classes or 0, 2 ** len(channels)
        colours, height, width = self.picture_shape
        if height % halvings or width % halvings:
            raise ValueError(
                f"ConvVAE halves the sides {len(channels)} times, so {halvings} must divide them, "
                f"got {height} x {width}: give fewer channels, or pad the pictures"
            )
        maps = (channels[-1], height // halvings, width // halvings)
        size = math.prod(maps)
        down, up = [colours, *channels], [*reversed(channels), self.likelihood.outputs * colours]
        self.down = Sequential(Centred(), *_halvings(Conv2d, down), ReLU(), Flatten())
        self.encoder = _dense([size + told, hidden, 2 * latent], "relu")
        self.decoder = _dense([latent + told, hidden, size], "relu")
        self.up = Sequential(ReLU(), Unflatten(1, maps), *_halvings(ConvTranspose2d, up))


def _dense(sizes: Sequence[int], activation: str) -> Sequential:
    """Dense layers with activations between them, and none at the end."""
    layers: list[Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [Dense(inputs, outputs), ACTIVATIONS[activation]()]
    return Sequential(*layers[:-1])


def _halvings(layer: type[Conv2d | ConvTranspose2d], channels: Sequence[int]) -> list[Module]:
    """Layers that halve (or double) the sides, with activations between them, none at the end."""
    layers: list[Module] = []
    for inputs, outputs in zip(channels, channels[1:], strict=False):
        layers += [layer(inputs, outputs, 4, stride=2, padding=1), ReLU()]
    return layers[:-1]
