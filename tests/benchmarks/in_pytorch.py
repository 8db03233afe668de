"""The workloads in PyTorch: eager, with the fused Adam, and with channels-last images as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import workloads
from .workloads import WORKLOADS, Call, Layer, TrainingStep, Workload


@dataclass(frozen=True)
class Settings:
    """How PyTorch runs: the default is plain eager mode."""

    fused_adam: bool = False
    channels_last: bool = False

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def images(self, array: np.ndarray) -> Tensor:
        return torch.tensor(array).contiguous(memory_format=self.memory_format)

    def adam(self, network: nn.Module, workload: Workload) -> torch.optim.Adam:
        return torch.optim.Adam(
            network.parameters(),
            lr=workload.learning_rate,
            betas=workload.betas,
            fused=self.fused_adam or None,
        )


def about() -> str:
    capability = torch.backends.cpu.get_cpu_capability()
    return f"PyTorch {torch.__version__}, ATen {capability}, {torch.get_num_threads()} threads"


@torch.no_grad()
def _start_from(layer: nn.Module, initial: Layer) -> nn.Module:
    """Give a layer its initial weights; PyTorch's dense weights are (outputs, inputs)."""
    weight, bias = (torch.tensor(array) for array in initial)
    layer.weight.copy_(weight.T if isinstance(layer, nn.Linear) else weight)
    layer.bias.copy_(bias)
    return layer


def _dense(initial: Layer) -> nn.Module:
    inputs, outputs = initial[0].shape
    return _start_from(nn.Linear(inputs, outputs), initial)


def _conv(initial: Layer, stride: int = 1) -> nn.Module:
    out_channels, in_channels, kernel, _ = initial[0].shape
    return _start_from(nn.Conv2d(in_channels, out_channels, kernel, stride, padding=1), initial)


def _transposed_conv(initial: Layer) -> nn.Module:
    in_channels, out_channels, kernel, _ = initial[0].shape
    layer = nn.ConvTranspose2d(in_channels, out_channels, kernel, stride=2, padding=1)
    return _start_from(layer, initial)


def _conv_block(initial: Layer) -> list[nn.Module]:
    return [_conv(initial), nn.ReLU(), nn.MaxPool2d(2)]


