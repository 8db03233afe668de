"""What the two players of a GAN minimize, from the discriminator's scores.

A score is a logit: the discriminator ends in no sigmoid, and every loss is finite for every score.
Real pictures should score high and fake ones low; the generator wants its fakes to score high.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tinygen.autograd import enable_grad, grad
from tinygen.nn import functional as F
from tinygen.tensors import Tensor, rand

__all__ = [
    "LOSSES", "AdversarialLoss", "cross_entropy_discriminator_loss", "gradient_penalty",
    "hinge_discriminator_loss", "least_squares_discriminator_loss", "least_squares_generator_loss",
    "linear_generator_loss", "minimax_generator_loss", "non_saturating_generator_loss",
    "r1_penalty", "wasserstein_discriminator_loss",
]  # fmt: skip

Judge = Callable[[Tensor], Tensor]
"""A discriminator: from samples (N, ...) to scores (N,)."""


class AdversarialLoss(NamedTuple):
    """A loss for each player.

    Attributes
    ----------
    discriminator : callable
        ``discriminator(real, fake)``: from scores (N,) of real and of fake samples to a scalar.
    generator : callable
        ``generator(fake)``: from scores of fake samples to a scalar.
    is_logit : bool
        Whether the sigmoid of a score is the probability that a sample is real.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    is_logit: bool


# ---- Goodfellow et al. -----------------------------------------------------------------------


def cross_entropy_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    r"""Minus the log-likelihood of telling real from fake, in nats.

    .. math:: -\mathrm{E} \log D(x) - \mathrm{E} \log (1 - D(G(z))), \quad D = \sigma(score)

    I. Goodfellow et al., "Generative adversarial nets" (2014), equation 1. It is 2 ln 2 where the
    discriminator knows nothing.

    Parameters
    ----------
    real, fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def minimax_generator_loss(fake: Tensor) -> Tensor:
    r"""What the discriminator maximizes, :math:`\mathrm{E} \log (1 - D(G(z)))`, in nats.

    Its slope by the score is :math:`-D(G(z))`, next to nothing for a fake that is seen through:
    I. Goodfellow et al., "Generative adversarial nets" (2014), equation 1 and the end of section 3.

    Parameters
    ----------
    fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return -F.softplus(fake).mean()


def non_saturating_generator_loss(fake: Tensor) -> Tensor:
    r"""Minus the log-probability that fakes are taken for real, :math:`-\mathrm{E} \log D(G(z))`.

    Its slope by the score is :math:`D(G(z)) - 1`, the steepest where a fake is seen through:
    I. Goodfellow et al., "Generative adversarial nets" (2014), the end of section 3. In nats.

    Parameters
    ----------
    fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return F.softplus(-fake).mean()


# ---- others ----------------------------------------------------------------------------------


def least_squares_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    r""":math:`\frac12 \mathrm{E} (D(x) - 1)^2 + \frac12 \mathrm{E} D(G(z))^2`.

    X. Mao et al., "Least squares generative adversarial networks" (2017), equation 9.

    Parameters
    ----------
    real, fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2


