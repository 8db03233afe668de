"""Edits in the space of pictures, along the gradients of a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.autograd import enable_grad, grad
from tinygen.models import Classifier
from tinygen.models.base import evaluating
from tinygen.nn import functional as F
from tinygen.ops.elementwise import clamp, where
from tinygen.ops.linalg import norm
from tinygen.ops.noise import randn_like
from tinygen.tasks.edit.checks import require_model
from tinygen.tasks.labels import known_classes
from tinygen.tensors import Tensor, as_tensor, tensor

__all__ = ["gradient_edit", "random_edit"]

TINY = 1e-12
"""Keeps the direction of a gradient that has vanished finite."""


def gradient_edit(
    model: Classifier,
    pictures: Tensor,
    labels: Any,
    confidence: float = 0.9,
    step: float = 0.1,
    steps: int = 200,
) -> Tensor:
    """Change pictures as little as it takes until a classifier sees another class.

    Each step goes as far along the gradient of ``log p(label | picture)``, within 0 to 1, until the
    probability is reached; then the picture is left alone. That such small changes do is the
    finding of C. Szegedy et al., "Intriguing properties of neural networks" (2014); the steps are
    those of A. Kurakin et al., "Adversarial examples in the physical world" (2017), of a given
    length instead of the gradient's sign. People see the old class still: it is an edit for the
    eye of the classifier only.

    Parameters
    ----------
    model : Classifier
        Of any kind. It is used in evaluation mode, and nothing of it changes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels : N integers
        What it shall see.
    confidence : float
        The probability to be reached, below 1.
    step : float
        The Euclidean length of a step; a white pixel has 1.
    steps : int
        At most.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1. Some may not be there yet after the last step.

    Raises
    ------
    TypeError
        If the model is no classifier.
    ValueError
        If pictures or labels do not fit, or a number is out of range.
    """
    require_model(model, Classifier, "gradient_edit")
    model.check_pictures(pictures)
    if not (0 < confidence < 1 and step > 0 and steps >= 0):
        raise ValueError(
            f"confidence is between 0 and 1, step above 0 and steps at least 0, got {confidence}, "
            f"{step} and {steps}"
        )
    wanted = known_classes(model, labels, pictures)
    edited, open_ones = pictures.detach().clone(), list(range(len(pictures)))
    with evaluating(model):
        for _ in range(steps):
            places = as_tensor(open_ones, device=pictures.device)
            some, gradient, reached = _towards(model, edited[places], wanted[places])
            open_ones = [n for n, p in zip(open_ones, reached, strict=True) if p < confidence]
            if not open_ones:
                break
            lengths = norm(gradient.flatten(1), dim=1).reshape(-1, 1, 1, 1)
            moved = clamp(some + gradient * (step / (lengths + TINY)), 0, 1)
            still = tensor(np.asarray(reached) < confidence, device=pictures.device)
            edited[places] = where(still.reshape(-1, 1, 1, 1), moved, some)
    return edited


def _towards(
    model: Classifier, pictures: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor, list[float]]:
    """Pictures, the gradients of the log-probabilities of their labels, and these probabilities."""
    with enable_grad():
        pictures = pictures.detach().requires_grad_()
        losses = F.cross_entropy(model(pictures), labels, reduction="none")
        (gradient,) = grad(-losses.sum(), pictures)
    return pictures.detach(), gradient, np.exp(-losses.detach().numpy()).tolist()


def random_edit(before: Tensor, after: Tensor) -> Tensor:
    """Noise on pictures, as strong as what was done to them: what an edit has to be compared with.

    Normal noise of the length of ``after - before``; where it would leave the range of 0 to 1 its
    sign is turned.

    Parameters
    ----------
    before, after : float Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1; of edits of more than half the range a little weaker, for it cannot be else.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(
            f"an edit keeps the shape, got pictures of shapes {tuple(before.shape)} and "
            f"{tuple(after.shape)}"
        )
    noise = randn_like(before).flatten(1)
    length = norm((after - before).flatten(1), dim=1, keepdim=True)
    noise = (noise * (length / norm(noise, dim=1, keepdim=True))).reshape(before.shape)
    is_outside = (before + noise < 0) | (before + noise > 1)
    return clamp(before + where(is_outside, -noise, noise), 0, 1)