def _minimize(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _classifier_step(
    settings: Settings, network: nn.Module, workload: Workload, images: Tensor, labels: np.ndarray
) -> TrainingStep:
    network = network.to(memory_format=settings.memory_format)
    optimizer = settings.adam(network, workload)
    targets = torch.tensor(labels)

    def step() -> float:
        loss = F.cross_entropy(network(images), targets)
        _minimize(optimizer, loss)
        return loss.item()

    return step


def _cnn(side: int) -> nn.Module:
    initial = workloads.cnn_weights(side)
    return nn.Sequential(
        *_conv_block(initial["conv1"]),
        *_conv_block(initial["conv2"]),
        nn.Flatten(),
        _dense(initial["hidden"]),
        nn.ReLU(),
        _dense(initial["output"]),
    )


def cnn(settings: Settings, batch: int = 64, side: int = 28) -> TrainingStep:
    """W1."""
    images, labels = workloads.cnn_batch(batch, side)
    return _classifier_step(settings, _cnn(side), WORKLOADS["W1"], settings.images(images), labels)


def _call(settings: Settings, network: nn.Module, batch: Tensor) -> Call:
    """Inference: from a batch of inputs to the network's output as an array."""
    network = network.to(memory_format=settings.memory_format).eval()

    @torch.inference_mode()
    def call() -> np.ndarray:
        return network(batch).numpy()

    return call


def classify(settings: Settings, batch: int) -> Call:
    """The scores that the network of W1 gives to a batch of images."""
    images, _ = workloads.cnn_batch(batch)
    return _call(settings, _cnn(side=28), settings.images(images))


class VAE(nn.Module):
    """The autoencoder of W2; its forward pass is the loss per image, the noise being given."""

    def __init__(self) -> None:
        super().__init__()
        initial = workloads.vae_weights()
        self.encoder = _dense(initial["encoder"])
        self.mean = _dense(initial["mean"])
        self.log_variance = _dense(initial["log_variance"])
        self.decoder = _dense(initial["decoder"])
        self.output = _dense(initial["output"])

    def forward(self, pixels: Tensor, noise: Tensor) -> Tensor:
        hidden = F.relu(self.encoder(pixels))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        latent = mean + torch.exp(0.5 * log_variance) * noise
        logits = self.output(F.relu(self.decoder(latent)))
        reconstruction = F.binary_cross_entropy_with_logits(logits, pixels, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean**2 - torch.exp(log_variance))
        return (reconstruction + divergence) / len(pixels)


def vae(settings: Settings) -> TrainingStep:
    """W2."""
    pixels, noise = (torch.tensor(array) for array in workloads.vae_batch())
    network = VAE()
    optimizer = settings.adam(network, WORKLOADS["W2"])

    def step() -> float:
        loss = network(pixels, noise)
        _minimize(optimizer, loss)
        return loss.item()

    return step


def _generator(initial: dict[str, Layer]) -> nn.Module:
    return nn.Sequential(
        _dense(initial["project"]),
        nn.Unflatten(1, workloads.GAN_SEED_MAP),
        _transposed_conv(initial["up1"]),
        _start_from(nn.BatchNorm2d(64, eps=workloads.BATCH_NORM_EPS), initial["norm"]),
        nn.ReLU(),
        _transposed_conv(initial["up2"]),
        nn.Tanh(),
    )


def _discriminator(initial: dict[str, Layer]) -> nn.Module:
    return nn.Sequential(
        _conv(initial["down1"], stride=2),
        nn.LeakyReLU(workloads.LEAKY_SLOPE),
        _conv(initial["down2"], stride=2),
        _start_from(nn.BatchNorm2d(128, eps=workloads.BATCH_NORM_EPS), initial["norm"]),
        nn.LeakyReLU(workloads.LEAKY_SLOPE),
        nn.Flatten(),
        _dense(initial["output"]),
    )


def sample(settings: Settings) -> Call:
    """A batch of images from the generator of W3."""
    _, noise = workloads.gan_batch()
    generator_weights, _ = workloads.gan_weights()
    return _call(settings, _generator(generator_weights), torch.tensor(noise))


def gan(settings: Settings) -> TrainingStep:
    """W3."""
    real, noise = workloads.gan_batch()
    real, noise = settings.images(real), torch.tensor(noise)
    generator_weights, discriminator_weights = workloads.gan_weights()
    generator = _generator(generator_weights).to(memory_format=settings.memory_format)
    discriminator = _discriminator(discriminator_weights).to(memory_format=settings.memory_format)
    generator_adam = settings.adam(generator, WORKLOADS["W3"])
    discriminator_adam = settings.adam(discriminator, WORKLOADS["W3"])

    def step() -> float:
        fake = generator(noise)
        loss_on_real = F.softplus(-discriminator(real)).mean()
        loss_on_fake = F.softplus(discriminator(fake.detach())).mean()
        discriminator_loss = loss_on_real + loss_on_fake
        _minimize(discriminator_adam, discriminator_loss)

        # The generator's update needs no gradients of the discriminator's weights.
        discriminator.requires_grad_(False)
        generator_loss = F.softplus(-discriminator(fake)).mean()
        _minimize(generator_adam, generator_loss)
        discriminator.requires_grad_(True)
        return discriminator_loss.item() + generator_loss.item()

    return step


class RowReader(nn.Module):
    """The classifier of W4: an LSTM over the rows, read after the last one."""

    def __init__(self) -> None:
        super().__init__()
        initial = workloads.lstm_weights()
        self.lstm = nn.LSTM(28, workloads.LSTM_HIDDEN, batch_first=True)
        self.output = _dense(initial["output"])
        with torch.no_grad():
            for part, name in (("ih", "from_input"), ("hh", "from_hidden")):
                weight, bias = (torch.tensor(array) for array in initial[name])
                getattr(self.lstm, f"weight_{part}_l0").copy_(weight.T)
                getattr(self.lstm, f"bias_{part}_l0").copy_(bias)

    def forward(self, rows: Tensor) -> Tensor:
        hidden_states, _ = self.lstm(rows)
        return self.output(hidden_states[:, -1])


def lstm(settings: Settings) -> TrainingStep:
    """W4."""
    rows, labels = workloads.lstm_batch()
    return _classifier_step(settings, RowReader(), WORKLOADS["W4"], torch.tensor(rows), labels)


def tape(settings: Settings) -> TrainingStep:
    """W5; no optimizer and no images, so the settings change nothing."""
    leaves = [torch.tensor(array, requires_grad=True) for array in workloads.tape_inputs()]
    x, a, b, c = leaves

    def step() -> float:
        for leaf in leaves:
            leaf.grad = None
        state = x
        for _ in range(workloads.TAPE_ROUNDS):
            state = torch.tanh(state * a + b) - c
        loss = state.sum()
        loss.backward()
        return loss.item()

    return step


def vgg(settings: Settings, dropout: float = workloads.VGG_DROPOUT) -> TrainingStep:
    """W6."""
    images, labels = workloads.vgg_batch()
    initial = workloads.vgg_weights()
    blocks = []
    for block in range(1, len(workloads.VGG_CHANNELS) + 1):
        blocks += _conv_block(initial[f"conv{block}"])
    network = nn.Sequential(
        *blocks,
        nn.Flatten(),
        _dense(initial["hidden"]),
        nn.ReLU(),
        nn.Dropout(dropout),
        _dense(initial["output"]),
    )
    return _classifier_step(settings, network, WORKLOADS["W6"], settings.images(images), labels)


def _with(
    settings: Settings, builders: dict[str, Callable[..., TrainingStep | Call]]
) -> dict[str, Callable[..., TrainingStep | Call]]:
    return {key: partial(build, settings) for key, build in builders.items()}


_CALLS = {"classify": classify, "sample": sample}
_WITH_IMAGES = {"W1": cnn, "W3": gan, "W6": vgg}
_WITH_ADAM = _WITH_IMAGES | {"W2": vae, "W4": lstm}

STEPS = _with(Settings(), _WITH_ADAM | {"W5": tape} | _CALLS)
FUSED_STEPS = _with(Settings(fused_adam=True), _WITH_ADAM)
CHANNELS_LAST_STEPS = _with(Settings(fused_adam=True, channels_last=True), _WITH_IMAGES | _CALLS)

LEFT_OUT = dict.fromkeys((*WORKLOADS, *_CALLS), "this variant changes nothing in it")
