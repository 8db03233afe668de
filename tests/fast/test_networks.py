"""Whole networks: how images lie in memory from layer to layer, and that plain code agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import tinygen as tg
from tinygen import Tensor, nn
from tinygen.autograd import Function, engine
from tinygen.nn import functional as F

Loss = Callable[[], Tensor]


def classifier(pooled_sizes: list[int]) -> Loss:
    """Blocks of convolution, ReLU and max-pooling on 32x32 images, as in VGG."""
    layers: list[nn.Module] = []
    channels = 3
    for outputs in pooled_sizes:
        layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = outputs
    side = 32 // 2 ** len(pooled_sizes)
    network = nn.Sequential(*layers, nn.Flatten(), nn.Dense(channels * side * side, 10))
    images, labels = tg.rand(4, 3, 32, 32), tg.randint(0, 10, (4,))
    return lambda: F.cross_entropy(network(images), labels)


def gan() -> Loss:
    """The two networks of a DCGAN, one after the other."""
    generator = nn.Sequential(
        nn.Dense(10, 16 * 7 * 7), nn.Unflatten(1, (16, 7, 7)),
        nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Dense(16 * 7 * 7, 1),
    )  # fmt: skip
    noise = tg.randn(4, 10)
    return lambda: F.softplus(-discriminator(generator(noise))).mean()


NETWORKS = {
    "CNN": lambda: classifier([8, 16]),
    "five blocks": lambda: classifier([4, 8, 8, 16, 16]),
    "DCGAN": gan,
}


@pytest.fixture(params=NETWORKS)
def loss(request: pytest.FixtureRequest) -> Loss:
    tg.manual_seed(0)
    return NETWORKS[request.param]()


def functions_behind(value: Tensor) -> Iterator[Function]:
    waiting, seen = [value.grad_fn], set()
    while waiting:
        function = waiting.pop()
        if isinstance(function, Function) and function not in seen:
            seen.add(function)
            yield function
            waiting += [edge[0] for edge in function.edges if edge is not None]


def test_images_lie_channels_last_from_the_first_convolution_to_the_flattening(loss: Loss) -> None:
    flattening = {"Reshape"}
    orders = {
        type(function).__name__: order
        for function in functions_behind(loss())
        for shape, _, order in function.outputs
        if len(shape) == 4 and shape[1] > 1 and shape[2] > 1
    }
    assert orders
    assert {name for name, order in orders.items() if order != "channels-last"} <= flattening


def test_on_the_way_back_only_a_flattening_copies(
    loss: Loss, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = loss()
    flattened = sum(type(function).__name__ == "Reshape" for function in functions_behind(value))
    copied: list[tuple[int, ...]] = []
    in_order = engine.in_order

    def watched(images: np.ndarray, order: str | None) -> np.ndarray:
        result = in_order(images, order)
        if result is not images:
            copied.append(images.shape)
        return result

    monkeypatch.setattr(engine, "in_order", watched)
    value.backward()
    assert len(copied) <= flattened


def test_plain_code_computes_the_same(loss: Loss) -> None:
    with tg.plain():
        expected = loss().item()
    assert loss().item() == pytest.approx(expected, rel=1e-5)
