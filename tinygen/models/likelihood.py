"""What a decoder says of a picture: probabilities of its pixels, given what the decoder puts out.

All are in nats and added up over the pixels, which are independent given the decoder's outputs.
Outputs are free numbers: no activation stands before them.
"""

from __future__ import annotations

import difflib
import math
from typing import ClassVar

from tinygen.nn import Module, Parameter
from tinygen.nn import functional as F
from tinygen.ops.elementwise import exp, sigmoid, where
from tinygen.ops.noise import bernoulli, randn_like
from tinygen.ops.shape import chunk
from tinygen.tensors import Tensor, tensor

__all__ = [
    "LIKELIHOODS", "Bernoulli", "Gaussian", "LearnedGaussian", "Likelihood", "PixelwiseGaussian",
    "create_likelihood",
]  # fmt: skip

LOWEST_LOG_STD = -6.0
"""A standard deviation of 0.6 grey levels of 256."""


class Likelihood(Module):
    """The probability of pictures given the outputs of a decoder.

    Attributes
    ----------
    outputs : int
        How many outputs of the decoder each value of a pixel needs.
    """

    outputs: ClassVar[int] = 1

    def log_prob(
        self, parameters: Tensor, pictures: Tensor, counted: Tensor | None = None
    ) -> Tensor:
        """Return the log-probability (or log-density) of each picture.

        Parameters
        ----------
        parameters : float Tensor of shape (N, outputs * channels, height, width)
            What the decoder puts out: no activation before.
        pictures : float Tensor of shape (N, channels, height, width)
        counted : bool Tensor that broadcasts to the pictures, optional
            True for the pixels whose probability is asked for; by default all.

        Returns
        -------
        Tensor of shape (N,)
            In nats, added up over pixels and channels.

        Raises
        ------
        ValueError
            If the shapes do not fit together.
        """
        count, channels, *sides = pictures.shape
        wanted = (count, self.outputs * channels, *sides)
        if tuple(parameters.shape) != wanted:
            raise ValueError(
                f"{type(self).__name__}: pictures {tuple(pictures.shape)} need outputs of shape "
                f"{wanted} from the decoder, got {tuple(parameters.shape)}"
            )
        nll = self._nll_of_pixels(parameters, pictures)
        return -(nll if counted is None else where(counted, nll, 0.0)).sum((1, 2, 3))

    def _nll_of_pixels(self, parameters: Tensor, pictures: Tensor) -> Tensor:
        """Minus the log-probability of each pixel."""
        raise NotImplementedError(f"{type(self).__name__} must define _nll_of_pixels")

    def mean(self, parameters: Tensor) -> Tensor:
        """Return the mean picture, from 0 to 1.

        Parameters
        ----------
        parameters : float Tensor of shape (N, outputs * channels, height, width)

        Returns
        -------
        Tensor of shape (N, channels, height, width)
        """
        return sigmoid(parameters)

    def sample(self, parameters: Tensor) -> Tensor:
        """Draw pictures, each pixel for itself, without a gradient.

        Parameters
        ----------
        parameters : float Tensor of shape (N, outputs * channels, height, width)

        Returns
        -------
        Tensor of shape (N, channels, height, width)
        """
        raise NotImplementedError(f"{type(self).__name__} must define sample")


