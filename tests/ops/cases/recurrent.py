"""Cases of tinygen/ops/recurrent.py, step after step, gate after gate."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, arrays, case
from tinygen.ops import recurrent

BATCH, HIDDEN, INPUT = 2, 3, 2
State = tuple[np.ndarray, ...]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm_step(projected: np.ndarray, state: State, weights: Any) -> State:
    h, c = state
    gates = projected + product(h, weights)
    i, f, g, o = (gates[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(4))
    new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(new_c), new_c


def gru_step(projected: np.ndarray, state: State, weights: Any) -> State:
    (h,) = state
    from_state = product(h, weights)
    r_x, z_x, n_x = (projected[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(3))
    r_h, z_h, n_h = (from_state[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(3))
    update = sigmoid(z_x + z_h)
    candidate = np.tanh(n_x + sigmoid(r_x + r_h) * n_h)
    return ((1 - update) * candidate + update * h,)


def tanh_step(projected: np.ndarray, state: State, weights: Any) -> State:
    return (np.tanh(projected + product(state[0], weights)),)


def relu_step(projected: np.ndarray, state: State, weights: Any) -> State:
    return (np.maximum(projected + product(state[0], weights), 0),)


def product(h: np.ndarray, weights: Any) -> np.ndarray:
    bias = 0 if weights[3] is None else weights[3]
    return np.einsum("ni,oi->no", h, weights[1]) + bias


STEPS = {
    "lstm_step": (4, 2, lstm_step),
    "gru_step": (3, 1, gru_step),
    "tanh_step": (1, 1, tanh_step),
    "relu_step": (1, 1, relu_step),
}


@st.composite
def weights_and_state(draw: Any, name: str) -> tuple[Any, Any]:
    gates, states, _ = STEPS[name]
    rows = gates * HIDDEN
    weights = draw(arrays((rows, INPUT))), draw(arrays((rows, HIDDEN)))
    biases = (draw(arrays((rows,))), draw(arrays((rows,)))) if draw(st.booleans()) else (None, None)
    return (*weights, *biases), tuple(draw(arrays((BATCH, HIDDEN))) for _ in range(states))


@st.composite
def one_step(draw: Any, name: str) -> Call:
    weights, state = draw(weights_and_state(name))
    return Call((draw(arrays((BATCH, STEPS[name][0] * HIDDEN))), state, weights), {})


@st.composite
def sequence(draw: Any, name: str) -> Call:
    weights, state = draw(weights_and_state(name))
    x = draw(arrays((draw(st.integers(1, 3)), BATCH, INPUT)))
    step = getattr(recurrent, name)
    return Call((step, x, state, weights), {"reverse": draw(st.booleans())})


def run(step: Any, x: np.ndarray, state: State, weights: Any, reverse: bool) -> list[np.ndarray]:
    outputs = np.empty((len(x), BATCH, HIDDEN))
    bias = 0 if weights[2] is None else weights[2]
    times = range(len(x))
    for t in reversed(times) if reverse else times:
        projected = np.einsum("ni,oi->no", x[t], weights[0]) + bias
        state = STEPS[step.__name__][2](projected, state, weights)
        outputs[t] = state[0]
    return [outputs, *state]


for name, (_, _, oracle) in STEPS.items():
    case(f"recurrent.{name}", one_step(name), oracle)
    case("recurrent.run", sequence(name), run)
