"""Edits in the space of codes, of autoencoders and of GANs.

A picture becomes a code, the code is moved, or gets another label, and becomes a picture again. An
autoencoder has an encoder for the first; for a GAN the code is searched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tinygen.autograd import no_grad
from tinygen.models import GAN
from tinygen.models.base import evaluating
from tinygen.models.vae import VariationalAutoencoder
from tinygen.ops.shape import cat, stack
from tinygen.tasks.edit.checks import require_model
from tinygen.tensors import Tensor, linspace, randn

__all__ = [
    "Drawn", "Latent", "blend", "change_label", "codes_of", "draw", "interpolate", "move",
    "pictures_of",
]  # fmt: skip

Latent = GAN | VariationalAutoencoder
"""The models whose pictures have codes."""

PRIOR = 0.1
"""How strongly the codes that are searched for a GAN are held where it was trained. With less the
pictures are matched a little better and can be moved less far."""

CHUNK = 250
"""How many pictures are made together; it bounds the memory."""


# ---- there and back ----------------------------------------------------------------------------


def codes_of(model: Latent, pictures: Tensor, labels: Any = None, **search: Any) -> Tensor:
    """The codes of pictures: the means of the encoder, or the nearest that a search finds.

    Parameters
    ----------
    model : GAN or VariationalAutoencoder
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels : N integers, for conditional models
    **search
        What :meth:`tinygen.models.gan.GAN.invert` shall be told, ``prior=0.1`` if nothing else.

    Returns
    -------
    Tensor of shape (N, latent)

    Raises
    ------
    TypeError
        If the model is of another kind, or an autoencoder is told how to search.
    ValueError
        If pictures or labels do not fit.
    """
    require_model(model, (GAN, VariationalAutoencoder), "codes_of")
    if isinstance(model, GAN):
        return model.invert(pictures, labels, **{"prior": PRIOR, **search})[0]
    if search:
        raise TypeError(f"codes_of: a {type(model).__name__} encodes and takes no {list(search)}")
    with evaluating(model), no_grad():
        return model.encode(pictures, labels)[0]


def pictures_of(
    model: Latent,
    codes: Tensor,
    labels: Any = None,
    vector: Tensor | None = None,
    strength: float = 1.0,
) -> Tensor:
    """The pictures of codes, after a step if one is given: of ``codes + strength * vector``.

    Parameters
    ----------
    model : GAN or VariationalAutoencoder
    codes : float Tensor of shape (N, latent)
    labels : N integers, for conditional models
        What the pictures shall show.
    vector : Tensor of shape (latent,) or (N, latent), optional
        One for all, or one for each, such as the way from the class of each to another.
    strength : float
        May be negative.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model is of another kind.
    ValueError
        If codes, vector or labels do not fit.
    """
    require_model(model, (GAN, VariationalAutoencoder), "pictures_of")
    if vector is not None:
        _check_vector(vector, codes)
        codes = codes + strength * vector
    make = model.generate if isinstance(model, GAN) else model.decode
    known = model.known_labels(labels, len(codes))
    with evaluating(model), no_grad():
        parts = [slice(start, start + CHUNK) for start in range(0, len(codes), CHUNK)]
        return cat([make(codes[part], None if known is None else known[part]) for part in parts])


def _check_vector(vector: Tensor, codes: Tensor) -> None:
    count, length = codes.shape
    if tuple(vector.shape) not in ((length,), (count, length)):
        raise ValueError(
            f"codes of shape {(count, length)} move along a vector of shape {(length,)} or "
            f"{(count, length)}, got {tuple(vector.shape)}: take it from codes of the same model"
        )


class Drawn(NamedTuple):
    """Pictures that a model made of codes that were drawn.

    Attributes
    ----------
    codes : Tensor of shape (N, latent)
    pictures : Tensor of shape (N, channels, height, width)
    labels : list of int or None
        What a conditional model was told to show.
    """

    codes: Tensor
    pictures: Tensor
    labels: list[int] | None


def draw(model: Latent, n: int) -> Drawn:
    """Draw codes from N(0, I), and let a model make its pictures of them, of all classes in turn.

    What is measured of the pictures shows where in the space of codes an attribute grows; so
    nothing but the model is needed for

    ``attribute_vector(drawn.codes, thickness(drawn.pictures), drawn.labels)``

    Parameters
    ----------
    model : GAN or VariationalAutoencoder
    n : int
        How many.

    Returns
    -------
    Drawn

    Raises
    ------
    TypeError
        If the model is of another kind.
    """
    require_model(model, (GAN, VariationalAutoencoder), "draw")
    labels = None if model.classes is None else [number % model.classes for number in range(n)]
    like = next(model.parameters())
    codes = randn(n, model.latent, dtype=like.dtype, device=like.device)
    return Drawn(codes, pictures_of(model, codes, labels), labels)


# ---- edits -------------------------------------------------------------------------------------


def move(
    model: Latent, pictures: Tensor, vector: Tensor, strength: float = 1.0, labels: Any = None
) -> Tensor:
    """Go a step in the space of codes.

    J.-Y. Zhu et al., "Generative visual manipulation on the natural image manifold" (2016). What
    the code does not hold is lost; with a strength of 0 one sees how much that is.

    Parameters
    ----------
    model : GAN or VariationalAutoencoder
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    vector : Tensor of shape (latent,) or (N, latent)
        As :func:`tinygen.tasks.edit.attribute_vector` gives one.
    strength : float
        May be negative.
    labels : N integers, for conditional models
        What they show.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model is of another kind.
    ValueError
        If pictures, vector or labels do not fit.
    """
    return pictures_of(model, codes_of(model, pictures, labels), labels, vector, strength)


def change_label(model: Latent, pictures: Tensor, labels: Any, new_labels: Any) -> Tensor:
    """The same code under another label: the class changes, the hand stays.

    A model that is told the label has the rest in its codes, the style (M. Mirza and S. Osindero,
    "Conditional generative adversarial nets", 2014; D. P. Kingma et al., "Semi-supervised learning
    with deep generative models", 2014, figure 1). With another one go the way from class to class,
    see :func:`tinygen.tasks.edit.class_vectors`.

    Parameters
    ----------
    model : GAN or VariationalAutoencoder
        With classes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels, new_labels : N integers
        What they show, and what they shall show.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model is of another kind.
    ValueError
        If it has no classes, or pictures or labels do not fit.
    """
    return pictures_of(model, codes_of(model, pictures, labels), new_labels)


def interpolate(
    model: Latent, first: Tensor, last: Tensor, steps: int = 9, labels: Any = None
) -> Tensor:
    """The pictures on the straight line between the codes of two.

    Parameters
    ----------
    model : GAN or VariationalAutoencoder
    first, last : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    steps : int
        From the first to the last, both counted; they are what the model makes of them.
    labels : N integers, for conditional models
        What both show.

    Returns
    -------
    Tensor of shape (N, steps, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model is of another kind.
    ValueError
        If there are less than two steps, or pictures or labels do not fit.
    """
    path = blend(codes_of(model, first, labels), codes_of(model, last, labels), steps)
    return stack([pictures_of(model, path[:, step], labels) for step in range(steps)], 1)


def blend(first: Tensor, last: Tensor, steps: int = 9) -> Tensor:
    """Fade one into the other, number by number: ``(1 - t) * first + t * last``.

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
