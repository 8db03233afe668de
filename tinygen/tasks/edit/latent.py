"""Edits in the space of codes: of autoencoders, which encode, and of GANs, which do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygen.autograd import no_grad
from tinygen.models import GAN
from tinygen.models.base import evaluating
from tinygen.models.vae import VariationalAutoencoder
from tinygen.ops.shape import stack
from tinygen.tasks.edit.checks import require_model
from tinygen.tasks.edit.directions import attribute_vector
from tinygen.tensors import Tensor, linspace

__all__ = [
    "blend", "change_label", "codes_of", "interpolate", "move", "regenerate", "sampled_vector",
]  # fmt: skip

# ---- autoencoders ------------------------------------------------------------------------------


def codes_of(model: VariationalAutoencoder, pictures: Tensor, labels: Any = None) -> Tensor:
    """The mean codes of pictures.

    Parameters
    ----------
    model : VariationalAutoencoder
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels : N integers, for conditional models

    Returns
    -------
    Tensor of shape (N, latent)

    Raises
    ------
    TypeError
        If the model is no variational autoencoder.
    ValueError
        If pictures or labels do not fit.
    """
    require_model(model, VariationalAutoencoder, "codes_of")
    with evaluating(model), no_grad():
        return model.encode(pictures, labels)[0]


def move(
    model: VariationalAutoencoder,
    pictures: Tensor,
    vector: Tensor,
    strength: float = 1.0,
    labels: Any = None,
) -> Tensor:
    """Go a step in the space of codes: the pictures of ``code + strength * vector``.

    What the code does not hold is lost; with a strength of 0 one sees how much that is.

    Parameters
    ----------
    model : VariationalAutoencoder
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    vector : Tensor of shape (latent,) or (N, latent)
        One for all, or one for each, such as the way from the class of each to another.
    strength : float
        May be negative.
    labels : N integers, for conditional models

    Returns
    -------
    Tensor of shape (N, channels, height, width)

    Raises
    ------
    TypeError
        If the model is no variational autoencoder.
    ValueError
        If pictures, vector or labels do not fit.
    """
    codes = codes_of(model, pictures, labels)
    _check_vector(vector, codes)
    with evaluating(model), no_grad():
        return model.decode(codes + strength * vector, labels)


def change_label(
    model: VariationalAutoencoder, pictures: Tensor, labels: Any, new_labels: Any
) -> Tensor:
    """Encode pictures as what they are and decode them as something else: the same hand.

    For an autoencoder that is told the label; its codes then hold the rest, the style (D. P. Kingma
    et al., "Semi-supervised learning with deep generative models", 2014, figure 1). With
    another one go the way from class to class, see :func:`class_vectors`.

    Parameters
    ----------
    model : VariationalAutoencoder
        With classes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels, new_labels : N integers
        What they show, and what they shall show.

    Returns
    -------
    Tensor of shape (N, channels, height, width)

    Raises
    ------
    TypeError
        If the model is no variational autoencoder.
    ValueError
        If it has no classes, or pictures or labels do not fit.
    """
    codes = codes_of(model, pictures, labels)
    with evaluating(model), no_grad():
        return model.decode(codes, new_labels)


def interpolate(
    model: VariationalAutoencoder, first: Tensor, last: Tensor, steps: int = 9, labels: Any = None
) -> Tensor:
    """The pictures on the straight line between the codes of two.

    Parameters
    ----------
    model : VariationalAutoencoder
    first, last : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    steps : int
        From the first to the last, both counted; they are what the model makes of them.
    labels : N integers, for conditional models
        What both show.

    Returns
    -------
    Tensor of shape (N, steps, channels, height, width)

    Raises
    ------
    TypeError
        If the model is no variational autoencoder.
    ValueError
        If there are less than two steps, or pictures or labels do not fit.
    """
    path = blend(codes_of(model, first, labels), codes_of(model, last, labels), steps)
    with evaluating(model), no_grad():
        return stack([model.decode(path[:, step], labels) for step in range(steps)], 1)


def blend(first: Tensor, last: Tensor, steps: int = 9) -> Tensor:
    """Fade one into the other, pixel by pixel: ``(1 - t) * first + t * last``.

    Of pictures it is what an interpolation has to beat; in between one sees both.

    Parameters
    ----------
    first, last : float Tensor of shape (N, ...)
    steps : int
        Of t from 0 to 1, both counted.

    Returns
    -------
    Tensor of shape (N, steps, ...)

    Raises
    ------
    ValueError
        If there are less than two steps, or the shapes differ.
    """
    if steps < 2 or first.shape != last.shape:
        raise ValueError(
            f"between two things of one shape there are two steps at least, got shapes "
            f"{tuple(first.shape)} and {tuple(last.shape)} and {steps} steps"
        )
    times = linspace(0, 1, steps, dtype=first.dtype, device=first.device)
    times = times.reshape(1, steps, *(1,) * (first.ndim - 1))
    return (1 - times) * first.unsqueeze(1) + times * last.unsqueeze(1)


# ---- adversarial networks ------------------------------------------------------------------------


def regenerate(
    model: GAN, z: Tensor, labels: Any = None, vector: Tensor | None = None, strength: float = 1.0
) -> Tensor:
    """The pictures of codes after a step, or under another label.

    The codes of given pictures are found by :meth:`tinygen.models.GAN.invert`. With other labels
    and the same codes the class changes and the hand stays (M. Mirza and S. Osindero, "Conditional
    generative adversarial nets", 2014); with a vector the code changes under the same label (J.-Y.
    Zhu et al., "Generative visual manipulation on the natural image manifold", 2016).

    Parameters
    ----------
    model : GAN
    z : float Tensor of shape (N, latent)
    labels : N integers, for conditional models
        What the pictures shall show; by default the classes in turn.
    vector : Tensor of shape (latent,) or (N, latent), optional
        As :func:`sampled_vector` gives one.
    strength : float
        How many times the vector is added.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model is no GAN.
    ValueError
        If codes, vector or labels do not fit.
    """
    require_model(model, GAN, "regenerate")
    if vector is not None:
        _check_vector(vector, z)
        z = z + strength * vector
    with evaluating(model), no_grad():
        return model.generate(z, labels)


def sampled_vector(
    model: GAN, measure: Callable[[Tensor], np.ndarray], n: int = 2000, labels: Any = None
) -> Tensor:
    """The direction in which an attribute of a GAN's own pictures grows, for codes of noise.

    A GAN has no encoder: the codes are drawn, so that nothing but the model is needed
    (:func:`attribute_vector` says what becomes of them).

    Parameters
    ----------
    model : GAN
    measure : callable
        From pictures (N, C, H, W) to N numbers, such as
        :func:`tinygen.tasks.attributes.thickness`.
    n : int
        How many pictures are looked at.
    labels : n integers, optional
        What they show, for a conditional model; by default the classes in turn.

    Returns
    -------
    Tensor of shape (latent,)

    Raises
    ------
    TypeError
        If the model is no GAN.
    ValueError
        As for :func:`attribute_vector`.
    """
    require_model(model, GAN, "sampled_vector")
    if labels is None and model.classes is not None:
        labels = [number % model.classes for number in range(n)]
    z = model.noise(n)
    values = measure(regenerate(model, z, labels))
    return attribute_vector(z, values, labels)


# ---- both --------------------------------------------------------------------------------------


def _check_vector(vector: Tensor, codes: Tensor) -> None:
    count, length = codes.shape
    if tuple(vector.shape) not in ((length,), (count, length)):
        raise ValueError(
            f"codes of shape {(count, length)} move along a vector of shape {(length,)} or "
            f"{(count, length)}, got {tuple(vector.shape)}: take it from codes of the same model"
        )
