"""The training steps of the benchmarks on a GPU, the same lines for tinygen and for PyTorch.

The two have the same names, so a workload is written once, with the framework as an argument. The
arrays, weights and settings are those of ``tests.benchmarks.workloads``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks import workloads
from tests.benchmarks.workloads import WORKLOADS, Layer, TrainingStep


@dataclass(frozen=True)
class Framework:
    """A framework on a device.

    Attributes
    ----------
    api : module
        ``tinygen`` or ``torch``.
    device : str
        ``"cuda"``, or ``"cpu"`` to try the steps out.
    adam_options : dict
        Beside the learning rate and the betas.
    """

    api: Any
    device: str
    adam_options: dict[str, Any]

    def tensor(self, array: np.ndarray, **options: Any) -> Any:
        """An array on the device."""
        return self.api.tensor(array, device=self.device, **options)

    def start_from(self, layer: Any, initial: Layer) -> Any:
        """Give a layer its initial weights, those of a dense one as (outputs, inputs)."""
        weight, bias = initial
        with self.api.no_grad():
            layer.weight.copy_(self.api.tensor(weight.T if weight.ndim == 2 else weight))
            layer.bias.copy_(self.api.tensor(bias))
        return layer

    def dense(self, initial: Layer) -> Any:
        return self.start_from(self.api.nn.Linear(*initial[0].shape), initial)

    def conv(self, initial: Layer, stride: int = 1) -> Any:
        outputs, inputs, kernel, _ = initial[0].shape
        layer = self.api.nn.Conv2d(inputs, outputs, kernel, stride, padding=1)
        return self.start_from(layer, initial)

    def transposed_conv(self, initial: Layer) -> Any:
        inputs, outputs, kernel, _ = initial[0].shape
        layer = self.api.nn.ConvTranspose2d(inputs, outputs, kernel, stride=2, padding=1)
        return self.start_from(layer, initial)

    def batch_norm(self, initial: Layer) -> Any:
        layer = self.api.nn.BatchNorm2d(len(initial[0]), eps=workloads.BATCH_NORM_EPS)
        return self.start_from(layer, initial)

    def conv_block(self, initial: Layer) -> list[Any]:
        nn = self.api.nn
        return [self.conv(initial), nn.ReLU(), nn.MaxPool2d(2)]

    def adam(self, network: Any, key: str) -> Any:
        """The network's optimizer, made when the network has moved to the device."""
        settings = WORKLOADS[key]
        return self.api.optim.Adam(
            network.to(self.device).parameters(),
            lr=settings.learning_rate,
            betas=settings.betas,
            **self.adam_options,
        )

    def reparameterize(self, mean: Any, log_variance: Any, noise: Any) -> Any:
        """tinygen has a function for it, PyTorch's users write the formula."""
        if hasattr(self.api.nn, "Reparameterize"):
            return self.api.nn.Reparameterize()(mean, log_variance, eps=noise)
        return mean + self.api.exp(0.5 * log_variance) * noise


def _minimize(optimizer: Any, loss: Any) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _classifier(
    on: Framework, key: str, network: Any, batch: tuple[np.ndarray, np.ndarray]
) -> TrainingStep:
    optimizer = on.adam(network, key)
    inputs, labels = (on.tensor(array) for array in batch)

    def step() -> float:
        loss = on.api.nn.functional.cross_entropy(network(inputs), labels)
        _minimize(optimizer, loss)
        return loss.item()

    return step


def cnn(on: Framework) -> TrainingStep:
    """W1."""
    initial, nn = workloads.cnn_weights(), on.api.nn
    network = nn.Sequential(
        *on.conv_block(initial["conv1"]),
        *on.conv_block(initial["conv2"]),
        nn.Flatten(),
        on.dense(initial["hidden"]),
        nn.ReLU(),
        on.dense(initial["output"]),
    )
    return _classifier(on, "W1", network, workloads.cnn_batch())


