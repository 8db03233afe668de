"""The workloads in MyGrad 2.x, memory guarding off, with an Adam in NumPy (MyGrad has none).

On NumPy 2, MyGrad's Python scalars promote float32 to float64, so the constants are float32.
"""

from __future__ import annotations

import mygrad as mg
import numpy as np
from mygrad import Tensor
from mygrad.nnet.activations import relu, sigmoid
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from . import workloads
from .numpy_adam import NumpyAdam
from .workloads import WORKLOADS, Layer, TrainingStep, Workload

mg.turn_memory_guarding_off()

ZERO, HALF, ONE = (np.float32(value) for value in (0, 0.5, 1))


def about() -> str:
    return f"MyGrad {mg.__version__}"


class Model:
    """Named parameters and the Adam that updates them."""

    def __init__(self, initial: dict[str, Layer], workload: Workload) -> None:
        self.layers = {
            name: (mg.tensor(weight), mg.tensor(bias)) for name, (weight, bias) in initial.items()
        }
        self.parameters = [parameter for layer in self.layers.values() for parameter in layer]
        self.optimizer = NumpyAdam([parameter.data for parameter in self.parameters], workload)

    def minimize(self, loss: Tensor) -> float:
        loss.backward()
        self.optimizer.step(parameter.grad for parameter in self.parameters)
        for parameter in self.parameters:
            parameter.null_grad()
        return loss.item()

    def dense(self, name: str, inputs: Tensor) -> Tensor:
        weight, bias = self.layers[name]
        return mg.matmul(inputs, weight) + bias

    def conv_block(self, name: str, images: Tensor) -> Tensor:
        weight, bias = self.layers[name]
        maps = conv_nd(images, weight, stride=1, padding=1) + bias.reshape(1, -1, 1, 1)
        return max_pool(relu(maps), (2, 2), 2)


def cnn() -> TrainingStep:
    """W1."""
    images, labels = workloads.cnn_batch()
    model = Model(workloads.cnn_weights(), WORKLOADS["W1"])

    def step() -> float:
        maps = model.conv_block("conv2", model.conv_block("conv1", images))
        hidden = relu(model.dense("hidden", maps.reshape(len(images), -1)))
        return model.minimize(softmax_crossentropy(model.dense("output", hidden), labels))

    return step


def vae() -> TrainingStep:
    """W2."""
    pixels, noise = workloads.vae_batch()
    model = Model(workloads.vae_weights(), WORKLOADS["W2"])

    def step() -> float:
        hidden = relu(model.dense("encoder", pixels))
        mean, log_variance = model.dense("mean", hidden), model.dense("log_variance", hidden)
        latent = mean + mg.exp(HALF * log_variance) * noise
        logits = model.dense("output", relu(model.dense("decoder", latent)))
        softplus = mg.maximum(logits, ZERO) + mg.log1p(mg.exp(-mg.abs(logits)))
        reconstruction = mg.sum(softplus - logits * pixels)
        divergence = -HALF * mg.sum(ONE + log_variance - mean * mean - mg.exp(log_variance))
        return model.minimize((reconstruction + divergence) / np.float32(len(pixels)))

    return step


def lstm() -> TrainingStep:
    """W4; MyGrad has a GRU but no LSTM, so the cell is written out."""
    rows, labels = workloads.lstm_batch()
    size = workloads.LSTM_HIDDEN
    model = Model(workloads.lstm_weights(), WORKLOADS["W4"])
    input_weight, input_bias = model.layers["from_input"]
    hidden_weight, hidden_bias = model.layers["from_hidden"]

    def step() -> float:
        bias = input_bias + hidden_bias
        hidden = cell = np.zeros((len(rows), size), np.float32)
        for t in range(rows.shape[1]):
            gates = mg.matmul(rows[:, t], input_weight) + mg.matmul(hidden, hidden_weight) + bias
            input_gate = sigmoid(gates[:, :size])
            forget_gate = sigmoid(gates[:, size : 2 * size])
            candidate = mg.tanh(gates[:, 2 * size : 3 * size])
            output_gate = sigmoid(gates[:, 3 * size :])
            cell = forget_gate * cell + input_gate * candidate
            hidden = output_gate * mg.tanh(cell)
        return model.minimize(softmax_crossentropy(model.dense("output", hidden), labels))

    return step


def tape() -> TrainingStep:
    """W5."""
    x, a, b, c = (mg.tensor(array) for array in workloads.tape_inputs())

    def step() -> float:
        state = x
        for _ in range(workloads.TAPE_ROUNDS):
            state = mg.tanh(state * a + b) - c
        loss = state.sum()
        loss.backward()
        return loss.item()

    return step


def vgg(dropout: float = workloads.VGG_DROPOUT) -> TrainingStep:
    """W6; MyGrad has no dropout, so a mask is drawn and multiplied.

    Under NumPy 2.4 the losses are wrong from the second step on: ``max_pool`` calls
    ``np.unravel_index`` on a transposed array of more than 8192 elements, which that version
    decodes wrongly. The work done, and so the time, is the same.
    """
    images, labels = workloads.vgg_batch()
    model = Model(workloads.vgg_weights(), WORKLOADS["W6"])
    rng = np.random.default_rng(0)
    scale = np.float32(1 / (1 - dropout))

    def step() -> float:
        maps = images
        for block in range(1, len(workloads.VGG_CHANNELS) + 1):
            maps = model.conv_block(f"conv{block}", maps)
        hidden = relu(model.dense("hidden", maps.reshape(len(images), -1)))
        if dropout:
            hidden = hidden * ((rng.random(hidden.shape, dtype=np.float32) >= dropout) * scale)
        return model.minimize(softmax_crossentropy(model.dense("output", hidden), labels))

    return step


STEPS = {"W1": cnn, "W2": vae, "W4": lstm, "W5": tape, "W6": vgg}
LEFT_OUT = {"W3": "MyGrad has no transposed convolution"}
