"""The six networks: their shapes, inputs, initial weights and learning rates.

Every framework starts from the arrays made here, so the losses of the first steps must agree
before a time means anything. All arrays are float32 and drawn from fixed seeds. A layer's initial
weights are a pair ``(weight, bias)`` in these layouts:

=====================  ==============================================================
convolution            ``(out_channels, in_channels, height, width)``
transposed             ``(in_channels, out_channels, height, width)``
fully connected        ``(inputs, outputs)``: PyTorch-like frameworks transpose it
LSTM                   fully connected, the outputs being the gates i, f, g, o in turn
batch normalization    ``(scale, shift)``
=====================  ==============================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

TrainingStep = Callable[[], float]
Call = Callable[[], np.ndarray]
Layer = tuple[np.ndarray, np.ndarray]

INPUT_SEED = 7
WEIGHT_SEED = 3

CLASSES = 10
CNN_CHANNELS = (32, 64)
VGG_CHANNELS = (32, 64, 128, 256, 512)
VGG_DROPOUT = 0.5
VAE_LATENT = 20
GAN_NOISE = 100
GAN_SEED_MAP = (128, 7, 7)
LEAKY_SLOPE = 0.2
BATCH_NORM_EPS = 1e-5
LSTM_HIDDEN = 128
TAPE_ROUNDS = 16


@dataclass(frozen=True)
class Workload:
    """The settings of Adam with which a network is trained."""

    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)


WORKLOADS = {
    "W1": Workload(),
    "W2": Workload(),
    "W3": Workload(learning_rate=2e-4, betas=(0.5, 0.999)),
    "W4": Workload(),
    "W5": Workload(),
    "W6": Workload(),
}


def _normal(rng: Generator, *shape: int, std: float) -> np.ndarray:
    return (rng.standard_normal(shape) * std).astype(np.float32)


def _zeros(size: int) -> np.ndarray:
    return np.zeros(size, np.float32)


def _batch_norm(channels: int) -> Layer:
    return np.ones(channels, np.float32), _zeros(channels)


def _dense(rng: Generator, inputs: int, outputs: int, std: float) -> Layer:
    return _normal(rng, inputs, outputs, std=std), _zeros(outputs)


def _conv(rng: Generator, in_channels: int, out_channels: int, kernel: int, std: float) -> Layer:
    return _normal(rng, out_channels, in_channels, kernel, kernel, std=std), _zeros(out_channels)


def _transposed_conv(
    rng: Generator, in_channels: int, out_channels: int, kernel: int, std: float
) -> Layer:
    return _normal(rng, in_channels, out_channels, kernel, kernel, std=std), _zeros(out_channels)


def _he(fan_in: int) -> float:
    """Standard deviation of He et al. (2015) for a layer followed by a ReLU."""
    return float(np.sqrt(2.0 / fan_in))


def _images(rng: Generator, *shape: int) -> np.ndarray:
    return rng.random(shape, dtype=np.float32)


def cnn_batch(batch: int = 64, side: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """W1: images (batch, 1, side, side) in [0, 1) and labels (batch,)."""
    rng = np.random.default_rng(INPUT_SEED)
    return _images(rng, batch, 1, side, side), rng.integers(0, CLASSES, batch)


def cnn_weights(side: int = 28) -> dict[str, Layer]:
    """W1: two 3x3 convolutions, each with ReLU and 2x2 max-pooling, and two dense layers."""
    rng = np.random.default_rng(WEIGHT_SEED)
    first, second = CNN_CHANNELS
    features = second * (side // 4) ** 2
    return {
        "conv1": _conv(rng, 1, first, 3, std=_he(9)),
        "conv2": _conv(rng, first, second, 3, std=_he(9 * first)),
        "hidden": _dense(rng, features, 128, std=_he(features)),
        "output": _dense(rng, 128, CLASSES, std=_he(128)),
    }


def vae_batch() -> tuple[np.ndarray, np.ndarray]:
    """W2: pixels (128, 784) in [0, 1) and the noise (128, 20) of the reparameterization."""
    rng = np.random.default_rng(INPUT_SEED)
    return _images(rng, 128, 784), _normal(rng, 128, VAE_LATENT, std=1.0)


def vae_weights() -> dict[str, Layer]:
    """W2: 784-400-(20, 20)-400-784; the loss is BCE with logits plus the KL divergence."""
    rng = np.random.default_rng(WEIGHT_SEED)
    return {
        "encoder": _dense(rng, 784, 400, std=_he(784)),
        "mean": _dense(rng, 400, VAE_LATENT, std=_he(800)),
        "log_variance": _dense(rng, 400, VAE_LATENT, std=_he(8000)),
        "decoder": _dense(rng, VAE_LATENT, 400, std=_he(VAE_LATENT)),
        "output": _dense(rng, 400, 784, std=_he(800)),
    }


def gan_batch() -> tuple[np.ndarray, np.ndarray]:
    """W3: real images (64, 1, 28, 28) in [-1, 1) and the generator's noise (64, 100)."""
    rng = np.random.default_rng(INPUT_SEED)
    return _images(rng, 64, 1, 28, 28) * 2 - 1, _normal(rng, 64, GAN_NOISE, std=1.0)


