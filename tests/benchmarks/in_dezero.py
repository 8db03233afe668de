"""The workloads in DeZero 0.0.13 (its own Adam, convolutions and batch normalization).

DeZero was written for NumPy 1. Two shims let it run on NumPy 2 as it was meant to: the aliases
``np.int`` and ``np.float``, and Python scalars that do not promote float32 arrays to float64.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import numpy as np

np.int, np.float = int, float

import dezero  # noqa: E402
import dezero.core  # noqa: E402
import dezero.functions as F  # noqa: E402
from dezero import Layer as Container  # noqa: E402
from dezero import Parameter, Variable  # noqa: E402

from . import workloads  # noqa: E402
from .workloads import WORKLOADS, Layer, TrainingStep, Workload  # noqa: E402

_as_array = dezero.core.as_array


def _as_array_without_promotion(value: object, array_module: object = np) -> object:
    """DeZero's ``as_array``, Python scalars becoming float32.

    NumPy 1 let a 0-d array of float64 keep a float32 operand float32; NumPy 2 does not.
    """
    if type(value) in (int, float):
        value = np.float32(value)
    return _as_array(value, array_module)


dezero.core.as_array = _as_array_without_promotion


def about() -> str:
    return f"DeZero {version('dezero')}"


class Parameters(Container):
    """Every layer's weight and bias, found by the layer's name."""

    def __init__(self, initial: dict[str, Layer]) -> None:
        super().__init__()
        self.layers = {}
        for name, (weight, bias) in initial.items():
            self.layers[name] = Parameter(weight), Parameter(bias)
            for role, parameter in zip(("weight", "bias"), self.layers[name], strict=True):
                setattr(self, f"{name}_{role}", parameter)

    def __getitem__(self, name: str) -> tuple[Parameter, Parameter]:
        return self.layers[name]


def _adam(parameters: Parameters, workload: Workload) -> dezero.optimizers.Optimizer:
    beta1, beta2 = workload.betas
    optimizer = dezero.optimizers.Adam(workload.learning_rate, beta1, beta2)
    return optimizer.setup(parameters)


def _minimize(
    parameters: Parameters, optimizer: dezero.optimizers.Optimizer, loss: Variable
) -> None:
    parameters.cleargrads()
    loss.backward()
    optimizer.update()


def _classifier_step(
    parameters: Parameters,
    workload: Workload,
    scores: Callable[[], Variable],
    labels: np.ndarray,
) -> TrainingStep:
    optimizer = _adam(parameters, workload)
    # The gradient is softmax minus a one-hot array of the labels' type: int8 leaves it float32.
    targets = labels.astype(np.int8)

    def step() -> float:
        loss = F.softmax_cross_entropy(scores(), targets)
        _minimize(parameters, optimizer, loss)
        return float(loss.data)

    return step


def _conv_block(images: Variable, layer: tuple[Parameter, Parameter]) -> Variable:
    return F.pooling(F.relu(F.conv2d(images, *layer, stride=1, pad=1)), 2, stride=2)


def _flatten(images: Variable) -> Variable:
    return F.reshape(images, (len(images), -1))


def cnn() -> TrainingStep:
    """W1."""
    images, labels = workloads.cnn_batch()
    parameters = Parameters(workloads.cnn_weights())

    def scores() -> Variable:
        maps = _conv_block(images, parameters["conv1"])
        maps = _conv_block(maps, parameters["conv2"])
        hidden = F.relu(F.linear(_flatten(maps), *parameters["hidden"]))
        return F.linear(hidden, *parameters["output"])

    return _classifier_step(parameters, WORKLOADS["W1"], scores, labels)


def _softplus(x: Variable) -> Variable:
    """log(1 + e^x), safe here because these networks' logits stay small."""
    return F.log(1 + F.exp(x))


def vae() -> TrainingStep:
    """W2."""
    pixels, noise = workloads.vae_batch()
    parameters = Parameters(workloads.vae_weights())
    optimizer = _adam(parameters, WORKLOADS["W2"])

    def step() -> float:
        hidden = F.relu(F.linear(pixels, *parameters["encoder"]))
        mean = F.linear(hidden, *parameters["mean"])
        log_variance = F.linear(hidden, *parameters["log_variance"])
        latent = mean + F.exp(0.5 * log_variance) * noise
        decoded = F.relu(F.linear(latent, *parameters["decoder"]))
        logits = F.linear(decoded, *parameters["output"])
        reconstruction = F.sum(_softplus(logits) - logits * pixels)
        divergence = -0.5 * F.sum(1 + log_variance - mean * mean - F.exp(log_variance))
        loss = (reconstruction + divergence) / len(pixels)
        _minimize(parameters, optimizer, loss)
        return float(loss.data)

    return step