def least_squares_generator_loss(fake: Tensor) -> Tensor:
    r""":math:`\frac12 \mathrm{E} (D(G(z)) - 1)^2`.

    X. Mao et al., "Least squares generative adversarial networks" (2017), equation 9.

    Parameters
    ----------
    fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return ((fake - 1) ** 2).mean() / 2


def hinge_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    r""":math:`\mathrm{E} \max(0, 1 - D(x)) + \mathrm{E} \max(0, 1 + D(G(z)))`.

    J. H. Lim and J. C. Ye, "Geometric GAN" (2017); T. Miyato et al., "Spectral normalization for
    generative adversarial networks" (2018), equation 16.

    Parameters
    ----------
    real, fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def wasserstein_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    r""":math:`\mathrm{E} D(G(z)) - \mathrm{E} D(x)`: minus an estimate of their distance.

    M. Arjovsky, S. Chintala and L. Bottou, "Wasserstein generative adversarial networks" (2017),
    equation 2. It is a distance as long as no slope of the discriminator is above 1.

    Parameters
    ----------
    real, fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return fake.mean() - real.mean()


def linear_generator_loss(fake: Tensor) -> Tensor:
    r""":math:`-\mathrm{E} D(G(z))`, the generator's part against hinge and Wasserstein losses.

    Parameters
    ----------
    fake : Tensor of shape (N,)
        Scores.

    Returns
    -------
    Tensor of shape ()
    """
    return -fake.mean()


LOSSES: dict[str, AdversarialLoss] = {
    "minimax": AdversarialLoss(cross_entropy_discriminator_loss, minimax_generator_loss, True),
    "non-saturating": AdversarialLoss(
        cross_entropy_discriminator_loss, non_saturating_generator_loss, True
    ),
    "least-squares": AdversarialLoss(
        least_squares_discriminator_loss, least_squares_generator_loss, False
    ),
    "hinge": AdversarialLoss(hinge_discriminator_loss, linear_generator_loss, False),
    "wasserstein": AdversarialLoss(wasserstein_discriminator_loss, linear_generator_loss, False),
}
"""The losses by name."""


# ---- penalties on the slope of the discriminator -----------------------------------------------


def gradient_penalty(discriminator: Judge, real: Tensor, fake: Tensor) -> Tensor:
    r"""How far the slope of a critic is from 1 between real and fake samples.

    .. math:: \mathrm{E} (\|\nabla D(\hat x)\| - 1)^2, \quad \hat x = t x + (1 - t) G(z)

    with t uniform in [0, 1] for each pair: I. Gulrajani et al., "Improved training of Wasserstein
    GANs" (2017), equation 3, the two-sided penalty, without its factor of 10. No statistics of the
    batch may enter the scores: the gradient is each sample's own.

    Parameters
    ----------
    discriminator : callable
        From samples (N, ...) to scores (N,).
    real, fake : Tensor of shape (N, ...)
        No gradient flows into them.

    Returns
    -------
    Tensor of shape ()
        It can be differentiated by the discriminator's parameters, under ``no_grad`` as well.

    Raises
    ------
    ValueError
        If there are not as many real samples as fake ones, or they differ in shape.
    """
    if tuple(real.shape) != tuple(fake.shape):
        raise ValueError(
            f"gradient_penalty goes from each real sample to a fake one: real {tuple(real.shape)} "
            f"and fake {tuple(fake.shape)} must have one shape"
        )
    share = rand(len(real), *(1,) * (real.ndim - 1), dtype=real.dtype, device=real.device)
    between = share * real.detach() + (1 - share) * fake.detach()
    with enable_grad():
        lengths = _slopes(discriminator, between).norm(dim=1)
        return ((lengths - 1) ** 2).mean()


def r1_penalty(discriminator: Judge, real: Tensor) -> Tensor:
    r"""Half the squared slope of the discriminator at real samples.

    .. math:: \frac12 \mathrm{E} \|\nabla D(x)\|^2

    L. Mescheder, A. Geiger and S. Nowozin, "Which training methods for GANs do actually converge?"
    (2018), equation 9, without its factor :math:`\gamma`.

    Parameters
    ----------
    discriminator : callable
        From samples (N, ...) to scores (N,).
    real : Tensor of shape (N, ...)
        No gradient flows into them.

    Returns
    -------
    Tensor of shape ()
        It can be differentiated by the discriminator's parameters, under ``no_grad`` as well.
    """
    with enable_grad():
        return (_slopes(discriminator, real) ** 2).sum(1).mean() / 2


def _slopes(discriminator: Judge, samples: Tensor) -> Tensor:
    """The gradients (N, features) of scores by samples, as a part of the graph."""
    leaf = samples.detach().requires_grad_()
    # Each score depends on its own sample only, so the gradient of the sum has all gradients.
    (gradient,) = grad(discriminator(leaf).sum(), leaf, create_graph=True)
    return gradient.flatten(1)