def gan_weights() -> tuple[dict[str, Layer], dict[str, Layer]]:
    """W3: generator and discriminator of Radford et al. (2016), cut down to 28x28.

    Every convolution is 4x4 with stride 2 and padding 1. A step is one update of the
    discriminator and one of the generator, with the non-saturating loss.
    """
    rng = np.random.default_rng(WEIGHT_SEED)
    std = 0.02
    features = int(np.prod(GAN_SEED_MAP))
    generator = {
        "project": _dense(rng, GAN_NOISE, features, std),
        "up1": _transposed_conv(rng, 128, 64, 4, std),
        "norm": _batch_norm(64),
        "up2": _transposed_conv(rng, 64, 1, 4, std),
    }
    discriminator = {
        "down1": _conv(rng, 1, 64, 4, std),
        "down2": _conv(rng, 64, 128, 4, std),
        "norm": _batch_norm(128),
        "output": _dense(rng, features, 1, std),
    }
    return generator, discriminator


def lstm_batch() -> tuple[np.ndarray, np.ndarray]:
    """W4: images as 28 rows of 28 pixels, (128, 28, 28), and labels (128,)."""
    rng = np.random.default_rng(INPUT_SEED)
    return _images(rng, 128, 28, 28), rng.integers(0, CLASSES, 128)


def lstm_weights() -> dict[str, Layer]:
    """W4: one LSTM layer and a dense layer on its last hidden state.

    There are two biases, one on the input and one on the hidden state, as in PyTorch. Where a
    framework has no LSTM the cell is written out, and the biases are added once for all steps.
    """
    rng = np.random.default_rng(WEIGHT_SEED)
    std = 0.088
    return {
        "from_input": _dense(rng, 28, 4 * LSTM_HIDDEN, std),
        "from_hidden": _dense(rng, LSTM_HIDDEN, 4 * LSTM_HIDDEN, std),
        "output": _dense(rng, LSTM_HIDDEN, CLASSES, std),
    }


def tape_inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """W5: x, a, b, c of shape (8,) for 16 rounds of ``x = tanh(x * a + b) - c``, and a sum."""
    rng = np.random.default_rng(INPUT_SEED)
    x = _normal(rng, 8, std=1.0)
    a = (rng.random(8) + 0.5).astype(np.float32)
    b = _normal(rng, 8, std=1.0)
    c = _normal(rng, 8, std=1.0)
    return x, a, b, c


def vgg_batch() -> tuple[np.ndarray, np.ndarray]:
    """W6: images (32, 3, 32, 32) in [0, 1) and labels (32,)."""
    rng = np.random.default_rng(INPUT_SEED)
    return _images(rng, 32, 3, 32, 32), rng.integers(0, CLASSES, 32)


def vgg_weights() -> dict[str, Layer]:
    """W6: five blocks of 3x3 convolution, ReLU and 2x2 max-pooling; dense 1024, dropout, dense."""
    rng = np.random.default_rng(WEIGHT_SEED)
    layers = {}
    in_channels = 3
    for block, out_channels in enumerate(VGG_CHANNELS, start=1):
        layers[f"conv{block}"] = _conv(rng, in_channels, out_channels, 3, std=_he(9 * in_channels))
        in_channels = out_channels
    layers["hidden"] = _dense(rng, in_channels, 1024, std=_he(in_channels))
    layers["output"] = _dense(rng, 1024, CLASSES, std=_he(1024))
    return layers
