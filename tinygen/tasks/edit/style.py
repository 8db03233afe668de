"""The content of one picture in the style of another.

L. Gatys, A. Ecker and M. Bethge, "A neural algorithm of artistic style" (2015, arXiv:1508.06576):
the content is what the maps of a network show, place by place; the style is how the maps go
together, wherever it is, their Gram matrix. Pixels are changed until they have both.

The paper's network is large, and knows a million photographs. There is none such here, but textures
need none: filters that nobody trained will do (I. Ustyuzhaninov et al., "Texture synthesis using
shallow convolutional networks with random filters", 2016, arXiv:1606.00021), and for grey and
colour pictures of any size. The maps of a small classifier of digits, which look for strokes, do
not.

>>> import tinygen as tg
>>> content, style = tg.rand(2, 3, 24, 24), tg.rand(1, 3, 32, 32)
>>> style_transfer(content, style, steps=3).shape
(2, 3, 24, 24)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tinygen.autograd import enable_grad, no_grad
from tinygen.models import Classifier
from tinygen.models.base import evaluating
from tinygen.nn import ReLU
from tinygen.nn import functional as F
from tinygen.optim import Adam
from tinygen.tasks.edit.checks import require_model
from tinygen.tensors import Tensor, float32, tensor

__all__ = [
    "Maps", "StyleLosses", "classifier_maps", "gram_matrix", "random_maps", "style_losses",
    "style_transfer",
]  # fmt: skip

Maps = Callable[[Tensor], list[Tensor]]
"""From pictures (N, C, H, W) to the maps of several layers, each (N, K, H', W')."""

SHADES = 4
"""One in so many random filters sees how light a place is, the others only what changes there."""

TINY = 1e-12
"""Keeps the loss of an aim that is all zero finite."""


# ---- what looks at the pictures ----------------------------------------------------------------


def random_maps(
    channels: int,
    sizes: Sequence[int] = (3, 5, 7, 11),
    filters: int = 32,
    seed: int = 0,
    device: str = "cpu",
) -> Maps:
    """One layer of filters that are drawn and not trained, of several sizes, each with a ReLU.

    Parameters
    ----------
    channels : int
        Of the pictures.
    sizes : sequence of int
        Odd sides of the filters in pixels: the largest strokes and grains that are seen.
    filters : int
        Of each size, from N(0, 1) and scaled to length 1.
    seed : int
        They have a random stream of their own.
    device : str

    Returns
    -------
    callable
        From pictures to maps of their size, for each size of filters.

    Raises
    ------
    ValueError
        If a size is even or not positive, or there are no filters.
    """
    if not sizes or any(size < 1 or size % 2 == 0 for size in sizes) or filters < 1:
        raise ValueError(
            f"random_maps takes odd sizes, one at least, and filters of each, got sizes="
            f"{tuple(sizes)} and filters={filters}"
        )
    chance = np.random.default_rng(seed)
    banks = [_random_filters(chance, (filters, channels, size, size)) for size in sizes]
    weights = [tensor(bank, device=device) for bank in banks]
    return lambda pictures: [
        F.relu(F.conv2d(pictures, weight, padding=weight.shape[2] // 2)) for weight in weights
    ]


def _random_filters(chance: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    drawn = chance.standard_normal(shape)
    sees_changes = np.arange(shape[0]) % SHADES != 0
    drawn[sees_changes] -= drawn[sees_changes].mean((1, 2, 3), keepdims=True)
    scaled: np.ndarray = drawn / np.sqrt((drawn**2).sum((1, 2, 3), keepdims=True) + TINY)
    return scaled.astype(float32)


def classifier_maps(model: Classifier) -> Maps:
    """The maps of a convolutional classifier, behind each ReLU and each block.

    Parameters
    ----------
    model : Classifier
        With convolutions. They run in evaluation mode.

    Returns
    -------
    callable
        From pictures with the channels of the model's, of any size that its convolutions take.

    Raises
    ------
    TypeError
        If the model is no classifier, or has no convolutions.
    """
    require_model(model, Classifier, "classifier_maps")
    if not hasattr(model, "convolutions"):
        raise TypeError(
            f"{type(model).__name__} has no convolutions whose maps could tell a style: take a "
            "convolutional classifier, or random_maps"
        )

    def maps(pictures: Tensor) -> list[Tensor]:
        seen, kept = (pictures - model.mean) / model.std, []
        with evaluating(model):
            for layer in model.convolutions.children():
                seen = layer(seen)
                if isinstance(layer, ReLU) or list(layer.children()):
                    kept.append(seen)
        return kept

    return maps


# ---- the losses --------------------------------------------------------------------------------


class StyleLosses(NamedTuple):
    """How far pictures are from what they shall show, and from how they shall show it.

    Attributes
    ----------
    content, style : Tensor of shape (N,)
        0 for the content's own maps, and for the style's own Gram matrices.
    """

    content: Tensor
    style: Tensor


def gram_matrix(maps: Tensor) -> Tensor:
    """How strongly each two maps respond together: ``G_ij = mean over places of F_i F_j``.

    Equation 3 of Gatys et al., as a mean, so that pictures of different sizes can be compared.

    Parameters
    ----------
    maps : float Tensor of shape (N, K, H, W)

    Returns
    -------
    Tensor of shape (N, K, K)
        Gradients flow.
    """
    count, kinds, height, width = maps.shape
    flat = maps.reshape(count, kinds, height * width)
    return flat @ flat.transpose(1, 2) / (height * width)


def style_losses(pictures: Tensor, content: Tensor, style: Tensor, maps: Maps) -> StyleLosses:
    """Compare pictures with one for their content and one for their style.

    Equations 1 and 5 of Gatys et al.: squared differences of maps, and of Gram matrices. Each is
    divided by the square of what it is compared with, and then averaged over the layers; so the
    losses of different pictures and networks can be compared.

    Parameters
    ----------
    pictures, content : float Tensor of shape (N, C, H, W)
    style : float Tensor of shape (1, C, H', W') or (N, C, H', W')
    maps : callable
        As :func:`random_maps` and :func:`classifier_maps` give them.

    Returns
    -------
    StyleLosses
        Gradients flow.
    """
    return _losses(maps(pictures), maps(content), [gram_matrix(layer) for layer in maps(style)])


def _losses(now: list[Tensor], aims: list[Tensor], grams: list[Tensor]) -> StyleLosses:
    return StyleLosses(_distance(now, aims), _distance([gram_matrix(m) for m in now], grams))


def _distance(values: list[Tensor], aims: list[Tensor]) -> Tensor:
    """The mean over layers of ``|value - aim|^2 / |aim|^2``, of shape (N,)."""
    total = sum(
        ((value - aim) ** 2).flatten(1).sum(1) / ((aim**2).flatten(1).sum(1) + TINY)
        for value, aim in zip(values, aims, strict=True)
    )
    assert isinstance(total, Tensor)
    return total / len(aims)


# ---- the transfer ------------------------------------------------------------------------------


def style_transfer(
    content: Tensor,
    style: Tensor,
    maps: Maps | None = None,
    weight: float = 30.0,
    steps: int = 150,
    lr: float = 0.03,
) -> Tensor:
    """Change pictures until they have the style of another.

    Adam (the paper has L-BFGS) minimizes ``content + weight * style``, of :func:`style_losses`,
    from the picture with the content on, within 0 to 1.

    Parameters
    ----------
    content : float Tensor of shape (N, C, H, W)
        From 0 to 1.
    style : float Tensor of shape (1, C, H', W') or (N, C, H', W')
        From 0 to 1. Of another size its strokes keep their size in pixels.
    maps : callable, optional
        What looks at them; by default :func:`random_maps`.
    weight : float
        Of the style.
    steps : int
    lr : float
        Of Adam.

    Returns
    -------
    Tensor of shape (N, C, H, W)
        From 0 to 1.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or a number is negative.
    """
    if content.ndim != 4 or style.ndim != 4 or content.shape[1] != style.shape[1]:
        raise ValueError(
            "content and style are pictures of shape (N, C, H, W) with as many channels, got "
            f"{tuple(content.shape)} and {tuple(style.shape)}"
        )
    if len(style) not in (1, len(content)):
        raise ValueError(
            f"{len(content)} pictures take one style for all or one for each, got {len(style)}"
        )
    if weight < 0 or steps < 0:
        raise ValueError(f"weight and steps are at least 0, got {weight} and {steps}")
    maps = maps or random_maps(content.shape[1], device=content.device)
    with no_grad():
        aims, grams = maps(content), [gram_matrix(layer) for layer in maps(style)]
    pictures = content.detach().clone().requires_grad_()
    optimizer = Adam([pictures], lr=lr)
    with enable_grad():
        for _ in range(steps):
            losses = _losses(maps(pictures), aims, grams)
            optimizer.zero_grad()
            (losses.content + weight * losses.style).sum().backward(inputs=[pictures])
            optimizer.step()
            with no_grad():
                pictures.clamp_(0, 1)
    return pictures.detach()
