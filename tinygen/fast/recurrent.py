"""The LSTM over a whole sequence: one product of matrices a step, and few passes over the gates.

As ``sigmoid(z) = (1 + tanh(z / 2)) / 2``, one tanh serves all gates if the weights of o, i and f
are halved beforehand. With ``t = tanh(W X)``::

    i = (1 + t_i) / 2        f = (1 + t_f) / 2        g = t_g
    c' = i g + f c           2 h' = (1 + t_o) tanh(c')

The state is fed back as 2 h, its weights being halved once more, and a column of X is [2 h, x, 1]:
state, input and biases meet in one product. The slopes that backward needs are made at once, while
their factors are in the cache, from products that are there already. By what tanh was taken of::

    d 2h'/do = 2h' - 2h' t_o        dc'/di = i g - i g t_i        dc'/df = f c - f c t_f
    dc'/dg = i - i g g              d 2h'/dc' = (1 + t_o) - 2h' tanh(c')

Arrays lie features first, (features, batch): a gate is then one slab of memory, and so are several
of them in the order o, i, f, g. Every thread reads a part of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygen.backend.layout import empty
from tinygen.fast.choices import LSTM_SHARED_STATE, LSTM_STEPS_AT_ONCE
from tinygen.fast.threads import in_parts

__all__ = ["Tape", "lstm"]

Array = Any

OURS, PYTORCHS = [3, 0, 1, 2], [1, 2, 3, 0]  # gates i, f, g, o as o, i, f, g, and back
SLOPES = 6  # those above, o, i, f, g and c, and the sixth is dc'/dc = f
PASSES = 40  # how often a step touches an element of the state, forward and backward alike


class Part(NamedTuple):
    """What is kept of a part of the batch.

    Attributes
    ----------
    place : slice
        Which part it is.
    columns : list of array of shape (H + I + 1, steps at once, part)
        X of all steps, in groups: the gradient of the weights takes a group at once.
    slopes : array of shape (T, SLOPES, H, part)
        None where no gradient will be asked for.
    """

    place: slice
    columns: list[Array]
    slopes: Array


class Tape:
    """What backward needs of a forward pass, and backward itself."""

    def __init__(self, weights: Array, shape: tuple[int, int, int], direction: slice) -> None:
        self.weights = weights  # of [2 h, x, 1], (4 H, H + I + 1)
        self.shape = shape  # of the input
        self.direction = direction  # in which it is read
        self.parts: list[Part] = []

    def gradients(
        self, to_output: Array | None, to_h: Array | None, to_c: Array | None, needs: Sequence[bool]
    ) -> tuple[Array | None, ...]:
        """The gradients of what :func:`lstm` was given.

        Parameters
        ----------
        to_output, to_h, to_c : array or None
            The gradients of its three results; None is zero.
        needs : sequence of bool
            Which of x, h, c, weight_ih, weight_hh, bias_ih and bias_hh want a gradient.
        """
        steps, batch, inputs = self.shape
        dtype, size = self.weights.dtype, len(self.weights) // 4
        if to_output is not None:
            to_output = to_output[self.direction].transpose(0, 2, 1)
        to_x = empty((steps, inputs, batch), dtype) if needs[0] else None
        to_state = np.zeros((2, size, batch), dtype)  # goes from the last step to the first
        if to_h is not None:
            np.multiply(to_h.T, dtype.type(0.5), out=to_state[0])
        if to_c is not None:
            to_state[1] = to_c.T
        to_weights: dict[int, Array] = {}

        def walk_back(some: slice) -> None:
            for part in self.parts[some]:
                to_part = None if to_output is None else to_output[..., part.place]
                to_input = None if to_x is None else to_x[..., part.place]
                walk = (self.weights, part, to_part, to_state[..., part.place], to_input)
                to_weights[part.place.start] = _walk_back(*walk, any(needs[3:]))

        in_parts(walk_back, len(self.parts), _touched(steps, batch, size), leads=True)
        if to_x is not None:
            to_x = to_x[self.direction].transpose(0, 2, 1)
        to_state[0] *= dtype.type(2)
        to_start = (
            part.T if needed else None for part, needed in zip(to_state, needs[1:3], strict=True)
        )
        first, *others = (to_weights[start] for start in sorted(to_weights))
        to_joined = sum(others, start=first)  # in this order always: the bits depend on it
        return (to_x, *to_start, *_divided(to_joined, needs[3:]))


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
        Gates i, f, g, o; biases may be None.
    reverse : bool
        Read the sequence from its end.
    keep : bool
        Whether gradients may be asked for.

    Returns
    -------
    results : tuple of array
        h after each step (T, N, H), in the order of x, and h and c after the last one (N, H).
    tape : Tape
        What computes the gradients.
    """
    steps, batch, _ = x.shape
    size, dtype = h.shape[1], x.dtype
    direction = slice(None, None, -1 if reverse else 1)
    tape = Tape(_joined(weight_ih, weight_hh, bias_ih, bias_hh), x.shape, direction)
    output = empty((steps, size, batch), dtype)
    cell = empty((size, batch), dtype)

    def read(place: slice) -> None:
        columns = _columns(x[direction, place], h[place])
        slopes = empty((steps, SLOPES, size, place.stop - place.start), dtype) if keep else None
        part = Part(place, columns, slopes)
        cell[:, place] = _read(tape.weights, part, c[place], output[..., place])
        tape.parts.append(part)

    in_parts(read, batch, _touched(steps, batch, size), leads=True)
    hidden = output[-1].copy()
    return (output[direction].transpose(0, 2, 1), hidden.T, cell.T), tape