class BatchNorm:
    """DeZero's batch normalization with its running statistics."""

    def __init__(self, channels: int) -> None:
        self.mean = np.zeros(channels, np.float32)
        self.variance = np.ones(channels, np.float32)

    def __call__(self, maps: Variable, layer: tuple[Parameter, Parameter]) -> Variable:
        eps = workloads.BATCH_NORM_EPS
        return F.batch_nrom(maps, *layer, self.mean, self.variance, eps=eps)


def gan() -> TrainingStep:
    """W3."""
    real, noise = workloads.gan_batch()
    batch = len(real)
    generator, discriminator = (Parameters(initial) for initial in workloads.gan_weights())
    generator_norm, discriminator_norm = BatchNorm(64), BatchNorm(128)
    generator_adam = _adam(generator, WORKLOADS["W3"])
    discriminator_adam = _adam(discriminator, WORKLOADS["W3"])

    def generate() -> Variable:
        maps = F.linear(noise, *generator["project"])
        maps = F.reshape(maps, (batch, *workloads.GAN_SEED_MAP))
        maps = F.deconv2d(maps, *generator["up1"], stride=2, pad=1)
        maps = F.relu(generator_norm(maps, generator["norm"]))
        return F.tanh(F.deconv2d(maps, *generator["up2"], stride=2, pad=1))

    def judge(images: Variable) -> Variable:
        maps = F.conv2d(images, *discriminator["down1"], stride=2, pad=1)
        maps = F.leaky_relu(maps, workloads.LEAKY_SLOPE)
        maps = F.conv2d(maps, *discriminator["down2"], stride=2, pad=1)
        maps = discriminator_norm(maps, discriminator["norm"])
        maps = F.leaky_relu(maps, workloads.LEAKY_SLOPE)
        return F.linear(_flatten(maps), *discriminator["output"])

    def mean_softplus(logits: Variable) -> Variable:
        return F.sum(_softplus(logits)) / batch

    def step() -> float:
        fake = generate()
        discriminator_loss = mean_softplus(-judge(real)) + mean_softplus(judge(fake.data))
        _minimize(discriminator, discriminator_adam, discriminator_loss)

        discriminator.cleargrads()
        generator_loss = mean_softplus(-judge(fake))
        _minimize(generator, generator_adam, generator_loss)
        return float(discriminator_loss.data) + float(generator_loss.data)

    return step


def lstm() -> TrainingStep:
    """W4; DeZero's own LSTM has a bias on the input alone, so the cell is written out."""
    rows, labels = workloads.lstm_batch()
    size = workloads.LSTM_HIDDEN
    parameters = Parameters(workloads.lstm_weights())
    input_weight, input_bias = parameters["from_input"]
    hidden_weight, hidden_bias = parameters["from_hidden"]

    def scores() -> Variable:
        bias = input_bias + hidden_bias
        hidden = cell = np.zeros((len(rows), size), np.float32)
        for t in range(rows.shape[1]):
            gates = F.linear(rows[:, t], input_weight, bias) + F.matmul(hidden, hidden_weight)
            input_gate = F.sigmoid(gates[:, :size])
            forget_gate = F.sigmoid(gates[:, size : 2 * size])
            candidate = F.tanh(gates[:, 2 * size : 3 * size])
            output_gate = F.sigmoid(gates[:, 3 * size :])
            cell = forget_gate * cell + input_gate * candidate
            hidden = output_gate * F.tanh(cell)
        return F.linear(hidden, *parameters["output"])

    return _classifier_step(parameters, WORKLOADS["W4"], scores, labels)


def tape() -> TrainingStep:
    """W5."""
    leaves = [Variable(array) for array in workloads.tape_inputs()]
    x, a, b, c = leaves

    def step() -> float:
        for leaf in leaves:
            leaf.cleargrad()
        state = x
        for _ in range(workloads.TAPE_ROUNDS):
            state = F.tanh(state * a + b) - c
        loss = F.sum(state)
        loss.backward()
        return float(loss.data)

    return step


def vgg(dropout: float = workloads.VGG_DROPOUT) -> TrainingStep:
    """W6."""
    images, labels = workloads.vgg_batch()
    parameters = Parameters(workloads.vgg_weights())

    def scores() -> Variable:
        maps = images
        for block in range(1, len(workloads.VGG_CHANNELS) + 1):
            maps = _conv_block(maps, parameters[f"conv{block}"])
        hidden = F.relu(F.linear(_flatten(maps), *parameters["hidden"]))
        return F.linear(F.dropout(hidden, dropout), *parameters["output"])

    return _classifier_step(parameters, WORKLOADS["W6"], scores, labels)


STEPS = {"W1": cnn, "W2": vae, "W3": gan, "W4": lstm, "W5": tape, "W6": vgg}
LEFT_OUT: dict[str, str] = {}
