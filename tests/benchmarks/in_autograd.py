"""The workloads in HIPS autograd, with an Adam in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad

from . import workloads
from .numpy_adam import NumpyAdam
from .workloads import WORKLOADS, Layer, TrainingStep, Workload

Parameters = dict[str, np.ndarray]


def about() -> str:
    return f"HIPS autograd {version('autograd')}"


def _flat(initial: dict[str, Layer]) -> Parameters:
    """One dictionary of arrays: autograd is about a tenth slower on nested containers."""
    parameters = {}
    for name, (weight, bias) in initial.items():
        parameters |= {f"{name}.weight": weight, f"{name}.bias": bias}
    return parameters


def _training_step(
    initial: dict[str, Layer], workload: Workload, loss: Callable[[Parameters], float]
) -> TrainingStep:
    parameters = _flat(initial)
    optimizer = NumpyAdam(list(parameters.values()), workload)
    loss_and_gradients = value_and_grad(loss)

    def step() -> float:
        value, gradients = loss_and_gradients(parameters)
        optimizer.step(gradients[name] for name in parameters)
        return float(value)

    return step


def _dense(inputs: np.ndarray, parameters: Parameters, name: str) -> np.ndarray:
    return anp.dot(inputs, parameters[f"{name}.weight"]) + parameters[f"{name}.bias"]


def _relu(x: np.ndarray) -> np.ndarray:
    return anp.maximum(x, 0)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * anp.tanh(0.5 * x) + 0.5


def _cross_entropy(scores: np.ndarray, labels: np.ndarray) -> float:
    shifted = scores - anp.max(scores, axis=1, keepdims=True)
    log_total = anp.log(anp.sum(anp.exp(shifted), axis=1))
    return anp.mean(log_total - shifted[anp.arange(len(labels)), labels])


def vae() -> TrainingStep:
    """W2."""
    pixels, noise = workloads.vae_batch()

    def loss(parameters: Parameters) -> float:
        hidden = _relu(_dense(pixels, parameters, "encoder"))
        mean = _dense(hidden, parameters, "mean")
        log_variance = _dense(hidden, parameters, "log_variance")
        latent = mean + anp.exp(0.5 * log_variance) * noise
        logits = _dense(_relu(_dense(latent, parameters, "decoder")), parameters, "output")
        softplus = anp.maximum(logits, 0) + anp.log1p(anp.exp(-anp.abs(logits)))
        reconstruction = anp.sum(softplus - logits * pixels)
        divergence = -0.5 * anp.sum(1 + log_variance - mean * mean - anp.exp(log_variance))
        return (reconstruction + divergence) / len(pixels)

    return _training_step(workloads.vae_weights(), WORKLOADS["W2"], loss)


def lstm() -> TrainingStep:
    """W4."""
    rows, labels = workloads.lstm_batch()
    size = workloads.LSTM_HIDDEN

    def loss(parameters: Parameters) -> float:
        input_weight = parameters["from_input.weight"]
        hidden_weight = parameters["from_hidden.weight"]
        bias = parameters["from_input.bias"] + parameters["from_hidden.bias"]
        hidden = cell = np.zeros((len(rows), size), np.float32)
        for t in range(rows.shape[1]):
            gates = anp.dot(rows[:, t], input_weight) + anp.dot(hidden, hidden_weight) + bias
            input_gate = _sigmoid(gates[:, :size])
            forget_gate = _sigmoid(gates[:, size : 2 * size])
            candidate = anp.tanh(gates[:, 2 * size : 3 * size])
            output_gate = _sigmoid(gates[:, 3 * size :])
            cell = forget_gate * cell + input_gate * candidate
            hidden = output_gate * anp.tanh(cell)
        return _cross_entropy(_dense(hidden, parameters, "output"), labels)

    return _training_step(workloads.lstm_weights(), WORKLOADS["W4"], loss)


def tape() -> TrainingStep:
    """W5."""

    def loss(leaves: tuple[np.ndarray, ...]) -> float:
        state, a, b, c = leaves
        for _ in range(workloads.TAPE_ROUNDS):
            state = anp.tanh(state * a + b) - c
        return anp.sum(state)

    loss_and_gradients = value_and_grad(loss)
    leaves = workloads.tape_inputs()

    def step() -> float:
        value, _ = loss_and_gradients(leaves)
        return float(value)

    return step


_NO_FAST_CONVOLUTION = "HIPS autograd has no fast convolution (a step of W1 takes seconds)"

STEPS = {"W2": vae, "W4": lstm, "W5": tape}
LEFT_OUT = dict.fromkeys(("W1", "W3", "W6"), _NO_FAST_CONVOLUTION)