def _touched(steps: int, batch: int, size: int) -> int:
    """How many array elements a pass touches; 0 where its calls are too short for two threads."""
    return steps * batch * size * PASSES if batch * size >= LSTM_SHARED_STATE else 0


def _columns(x: Array, h: Array) -> list[Array]:
    """X = [2 h, x, 1] of all steps, in groups; of the states only the first is there."""
    steps, batch, inputs = x.shape
    size = h.shape[1]
    groups = []
    for start in range(0, steps, LSTM_STEPS_AT_ONCE):
        given = x[start : start + LSTM_STEPS_AT_ONCE]
        group = empty((size + inputs + 1, len(given), batch), x.dtype)
        group[size:-1] = given.transpose(2, 0, 1)
        group[-1] = 1
        groups.append(group)
    np.multiply(h.T, x.dtype.type(2), out=groups[0][:size, 0])
    return groups


def _read(weights: Array, part: Part, start: Array, output: Array) -> Array:
    """Go through a part's sequence from the cell state ``start`` (N, H); the last one (H, N)."""
    batch, size = start.shape
    dtype = weights.dtype
    one, half = dtype.type(1), dtype.type(0.5)
    c, squashed_c = (empty((size, batch), dtype) for _ in range(2))
    gates = empty((4 * size, batch), dtype)
    squashed, g = gates[: 3 * size].reshape(3, size, batch), gates[3 * size :]
    raised, products = empty(squashed.shape, dtype), empty(squashed.shape, dtype)
    doubled_o, i, raised_f = raised
    doubled_h, i_g, f_c = products
    f = raised_f

    c[...] = start.T
    columns = [group[:, k] for group in part.columns for k in range(group.shape[1])]
    for step, column in enumerate(columns):
        np.matmul(weights, column, out=gates)
        np.tanh(gates, out=gates)
        np.add(squashed, one, out=raised)
        np.multiply(i, half, out=i)
        if part.slopes is not None:
            f = part.slopes[step, 5]
        np.multiply(raised_f, half, out=f)
        np.multiply(i, g, out=i_g)
        np.multiply(f, c, out=f_c)
        np.add(i_g, f_c, out=c)
        np.tanh(c, out=squashed_c)
        np.multiply(doubled_o, squashed_c, out=doubled_h)
        np.multiply(doubled_h, half, out=output[step])
        if step + 1 < len(columns):
            columns[step + 1][:size] = doubled_h
        if part.slopes is not None:
            slopes = part.slopes[step]
            by_gates, by_g, by_c = slopes[:3], slopes[3], slopes[4]
            np.multiply(products, squashed, out=by_gates)
            np.subtract(products, by_gates, out=by_gates)
            np.multiply(i_g, g, out=by_g)
            np.subtract(i, by_g, out=by_g)
            np.multiply(doubled_h, squashed_c, out=by_c)
            np.subtract(doubled_o, by_c, out=by_c)
    return c


