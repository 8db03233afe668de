"""Networks on the device: the kernels are found by the ops, and train as the plain code does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests import standin
from tests.fast.cuda_arrays import normal
from tinygen import nn
from tinygen.backend import Backend, kernel
from tinygen.fast import cuda


def test_all_kernels_are_found_by_their_names(gpu: Backend) -> None:
    for name, function in cuda.KERNELS.items():
        assert kernel(gpu.xp, name) is function
        assert function.__doc__


def cnn() -> tuple[nn.Module, Callable[[nn.Module, tg.Tensor], tg.Tensor]]:
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2), nn.BatchNorm2d(6), nn.LeakyReLU(0.2), nn.AvgPool2d(2),
        nn.Flatten(), nn.Dense(6, 3),
    )  # fmt: skip
    labels = np.array([0, 2, 1, 1])
    return network, lambda net, x: F.cross_entropy(net(x), tg.tensor(labels, device=x.device))


def generator() -> tuple[nn.Module, Callable[[nn.Module, tg.Tensor], tg.Tensor]]:
    network = nn.Sequential(
        nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.Tanh(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), nn.Sigmoid(),
    )  # fmt: skip
    return network, lambda net, x: F.softplus(net(x) - x).mean()


def vae() -> tuple[nn.Module, Callable[[nn.Module, tg.Tensor], tg.Tensor]]:
    network = nn.Dense(12, 24)

    def loss(net: nn.Module, x: tg.Tensor) -> tg.Tensor:
        mu, logvar = tg.chunk(net(x.reshape(-1, 12)), 2, 1)
        z = nn.Reparameterize()(mu, logvar, eps=tg.ones_like(mu))
        target = tg.sigmoid(x.reshape(-1, 12)).detach()
        divergence = -0.5 * tg.sum(1 + logvar - mu**2 - tg.exp(logvar))
        return F.binary_cross_entropy_with_logits(z, target, reduction="sum") + divergence

    return network, loss


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(12, 5, batch_first=True)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.lstm(x[:, 0])[0]


def reader() -> tuple[nn.Module, Callable[[nn.Module, tg.Tensor], tg.Tensor]]:
    return Reader(), lambda net, x: (net(x) ** 2).mean()


def losses_of(build: Callable, gpu: Backend) -> list[float]:
    """The losses of three training steps."""
    tg.manual_seed(1)
    network, loss_of = build()
    network.to(gpu.device)
    optimizer = tg.optim.Adam(network.parameters(), lr=0.05)
    x = tg.tensor(normal(3, (4, 1, 12, 12), "float32"), device=gpu.device)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = loss_of(network, x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


every_network = pytest.mark.parametrize("build", [cnn, generator, vae, reader])


@every_network
def test_a_network_learns_what_it_learns_without_the_kernels(build: Callable, gpu: Backend) -> None:
    fast = losses_of(build, gpu)
    with tg.plain():
        plain = losses_of(build, gpu)
    np.testing.assert_allclose(fast, plain, rtol=2e-4)
    assert fast[2] < fast[0]


@every_network
def test_the_kernels_save_launches(build: Callable, gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in counts launches")
    counts = []
    for mode in (tg.plain, tg.enable_grad):
        with mode():
            standin.counters.reset()
            losses_of(build, gpu)
            counts.append(standin.counters.launches)
    assert counts[1] < counts[0]
