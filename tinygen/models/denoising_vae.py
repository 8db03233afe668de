"""A variational autoencoder that learns from noisy pictures what clean ones look like."""

from __future__ import annotations

from typing import Any

from tinygen.models.damage import add_noise
from tinygen.models.vae import VAE
from tinygen.tensors import Tensor, rand

__all__ = ["DenoisingVAE"]


class DenoisingVAE(VAE):
    """A :class:`VAE` whose encoder is shown the picture with noise, and whose decoder owes the
    clean one.

    The bound stays one on log p(x), as q(z | noisy x), averaged over the noise, is a distribution
    of codes too: D. Im et al., "Denoising criterion for variational auto-encoding framework"
    (2017), section 3. In training each picture has noise of a strength of its own; in evaluation
    nothing is added, and :meth:`reconstruct` takes away the noise that a picture has.

    Parameters
    ----------
    sigma : float
        The largest standard deviation of the noise, of pixels from 0 to 1.
    **options
        Those of :class:`VAE`.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> import tinygen as tg
    >>> DenoisingVAE().reconstruct(tg.rand(5, 1, 28, 28)).shape
    (5, 1, 28, 28)
    """

    name = "denoising-vae"

    def __init__(self, sigma: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        self.require(0, sigma=sigma)
        self.sigma = sigma

    def _encode(self, images: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
        if self.training:
            strength = rand(len(images), 1, 1, 1, dtype=images.dtype, device=images.device)
            images = add_noise(images, self.sigma * strength)
        return super()._encode(images, condition)
