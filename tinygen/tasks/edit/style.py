"""The style of one picture for the content of another.

L. Gatys, A. Ecker and M. Bethge, "A neural algorithm of artistic style" (2015, arXiv:1508.06576):
the content is what the maps of a network show, place by place; the style is how its maps go
together anywhere, their Gram matrix. Pixels are changed until both are met.

The paper has a large network that was trained on a million photographs. There is none here; filters
that nobody trained do well for textures too (I. Ustyuzhaninov et al., "Texture synthesis using
shallow convolutional networks with random filters", 2016, arXiv:1606.00021), for grey and for
colour pictures of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tinygen.autograd import enable_grad, no_grad
from tinygen.backend.random import host_generator
from tinygen.models import Classifier
from tinygen.models.base import evaluating
from tinygen.nn import Conv2d, ReLU, Sequential
from tinygen.nn import functional as F
from tinygen.optim import Adam
from tinygen.tasks.edit.checks import require_model
from tinygen.tensors import Tensor, tensor

Maps = Callable[[Tensor], list[Tensor]]


def gram_matrix(maps: Tensor) -> Tensor:
    count, channels, height, width = maps.shape
    flat = maps.reshape(count, channels, height * width)
    return flat @ flat.transpose(1, 2) / (height * width)


def random_maps(channels, sizes=(3, 5, 7, 11), filters=32, seed=0, device=None):
    chance = np.random.default_rng(seed)
    banks = []
    for size in sizes:
        w = chance.normal(size=(filters, channels, size, size))
        w -= w.mean((1, 2, 3), keepdims=True) * (np.arange(filters) % 4 != 0)[:, None, None, None]
        w /= np.sqrt((w**2).sum((1, 2, 3), keepdims=True))
        banks.append(tensor(w.astype(np.float32), device=device))
    def maps(x):
        return [F.relu(F.conv2d(x, w, padding=w.shape[2] // 2)) for w in banks]
    return maps


def classifier_maps(model):
    def maps(x):
        x = (x - model.mean) / model.std
        out = []
        for layer in model.convolutions.children():
            x = layer(x)
            if isinstance(layer, ReLU) or list(layer.children()):
                out.append(x)
        return out
    return maps


def style_loss(maps, grams):
    total = 0
    for m, g in zip(maps, grams):
        d = gram_matrix(m) - g
        total = total + (d * d).sum() / (g * g).sum()
    return total / len(grams)


def content_loss(maps, aims):
    total = 0
    for m, a in zip(maps, aims):
        d = m - a
        total = total + (d * d).sum() / (a * a).sum()
    return total / len(aims)


def style_transfer(content, style, maps, weight=1.0, steps=200, lr=0.03, content_maps=None):
    cm = content_maps or maps
    with no_grad():
        aims = cm(content); grams = [gram_matrix(m) for m in maps(style)]
    x = content.clone().requires_grad_()
    opt = Adam([x], lr=lr)
    for i in range(steps):
        now = maps(x)
        loss = content_loss(cm(x) if cm is not maps else now, aims) + weight * style_loss(now, grams)
        opt.zero_grad(); loss.backward(inputs=[x]); opt.step()
        with no_grad(): x.clamp_(0, 1)
    return x.detach()
