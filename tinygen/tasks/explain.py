"""Why a classifier says what it says: which pixels its answer hangs on, and what it looks for.

Three ways to make a map of a picture, the larger the more a place matters, each with its own idea
of mattering:

============  ====================================================================================
saliency      by how much the score would change if the pixel did (its gradient)
occlusion     by how much the score falls when the place is covered
Grad-CAM      how strongly the last maps that speak for the class respond there
============  ====================================================================================

:func:`deletion_curve` says how far a map can be trusted: if the pixels that it calls important are
taken away first, the answer must soon be lost. :func:`activation_maximisation` draws what a class
looks like to the classifier.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> saliency(create("cnn"), tg.rand(2, 1, 28, 28)).shape
(2, 28, 28)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygen.autograd import enable_grad, grad, no_grad
from tinygen.models import Classifier
from tinygen.models.base import evaluating
from tinygen.nn import AvgPool2d, Module
from tinygen.nn import functional as F
from tinygen.nn.activation import ELU, GELU, LeakyReLU, ReLU, SiLU, Tanh
from tinygen.nn.pooling import MaxPool2d
from tinygen.ops.shape import cat, split
from tinygen.optim import Adam
from tinygen.tasks.labels import known_classes
from tinygen.tensors import Tensor, arange, as_tensor, rand, tensor, zeros, zeros_like

__all__ = [
    "activation_maximisation", "area_under", "deletion_curve", "grad_cam", "occlusion", "saliency",
]  # fmt: skip

CHUNK = 250
"""How many pictures are looked at together; it bounds the memory."""

BEHIND_MAPS = (MaxPool2d, AvgPool2d, ReLU, LeakyReLU, ELU, GELU, SiLU, Tanh)
"""What may follow the last convolution without making other maps."""


# ---- maps of a picture ---------------------------------------------------------------------------


def saliency(model: Classifier, pictures: Tensor, labels: Any = None) -> Tensor:
    """How much the score of a class would change with each pixel.

    The absolute value of the gradient of the class's logit by the pixel, the largest over the
    channels: K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks:
    visualising image classification models and saliency maps" (2014), section 3.1.

    Parameters
    ----------
    model : Classifier
        Of any kind. It is used in evaluation mode, and nothing of it changes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels : N integers, optional
        Whose scores; by default of the classes that the model takes for most probable.

    Returns
    -------
    Tensor of shape (N, height, width)
        Not negative, per unit of brightness.

    Raises
    ------
    ValueError, TypeError
        If these are not the model's pictures, or not one of its classes for each.
    """

    def compute(part: Tensor, known: Tensor) -> Tensor:
        part = part.detach().requires_grad_()
        (slope,) = grad(_scores(model(part), known).sum(), part)
        return slope.abs().amax(1)

    return _in_chunks(model, pictures, labels, compute)


def occlusion(
    model: Classifier,
    pictures: Tensor,
    labels: Any = None,
    size: int = 5,
    stride: int = 2,
    fill: float = 0.0,
) -> Tensor:
    """How far the score of a class falls when each place is covered by a square.

    M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks" (2014), section
    4.2. The square also covers the border in part, and a pixel gets the mean of all squares that
    cover it. What falls is the class's logit: its probability hardly moves while it is near 1.

    Parameters
    ----------
    model : Classifier
        Of any kind. It is used in evaluation mode, and nothing of it changes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels : N integers, optional
        Whose scores; by default of the classes that the model takes for most probable.
    size : int
        Pixels of a side of the square.
    stride : int
        By how many it moves, at most ``size``.
    fill : float
        The brightness of the square: the background's, so that it covers and adds nothing.

    Returns
    -------
    Tensor of shape (N, height, width)
        Negative where the score rises when the place is covered.

    Raises
    ------
    ValueError, TypeError
        If the square has no size or leaves places uncovered, or as for :func:`saliency`.
    """
    if not 1 <= stride <= size:
        raise ValueError(
            f"a square of size {size} that moves by {stride} would leave places uncovered or has "
            f"no size: 1 <= stride <= size"
        )
    _, height, width = model.picture_shape

    def compute(part: Tensor, known: Tensor) -> Tensor:
        with no_grad():
            before = _scores(model(part), known)
            fall = zeros_like(part[:, 0])
            times = zeros(height, width, dtype=part.dtype, device=part.device)
            for rows in _windows(height, size, stride):
                for columns in _windows(width, size, stride):
                    covered = part.clone()
                    covered[:, :, rows, columns] = fill
                    lost = before - _scores(model(covered), known)
                    fall[:, rows, columns] += lost.reshape(-1, 1, 1)
                    times[rows, columns] += 1
            return fall / times

    return _in_chunks(model, pictures, labels, compute)


def _windows(length: int, size: int, stride: int) -> list[slice]:
    """Squares along one side, the first and the last over the border in part."""
    starts = range(1 - size, length, stride)
    return [slice(max(start, 0), min(start + size, length)) for start in starts]


def grad_cam(
    model: Classifier, pictures: Tensor, labels: Any = None, layer: Module | None = None
) -> Tensor:
    """Where the maps respond that speak for a class.

    ``relu(sum_k a_k A_k)`` with the maps A_k that a layer gives and a_k the mean over its places
    of the class's logit's gradient by A_k, enlarged to the size of the picture: R. Selvaraju et
    al., "Grad-CAM: visual explanations from deep networks via gradient-based localization" (2017),
    equations 1 and 2. Maps are rectified first, as by the ReLU behind the convolution.

    Parameters
    ----------
    model : Classifier
        With convolutions. It is used in evaluation mode, and nothing of it changes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    labels : N integers, optional
        Whose scores; by default of the classes that the model takes for most probable.
    layer : Module, optional
        One that gives maps; by default the last of ``model.convolutions`` before activation and
        pooling.

    Returns
    -------
    Tensor of shape (N, height, width)
        Not negative; all zero if no map speaks for the class.

    Raises
    ------
    TypeError
        If the model has no convolutions.
    ValueError
        If the layer does not take part or gives no maps, or as for :func:`saliency`.
    """
    layer = _last_maps(model) if layer is None else layer
    _, height, width = model.picture_shape
    kept: list[Tensor] = []

    def compute(part: Tensor, known: Tensor) -> Tensor:
        kept.clear()
        score = _scores(model(part.detach().requires_grad_()), known).sum()
        if not kept or kept[-1].ndim != 4:
            raise ValueError(
                f"{type(layer).__name__} gives no maps (N, channels, height, width) of the "
                "pictures: take a convolution of the model as layer="
            )
        maps = kept[-1]
        (slopes,) = grad(score, maps)
        weights = slopes.mean((2, 3), keepdim=True)
        found = F.relu((weights * F.relu(maps.detach())).sum(1, keepdim=True))
        return F.interpolate(found, size=(height, width), mode="bilinear").squeeze(1)

    remove = layer.register_forward_hook(lambda _, __, maps: kept.append(maps))
    try:
        return _in_chunks(model, pictures, labels, compute)
    finally:
        remove()


def _last_maps(model: Classifier) -> Module:
    layers = list(model.convolutions.children()) if hasattr(model, "convolutions") else []
    for layer in reversed(layers):
        if not isinstance(layer, BEHIND_MAPS):
            return layer
    raise TypeError(
        f"{type(model).__name__} has no convolutions, whose maps Grad-CAM shows: take saliency or "
        "occlusion, which work with any classifier"
    )


# ---- what a class looks like -------------------------------------------------------------------


def activation_maximisation(
    model: Classifier,
    labels: Any,
    steps: int = 200,
    lr: float = 0.05,
    penalty: float = 0.05,
    smoothness: float = 0.05,
) -> Tensor:
    """Pictures that a classifier finds most like its classes.

    From noise gradients climb ``S_c(x) - penalty ||x||^2 - smoothness V(x)``, with the class's
    logit S_c and the sum V of all squared differences of pixels beside each other, within
    0 <= x <= 1. (They do not begin at black, where no unit of a network may respond.) D. Erhan et
    al., "Visualizing higher-layer features of a deep network" (2009), with the penalty of
    K. Simonyan et al. (2014), section 2; without one, and without V, the result is fine-grained
    noise that no person would read. It shows what moves the classifier; it is not a sample of what
    the class looks like.

    Parameters
    ----------
    model : Classifier
        Of any kind. It is used in evaluation mode, and nothing of it changes.
    labels : N integers
        The class of each picture.
    steps : int
        Of Adam.
    lr : float
    penalty, smoothness : float
        In units of a logit for each pixel.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    like = next(model.parameters())
    count = len(as_tensor(labels))
    x = rand(count, *model.picture_shape, dtype=like.dtype, device=like.device)
    with evaluating(model):
        known = _known(model, x, labels)
        x = x.requires_grad_()
        optimizer = Adam([x], lr=lr)
        with enable_grad():
            for _ in range(steps):
                score = _scores(model(x), known).sum()
                loss = penalty * (x * x).sum() + smoothness * _roughness(x) - score
                optimizer.zero_grad()
                loss.backward(inputs=[x])  # and not the model's parameters
                optimizer.step()
                with no_grad():
                    x.clamp_(0, 1)
    return x.detach()