class Bernoulli(Likelihood):
    """Pixels that are 0 or 1; the outputs are the logits of 1.

    Grey pixels between 0 and 1 are allowed, as in the well-known "BCE" loss. The sum is then no
    log-likelihood, as it belongs to no distribution of greys, and its best value is not 0: it must
    not be compared with results on binary pictures.
    """

    def _nll_of_pixels(self, parameters: Tensor, pictures: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(parameters, pictures, reduction="none")

    def sample(self, parameters: Tensor) -> Tensor:
        return bernoulli(sigmoid(parameters))


class _Normal(Likelihood):
    """Normal pixels whose means are the logistic function of outputs, as pixels are 0 to 1.

    So they are in D. P. Kingma and M. Welling, "Auto-encoding variational Bayes" (2014), section 5.
    """

    def _log_std(self, parameters: Tensor) -> Tensor:
        """The logarithms of the standard deviations: of each pixel, or of all."""
        raise NotImplementedError(f"{type(self).__name__} must define _log_std")

    def _nll_of_pixels(self, parameters: Tensor, pictures: Tensor) -> Tensor:
        log_std = self._log_std(parameters)
        standardized = (pictures - self.mean(parameters)) * exp(-log_std)
        return 0.5 * standardized * standardized + (log_std + 0.5 * math.log(2 * math.pi))

    def sample(self, parameters: Tensor) -> Tensor:
        mean, std = self.mean(parameters).detach(), exp(self._log_std(parameters)).detach()
        return mean + std * randn_like(mean)


class Gaussian(_Normal):
    """Normal pixels of one standard deviation that is fixed.

    The smaller it is, the more a squared error counts against the divergence of the codes.

    Parameters
    ----------
    std : float
        In units of pixels from 0 to 1.

    Attributes
    ----------
    log_std : Buffer of shape ()

    Raises
    ------
    ValueError
        If it is not positive.
    """

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        if not std > 0:
            raise ValueError(f"Gaussian: a standard deviation is positive, got std={std}")
        self.register_buffer("log_std", tensor(math.log(std)))

    def _log_std(self, parameters: Tensor) -> Tensor:
        return self.log_std


class LearnedGaussian(_Normal):
    """Normal pixels of one standard deviation that is learned with the weights.

    The sigma-VAE of O. Rybkin, K. Daniilidis and S. Levine, "Simple and effective VAE training with
    calibrated decoders" (2021): the deviation follows the root of the mean squared error, so that
    errors and the divergence of the codes are weighed against each other without a choice of ours.

    Parameters
    ----------
    std : float
        The first deviation, in units of pixels from 0 to 1. An optimizer that takes small steps
        needs thousands to come from 1, where the authors' code begins, to that of a good decoder;
        until then the codes say next to nothing.

    Attributes
    ----------
    log_std : Parameter of shape ()
        As in the authors' code, softplus(log_std + 6) - 6 is used, which is above -6.

    Raises
    ------
    ValueError
        If the deviation is not above the lowest, exp(-6).
    """

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        if not std > math.exp(LOWEST_LOG_STD):
            raise ValueError(
                f"LearnedGaussian: the deviation stays above {math.exp(LOWEST_LOG_STD):.4f}, got "
                f"std={std}"
            )
        above = math.log(std) - LOWEST_LOG_STD
        self.log_std = Parameter(tensor(math.log(math.expm1(above)) + LOWEST_LOG_STD))

    def _log_std(self, parameters: Tensor) -> Tensor:
        return _above_the_lowest(self.log_std)


class PixelwiseGaussian(_Normal):
    """Normal pixels, each of a standard deviation of its own, which the decoder puts out.

    The first half of the output channels are the means before the logistic function, the second
    the logarithms of the deviations, held above -6 as in :class:`LearnedGaussian`: the density of
    a pixel that is the same in all pictures would grow without end.
    """

    outputs = 2

    def mean(self, parameters: Tensor) -> Tensor:
        return sigmoid(chunk(parameters, 2, 1)[0])

    def _log_std(self, parameters: Tensor) -> Tensor:
        return _above_the_lowest(chunk(parameters, 2, 1)[1])


def _above_the_lowest(log_std: Tensor) -> Tensor:
    return F.softplus(log_std - LOWEST_LOG_STD) + LOWEST_LOG_STD


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "gaussian-learned": LearnedGaussian,
    "gaussian-pixelwise": PixelwiseGaussian,
}
"""By the names that the models' ``likelihood`` argument takes."""


def create_likelihood(name: str, std: float) -> Likelihood:
    """Make a likelihood by its name.

    Parameters
    ----------
    name : str
        A key of ``LIKELIHOODS``.
    std : float
        Of "gaussian", and the first one of "gaussian-learned"; the others have no use for it.

    Returns
    -------
    Likelihood

    Raises
    ------
    ValueError
        If there is none of this name, or the deviation is not positive.
    """
    if name not in LIKELIHOODS:
        near = difflib.get_close_matches(name, LIKELIHOODS, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        known = ", ".join(LIKELIHOODS)
        raise ValueError(f"there is no likelihood {name!r}{meant} There are: {known}")
    kind = LIKELIHOODS[name]
    return kind(std) if kind in (Gaussian, LearnedGaussian) else kind()
