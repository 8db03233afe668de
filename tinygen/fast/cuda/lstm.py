"""The LSTM: a cell in one kernel each way, and a whole sequence with two launches a step.

Between two products of matrices, the plain code runs some 15 small kernels forward and 25 backward;
on a GPU the start of each costs more than its arithmetic. A thread has one unit of one sequence: it
reads that unit's four gates, which lie ``size`` apart in a row of (N, 4 size), in PyTorch's order
input, forget, candidate, output.

What does not depend on the step before is taken out of the loop over the steps: the products of all
inputs with their weights before it, the gradients of the weights after it. In the loop remain the
product with the state and the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinygen.backend import Array, xp_of
from tinygen.fast.cuda.writing import Elementwise

__all__ = ["Tape", "lstm", "lstm_cell", "lstm_cell_backward"]

GATES = """
template <typename T> struct Gates { T input, forget, candidate, output; };

template <typename T> __device__ T sigmoid(T x) { return 1 / (1 + exp(-x)); }

template <typename T> __device__ Gates<T> activate(T input, T forget, T candidate, T output)
{
    return {sigmoid(input), sigmoid(forget), tanh(candidate), sigmoid(output)};
}
"""
PLACE = """
    ptrdiff_t at = i / size * 4 * size + i % size;
"""
ACTIVATE = """
    Gates<T> gate = activate<T>(
        gates[at], gates[at + size], gates[at + 2 * size], gates[at + 3 * size]);
"""
NEW_STATE = """
    new_c = gate.forget * c + gate.input * gate.candidate;
    h = gate.output * tanh(new_c);