def _roughness(pictures: Tensor) -> Tensor:
    down = pictures[:, :, 1:] - pictures[:, :, :-1]
    across = pictures[:, :, :, 1:] - pictures[:, :, :, :-1]
    return (down * down).sum() + (across * across).sum()


# ---- how far a map can be trusted --------------------------------------------------------------


def deletion_curve(
    model: Classifier,
    pictures: Tensor,
    maps: Any,
    labels: Any = None,
    steps: int = 28,
    fill: float = 0.0,
) -> np.ndarray:
    """The probability of a class while pixels are taken away, those first that a map calls best.

    V. Petsiuk, A. Das and K. Saenko, "RISE: randomized input sampling for explanation of black-box
    models" (2018), section 4.3. The smaller the area under the curve, the better the map; put
    beside it what pixels in random order get.

    Parameters
    ----------
    model : Classifier
        Of any kind. It is used in evaluation mode, and nothing of it changes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    maps : Tensor or array of shape (N, height, width)
        Of equal values those above and to the left go first.
    labels : N integers, optional
        Whose probability; by default of the classes that the model takes for most probable.
    steps : int
        In so many steps all pixels are taken away, as many each time.
    fill : float
        The brightness of a place that has none.

    Returns
    -------
    float32 array of shape (N, steps + 1)
        From the whole picture to none of it.

    Raises
    ------
    ValueError, TypeError
        If there is not a map for each picture, or as for :func:`saliency`.
    """
    count, _, height, width = pictures.shape
    values = maps.numpy() if isinstance(maps, Tensor) else np.asarray(maps)
    if values.shape != (count, height, width):
        raise ValueError(
            f"pictures of shape {tuple(pictures.shape)} need maps of shape "
            f"{(count, height, width)}, got {values.shape}"
        )
    order = np.argsort(-values.reshape(count, -1), axis=1, kind="stable")
    rank = np.argsort(order, axis=1).reshape(count, 1, height, width)
    with evaluating(model), no_grad():
        known = _known(model, pictures, labels)
        curve = []
        for step in range(steps + 1):
            gone = tensor(rank < round(step / steps * height * width), device=pictures.device)
            left = pictures.masked_fill(gone, fill)
            curve.append(_scores(model.predict_proba(left), known).numpy())
    return np.stack(curve, axis=1)