def _walk_back(
    weights: Array,
    part: Part,
    to_output: Array | None,
    to_state: Array,
    to_x: Array | None,
    needs_weights: bool,
) -> Array:
    """From the last step of a part to the first; gives the gradient of the weights.

    ``to_state`` holds the gradients of the last 2 h and c, and of the first afterwards.
    """
    _, size, batch = to_state.shape
    dtype = weights.dtype
    half = dtype.type(0.5)
    rows = size if to_x is None else len(weights[0]) - 1
    transposed = weights[:, :rows].T
    to_column, product = empty((rows, batch), dtype), empty((size, batch), dtype)
    to_h, to_c = to_column[:size], to_state[1].copy()
    to_h[...] = to_state[0]
    to_weights = np.zeros_like(weights)

    step = len(part.slopes)
    for group in reversed(part.columns):
        at_once = group.shape[1]
        to_gates = empty((4, size, at_once, batch), dtype)
        for k in reversed(range(at_once)):
            step -= 1
            slopes, to_gate = part.slopes[step], to_gates[:, :, k]
            # Most often only the last output was used: the sum with zeros takes five times as long
            # as to see that they are zeros.
            if to_output is not None and to_output[step].any():
                to_h += to_output[step] * half
            np.multiply(to_h, slopes[4], out=product)
            np.add(to_c, product, out=to_c)
            np.multiply(to_h, slopes[0], out=to_gate[0])
            np.multiply(to_c, slopes[1:4], out=to_gate[1:])
            np.multiply(to_c, slopes[5], out=to_c)
            to_rows = to_gates.reshape(4 * size, at_once, batch)[:, k]
            np.matmul(transposed, to_rows, out=to_column)
            if to_x is not None:
                to_x[step] = to_column[size:]
        if needs_weights:
            to_rows = to_gates.reshape(4 * size, at_once * batch)
            to_weights += to_rows @ group.reshape(len(group), at_once * batch).T
    to_state[0], to_state[1] = to_h, to_c
    return to_weights


def _halves(dtype: Any) -> Array:
    """What the weights of the gates o, i, f and g are multiplied with."""
    return np.array([0.5, 0.5, 0.5, 1], dtype).reshape(4, 1, 1)


def _joined(
    weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None
) -> Array:
    """The weights of [2 h, x, 1], in our order of the gates."""
    size, inputs = weight_hh.shape[1], weight_ih.shape[1]
    halves = _halves(weight_hh.dtype)
    joined = np.zeros((4, size, size + inputs + 1), weight_hh.dtype)
    of_h, of_x, of_one = joined[..., :size], joined[..., size:-1], joined[..., -1:]
    np.multiply(weight_hh.reshape(4, size, size)[OURS], halves * halves[0], out=of_h)
    np.multiply(weight_ih.reshape(4, size, inputs)[OURS], halves, out=of_x)
    for bias in (bias_ih, bias_hh):
        if bias is not None:
            of_one += bias.reshape(4, size, 1)[OURS] * halves
    return joined.reshape(4 * size, -1)


def _divided(to_weights: Array, needs: Sequence[bool]) -> tuple[Array | None, ...]:
    """The gradient of the weights of [2 h, x, 1] for those that they were joined from."""
    rows = len(to_weights)
    size = rows // 4
    halves = _halves(to_weights.dtype)
    joined = (to_weights.reshape(4, size, -1) * halves)[PYTORCHS].reshape(rows, -1)
    to_ih, to_hh, to_bias = joined[:, size:-1], joined[:, :size] * halves[0, 0], joined[:, -1]
    gradients = (to_ih.copy(), to_hh, to_bias.copy(), to_bias.copy())
    return tuple(g if needed else None for g, needed in zip(gradients, needs, strict=True))