"""

LSTM_CELL = Elementwise(
    "lstm_cell",
    "raw T gates, T c, int64 size",
    "T h, T new_c",
    PLACE + ACTIVATE + NEW_STATE,
    GATES,
)

# The gates come in two parts, from the input and from the state; their sum is kept for backward.
LSTM_STEP = Elementwise(
    "lstm_step",
    "raw T from_state, T c, int64 size",
    "raw T gates, T h, T new_c",
    PLACE
    + "for (int k = 0; k < 4; k++) gates[at + k * size] += from_state[at + k * size];"
    + ACTIVATE
    + NEW_STATE,
    GATES,
)

# The gates are activated once more: that is quicker than reading them back from memory. The
# gradient of h comes in two parts, from the next step and from the output of this one.
LSTM_CELL_BACKWARD = Elementwise(
    "lstm_cell_backward",
    "raw T gates, T c, T new_c, T grad_h, T grad_output, T grad_c, int64 size",
    "raw T to_gates, T to_c",
    PLACE
    + ACTIVATE
    + """
    T squashed = tanh(new_c), to_h = grad_h + grad_output;
    T slope = grad_c + to_h * gate.output * (1 - squashed * squashed);
    to_gates[at] = slope * gate.candidate * (gate.input * (1 - gate.input));
    to_gates[at + size] = slope * c * (gate.forget * (1 - gate.forget));
    to_gates[at + 2 * size] = slope * gate.input * (1 - gate.candidate * gate.candidate);
    to_gates[at + 3 * size] = to_h * squashed * (gate.output * (1 - gate.output));
    to_c = slope * gate.forget;
    """,
    GATES,
)


def lstm_cell(gates: Array, c: Array) -> tuple[Array, Array]:
    """Gates (N, 4 H) before activation and the cell state (N, H) -> the new h and c."""
    xp = xp_of(gates)
    h, new_c = xp.empty(c.shape, c.dtype), xp.empty(c.shape, c.dtype)
    LSTM_CELL.on(xp)(gates, c, c.shape[-1], h, new_c)
    return h, new_c


def lstm_cell_backward(
    gates: Array, c: Array, new_c: Array, grad_h: Array, grad_c: Array
) -> tuple[Array, Array]:
    """The gradients of the gates (N, 4 H) and of the cell state before the step."""
    xp = xp_of(gates)
    to_gates, to_c = xp.empty(gates.shape, gates.dtype), xp.empty(c.shape, c.dtype)
    LSTM_CELL_BACKWARD.on(xp)(gates, c, new_c, grad_h, 0.0, grad_c, c.shape[-1], to_gates, to_c)
    return to_gates, to_c


def lstm(
    x: Array,
    h: Array,
    c: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    reverse: bool,
    keep: bool,
) -> tuple[tuple[Array, Array, Array], Tape]:
    """A layer in one direction, as :func:`tinygen.ops.recurrent.run` does it step by step.

    Parameters
    ----------
    x : array of shape (T, N, I)
    h, c : array of shape (N, H)
    weight_ih, weight_hh, bias_ih, bias_hh : array of shape (4 H, I), (4 H, H), (4 H,), (4 H,)
        There may be no biases.
    reverse : bool
        Read the sequence from its end.
    keep : bool
        Whether there may be a backward; no matter here.

    Returns
    -------
    results : tuple of array
        The states h after each step (T, N, H), and h and c after the last one (N, H).
    tape : Tape
        What gives the gradients.
    """
    xp = xp_of(x)
    steps, batch, inputs = x.shape
    size = h.shape[1]
    gates = (x.reshape(-1, inputs) @ weight_ih.T).reshape(steps, batch, 4 * size)
    for bias in (bias_ih, bias_hh):
        if bias is not None:
            gates += bias
    hidden, cells = xp.empty((2, steps, batch, size), x.dtype)
    tape = Tape(x, h, c, weight_ih, weight_hh, reverse, gates, hidden, cells)
    for t in tape.order():
        LSTM_STEP.on(xp)(h @ weight_hh.T, c, size, gates[t], hidden[t], cells[t])
        h, c = hidden[t], cells[t]
    return (hidden.copy(), h.copy(), c.copy()), tape  # which anyone may change


@dataclass(frozen=True)
class Tape:
    """What backward needs: the arguments of :func:`lstm`, the gates and the states of all steps."""

    x: Array
    h: Array
    c: Array
    weight_ih: Array
    weight_hh: Array
    reverse: bool
    gates: Array
    hidden: Array
    cells: Array

    def order(self) -> Sequence[int]:
        """The steps as they are taken."""
        steps = range(len(self.x))
        return steps[::-1] if self.reverse else steps

    def gradients(
        self, to_output: Array | None, to_h: Array | None, to_c: Array | None, needs: Sequence[bool]
    ) -> tuple[Array | None, ...]:
        """The gradients of what :func:`lstm` was given.

        Parameters
        ----------
        to_output, to_h, to_c : array or None
            The gradients of its three results; None is zero.
        needs : sequence of bool
            Which of x, h, c, weight_ih, weight_hh, bias_ih, bias_hh want a gradient.
        """
        x, h, c, weight_ih, weight_hh, bias_ih, bias_hh = needs
        to_gates, to_h, to_c = self._walk_back(to_output, to_h, to_c)
        rows = to_gates.reshape(-1, to_gates.shape[-1])
        inputs, states = self.x.reshape(-1, self.x.shape[-1]), self._states_before()
        return (
            (rows @ self.weight_ih).reshape(self.x.shape) if x else None,
            to_h if h else None,
            to_c if c else None,
            rows.T @ inputs if weight_ih else None,
            rows.T @ states.reshape(-1, states.shape[-1]) if weight_hh else None,
            rows.sum(axis=0) if bias_ih else None,
            rows.sum(axis=0) if bias_hh else None,
        )

    def _walk_back(
        self, to_output: Array | None, to_h: Array | None, to_c: Array | None
    ) -> tuple[Array, Array, Array]:
        """The gradients of the gates of all steps, and of the state before the first one."""
        xp, size = xp_of(self.x), self.h.shape[1]
        to_gates = xp.empty(self.gates.shape, self.gates.dtype)
        h: Array | float = 0.0 if to_h is None else to_h
        c: Array | float = 0.0 if to_c is None else to_c
        order = self.order()
        for number in reversed(range(len(order))):
            t = order[number]
            before = self.cells[order[number - 1]] if number else self.c
            from_output = 0.0 if to_output is None else to_output[t]
            to_before = xp.empty(self.c.shape, self.c.dtype)
            LSTM_CELL_BACKWARD.on(xp)(
                self.gates[t], before, self.cells[t], h, from_output, c, size, to_gates[t],
                to_before,
            )  # fmt: skip
            h, c = to_gates[t] @ self.weight_hh, to_before
        return to_gates, h, c

    def _states_before(self) -> Array:
        """h before each step, (T, N, H)."""
        first = self.h[None]
        parts = [self.hidden[1:], first] if self.reverse else [first, self.hidden[:-1]]
        return xp_of(self.x).concatenate(parts)
