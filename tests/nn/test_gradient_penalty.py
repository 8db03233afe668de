"""The gradient penalty of WGAN-GP: a loss made of gradients, differentiated again.

I. Gulrajani et al., "Improved training of Wasserstein GANs" (2017), equation 3.
"""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn


def gradient_penalty(critic, x):
    """The mean of (|gradient of the critic at x| - 1) squared."""
    (gradient,) = tg.grad(critic(x).sum(), x, create_graph=True)
    return ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()


def critic(*middle, features):
    """Images of 6 x 6 to a number each."""
    conv = nn.Conv2d(2, 4, 3, stride=2, padding=1)
    return nn.Sequential(conv, *middle, nn.Flatten(), nn.Dense(features, 1)).double()


CRITICS = {
    "dense": lambda: nn.Sequential(
        nn.Flatten(), nn.Dense(72, 5), nn.Tanh(), nn.Dense(5, 1)
    ).double(),
    "convolution": lambda: critic(nn.LeakyReLU(0.2), features=36),
    "two convolutions": lambda: critic(
        nn.Softplus(), nn.Conv2d(4, 4, 2, padding="same", groups=2), nn.Sigmoid(), features=36
    ),
    "transposed convolution": lambda: critic(
        nn.ELU(), nn.ConvTranspose2d(4, 2, 3, stride=2), nn.GELU(), features=2 * 7 * 7
    ),
    "average pooling": lambda: critic(nn.SiLU(), nn.AvgPool2d(2, 1, 1), features=64),
    "max pooling": lambda: critic(nn.Tanh(), nn.MaxPool2d(2), features=4),
    "layer norm": lambda: critic(nn.LayerNorm((4, 3, 3)), nn.Tanh(), features=36),
    "batch norm": lambda: critic(nn.BatchNorm2d(4), nn.Tanh(), features=36),
    "resizing": lambda: critic(
        nn.Upsample(scale_factor=2, mode="bilinear"), nn.Tanh(), features=144
    ),
}


@pytest.mark.parametrize("name", CRITICS)
def test_its_gradient_by_the_critics_weights_is_right(rng, name):
    model = CRITICS[name]()
    x = normal(rng, 3, 2, 6, 6, requires_grad=True)

    assert gradients_are_right(lambda: gradient_penalty(model, x), *model.parameters())


def test_for_a_linear_critic_it_has_a_closed_form(backend, rng):
    layer = nn.Dense(5, 1).double().to(backend.device)
    x = tg.tensor(rng.normal(size=(4, 5)), device=backend.device, requires_grad=True)

    penalty = gradient_penalty(layer, x)
    penalty.backward()

    w = values(layer.weight)
    length = np.linalg.norm(w)
    assert penalty.item() == pytest.approx((length - 1) ** 2, rel=1e-12)
    np.testing.assert_allclose(values(layer.weight.grad), 2 * (length - 1) * w / length, rtol=1e-10)
    assert layer.bias.grad is None or not values(layer.bias.grad).any()


@pytest.mark.parametrize("name", ["convolution", "layer norm", "max pooling"])
def test_it_is_the_same_on_every_device(backend, rng, name):
    model = CRITICS[name]()
    x = normal(rng, 3, 2, 6, 6, requires_grad=True)
    gradient_penalty(model, x).backward()
    expected = {n: values(p.grad) for n, p in model.named_parameters() if p.grad is not None}

    model.zero_grad()
    model.to(backend.device)
    there = tg.tensor(x.detach(), device=backend.device, requires_grad=True)
    gradient_penalty(model, there).backward()

    for parameter, array in expected.items():
        got = values(dict(model.named_parameters())[parameter].grad)
        np.testing.assert_allclose(got, array, rtol=1e-9, atol=1e-12)


def test_a_critic_is_pulled_towards_slope_one(rng):
    model = nn.Sequential(nn.Dense(3, 16), nn.Tanh(), nn.Dense(16, 1))
    optimizer = tg.optim.Adam(model.parameters(), lr=0.03)
    x = normal(rng, 32, 3, dtype=np.float32, requires_grad=True)

    penalties = []
    for _ in range(60):
        penalty = gradient_penalty(model, x)
        optimizer.zero_grad()
        penalty.backward()
        optimizer.step()
        penalties.append(penalty.item())

    assert penalties[-1] < 0.1 * penalties[0]
