"""Undoing what noise or a small size has done to pictures.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> denoise(create("unet", task="denoise"), tg.rand(5, 1, 28, 28)).shape
(5, 1, 28, 28)
>>> enlarge(create("unet", task="enlarge"), tg.rand(5, 1, 14, 14)).shape
(5, 1, 28, 28)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tinygen.models import Model
from tinygen.models.base import evaluating
from tinygen.models.unet import UNet
from tinygen.models.vae import VariationalAutoencoder
from tinygen.tasks.fidelity import fidelity
from tinygen.tasks.filters import gaussian_filter, median_filter
from tinygen.tensors import Tensor

__all__ = ["Filtered", "best_filter", "can_denoise", "can_enlarge", "denoise", "enlarge"]

FILTERS: dict[str, tuple[Callable[[Tensor, Any], Tensor], Sequence[float]]] = {
    "median": (median_filter, (3, 5, 7)),
    "gaussian": (gaussian_filter, (0.5, 0.75, 1.0, 1.5, 2.0)),
}
"""The filters, with the settings that are tried: sizes and standard deviations in pixels."""

TRIED = 1000
"""Pictures on which they are."""


def denoise(model: Model, noisy: Tensor) -> Tensor:
    """Take the noise out of pictures.

    An autoencoder gives what is left when only the means of the codes are kept. One that never saw
    noise takes some of it for ink; a :class:`~tinygen.models.denoising_vae.DenoisingVAE` does not.

    Parameters
    ----------
    model : UNet that learned to denoise, or VariationalAutoencoder without classes
    noisy : float Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Returns
    -------
    Tensor of that shape
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model cannot do it, or these are no floats.
    ValueError
        If the shape or the range is not that of the model's pictures.
    """
    if not can_denoise(model):
        raise TypeError(
            f"{_name(model)} cannot take out noise: a UNet with task='denoise', or a variational "
            "autoencoder without classes can"
        )
    if isinstance(model, UNet):
        return model.restore(noisy)
    with evaluating(model):
        return model.reconstruct(noisy)


def enlarge(model: Model, small: Tensor) -> Tensor:
    """Make pictures twice as large, with the detail that they may have had.

    Parameters
    ----------
    model : UNet that learned to enlarge
    small : float Tensor of shape (N, channels, height / 2, width / 2)
        From 0 to 1.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model cannot do it, or these are no floats.
    ValueError
        If the shape or the range is another one.
    """
    if not can_enlarge(model):
        raise TypeError(f"{_name(model)} cannot enlarge pictures: a UNet with task='enlarge' can")
    return model.restore(small)


def can_denoise(model: Model) -> bool:
    """Whether :func:`denoise` can use a model."""
    if isinstance(model, VariationalAutoencoder):
        return model.classes is None
    return isinstance(model, UNet) and model.task == "denoise"


def can_enlarge(model: Model) -> bool:
    """Whether :func:`enlarge` can use a model."""
    return isinstance(model, UNet) and model.task == "enlarge"


class Filtered(NamedTuple):
    """What a filter made of noisy pictures.

    Attributes
    ----------
    setting : float
        The size of a median filter, the standard deviation of a Gaussian one.
    pictures : Tensor of shape (N, C, H, W)
    """

    setting: float
    pictures: Tensor


def best_filter(kind: str, noisy: Tensor, clean: Tensor) -> Filtered:
    """The median or Gaussian filter that does best on these very pictures.

    No model has that advantage: it must be better than a filter whose setting was chosen with the
    answers at hand, those of the first thousand pictures.

    Parameters
    ----------
    kind : {"median", "gaussian"}
    noisy, clean : float Tensor of shape (N, C, H, W)
        From 0 to 1.

    Returns
    -------
    Filtered
        With the highest peak signal-to-noise ratio, see :func:`tinygen.tasks.fidelity.fidelity`.

    Raises
    ------
    ValueError
        If there is no such filter.
    """
    if kind not in FILTERS:
        raise ValueError(f"best_filter: a filter is 'median' or 'gaussian', got {kind!r}")
    filter, settings = FILTERS[kind]
    some, answers = noisy[:TRIED], clean[:TRIED]
    best = max(settings, key=lambda setting: fidelity(answers, filter(some, setting)).psnr)
    return Filtered(best, filter(noisy, best))


def _name(model: Model) -> str:
    return f"a UNet that learned {model.task!r}" if isinstance(model, UNet) else model.name