def vae(on: Framework) -> TrainingStep:
    """W2."""
    api, nn, functional = on.api, on.api.nn, on.api.nn.functional
    initial = workloads.vae_weights()
    layers = nn.ModuleDict({name: on.dense(weights) for name, weights in initial.items()})
    optimizer = on.adam(layers, "W2")
    pixels, noise = (on.tensor(array) for array in workloads.vae_batch())

    def step() -> float:
        hidden = functional.relu(layers["encoder"](pixels))
        mean, log_variance = layers["mean"](hidden), layers["log_variance"](hidden)
        latent = on.reparameterize(mean, log_variance, noise)
        logits = layers["output"](functional.relu(layers["decoder"](latent)))
        reconstruction = functional.binary_cross_entropy_with_logits(
            logits, pixels, reduction="sum"
        )
        divergence = -0.5 * api.sum(1 + log_variance - mean**2 - api.exp(log_variance))
        loss = (reconstruction + divergence) / len(pixels)
        _minimize(optimizer, loss)
        return loss.item()

    return step


def gan(on: Framework) -> TrainingStep:
    """W3."""
    nn, softplus = on.api.nn, on.api.nn.functional.softplus
    of_generator, of_discriminator = workloads.gan_weights()
    generator = nn.Sequential(
        on.dense(of_generator["project"]),
        nn.Unflatten(1, workloads.GAN_SEED_MAP),
        on.transposed_conv(of_generator["up1"]),
        on.batch_norm(of_generator["norm"]),
        nn.ReLU(),
        on.transposed_conv(of_generator["up2"]),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        on.conv(of_discriminator["down1"], stride=2),
        nn.LeakyReLU(workloads.LEAKY_SLOPE),
        on.conv(of_discriminator["down2"], stride=2),
        on.batch_norm(of_discriminator["norm"]),
        nn.LeakyReLU(workloads.LEAKY_SLOPE),
        nn.Flatten(),
        on.dense(of_discriminator["output"]),
    )
    generator_adam, discriminator_adam = on.adam(generator, "W3"), on.adam(discriminator, "W3")
    real, noise = (on.tensor(array) for array in workloads.gan_batch())

    def step() -> float:
        fake = generator(noise)
        loss_on_real = softplus(-discriminator(real)).mean()
        loss_on_fake = softplus(discriminator(fake.detach())).mean()
        discriminator_loss = loss_on_real + loss_on_fake
        _minimize(discriminator_adam, discriminator_loss)
        discriminator.requires_grad_(False)
        generator_loss = softplus(-discriminator(fake)).mean()
        _minimize(generator_adam, generator_loss)
        discriminator.requires_grad_(True)
        return (discriminator_loss + generator_loss).item()

    return step


def lstm(on: Framework) -> TrainingStep:
    """W4."""
    api, nn, initial = on.api, on.api.nn, workloads.lstm_weights()

    class RowReader(nn.Module):
        """An LSTM over the rows, read after the last one."""

        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(28, workloads.LSTM_HIDDEN, batch_first=True)
            self.output = on.dense(initial["output"])
            with api.no_grad():
                for part, name in (("ih", "from_input"), ("hh", "from_hidden")):
                    weight, bias = initial[name]
                    getattr(self.lstm, f"weight_{part}_l0").copy_(api.tensor(weight.T))
                    getattr(self.lstm, f"bias_{part}_l0").copy_(api.tensor(bias))

        def forward(self, rows: Any) -> Any:
            return self.output(self.lstm(rows)[0][:, -1])

    return _classifier(on, "W4", RowReader(), workloads.lstm_batch())


def tape(on: Framework) -> TrainingStep:
    """W5."""
    leaves = [on.tensor(array, requires_grad=True) for array in workloads.tape_inputs()]
    x, a, b, c = leaves

    def step() -> float:
        for leaf in leaves:
            leaf.grad = None
        state = x
        for _ in range(workloads.TAPE_ROUNDS):
            state = on.api.tanh(state * a + b) - c
        loss = state.sum()
        loss.backward()
        return loss.item()

    return step


def vgg(on: Framework) -> TrainingStep:
    """W6, without its dropout: the noise of the frameworks differs."""
    initial, nn = workloads.vgg_weights(), on.api.nn
    blocks = [
        layer
        for number in range(1, len(workloads.VGG_CHANNELS) + 1)
        for layer in on.conv_block(initial[f"conv{number}"])
    ]
    network = nn.Sequential(
        *blocks, nn.Flatten(), on.dense(initial["hidden"]), nn.ReLU(), on.dense(initial["output"])
    )
    return _classifier(on, "W6", network, workloads.vgg_batch())


STEPS: dict[str, Callable[[Framework], TrainingStep]] = {
    "W1": cnn, "W2": vae, "W3": gan, "W4": lstm, "W5": tape, "W6": vgg,
}  # fmt: skip