def area_under(curve: np.ndarray) -> np.ndarray:
    """The area under curves over a width of 1, by the trapezoidal rule.

    Parameters
    ----------
    curve : array of shape (N, steps + 1)
        As :func:`deletion_curve` gives it.

    Returns
    -------
    array of shape (N,)
        From 0 to 1 if the curve is.
    """
    area: np.ndarray = ((curve[:, 1:] + curve[:, :-1]) / 2).mean(axis=1)
    return area


# ---- for all of them -----------------------------------------------------------------------------


def _in_chunks(
    model: Classifier,
    pictures: Tensor,
    labels: Any,
    compute: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Maps of pictures and the classes in question, some of them at a time."""
    with evaluating(model), enable_grad():
        known = _known(model, pictures, labels)
        parts = zip(split(pictures, CHUNK), split(known, CHUNK), strict=True)
        return cat([compute(part, some).detach() for part, some in parts])


def _known(model: Classifier, pictures: Tensor, labels: Any) -> Tensor:
    """The class in question of each picture, by default the most probable one."""
    model.check_pictures(pictures)
    if labels is None:
        return model.predict_proba(pictures).argmax(1)
    return known_classes(model, labels, pictures)


def _scores(values: Tensor, labels: Tensor) -> Tensor:
    """Of each row the value of its class: (N,)."""
    return values[arange(len(labels), device=labels.device), labels]
