"""Recurrent layers: one step of each kind, and a sequence of steps.

The inputs of all steps are projected by one product of matrices before the loop; inside it there
is one product a step, of the state. Gates stand in PyTorch's order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function, grad
from tinygen.backend import MODULES, Array, kernel, plain, xp_of
from tinygen.ops.activation import relu
from tinygen.ops.elementwise import sigmoid, tanh
from tinygen.ops.linalg import linear
from tinygen.ops.shape import cat, split, stack, unbind

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["gru_step", "lstm_step", "relu_step", "run", "tanh_step"]

Ctx = Any
Weights = Any  # weight_ih, weight_hh, bias_ih, bias_hh of one layer and direction
State = tuple[Any, ...]
Step = Callable[[Any, State, Weights], State]


class LSTMCell(Function):
    """Gates and the cell state -> the new hidden and cell states.

    S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997), with the forget gate of
    F. A. Gers et al. (2000):

        c' = f * c + i * g        h' = o * tanh(c')
    """

    @staticmethod
    def forward(ctx: Ctx, gates: Array, c: Array) -> tuple[Array, Array]:
        fast = ctx.kernel("lstm_cell")
        if fast is not None:
            h, new_c = fast(gates, c)
        else:
            i, f, g, o = activate(gates)
            new_c = f * c + i * g
            h = o * ctx.xp.tanh(new_c)
        ctx.save_for_backward(gates, c, new_c)
        return h, new_c

    @staticmethod
    def backward(ctx: Ctx, grad_h: Any, grad_c: Any) -> Any:
        gates, c, new_c = ctx.saved_tensors
        fast = ctx.kernel("lstm_cell_backward", grad_h)
        if fast is not None:
            return fast(gates, c, new_c, grad_h, grad_c)
        i, f, g, o = activate(gates)
        squashed = tanh(new_c)
        to_c = grad_c + grad_h * o * (1 - squashed * squashed)
        to_gates = [
            to_c * g * (i * (1 - i)),
            to_c * c * (f * (1 - f)),
            to_c * i * (1 - g * g),
            grad_h * squashed * (o * (1 - o)),
        ]
        return cat(to_gates, -1), to_c * f


def activate(gates: Any) -> tuple[Any, Any, Any, Any]:
    """The input, forget and output gates and the candidate: (N, 4 H) to four of (N, H)."""
    size = gates.shape[-1] // 4
    input_and_forget = sigmoid(gates[..., : 2 * size])
    candidate, output = tanh(gates[..., 2 * size : 3 * size]), sigmoid(gates[..., 3 * size :])
    return input_and_forget[..., :size], input_and_forget[..., size:], candidate, output


def lstm_step(projected: Tensor, state: State, weights: Weights) -> State:
    """One step of an LSTM: ``state`` is (h, c)."""
    h, c = state
    new_h, new_c = LSTMCell.apply(projected + linear(h, weights[1], weights[3]), c)
    return new_h, new_c


def gru_step(projected: Tensor, state: State, weights: Weights) -> State:
    """One step of a GRU: ``state`` is (h,).

    K. Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014), in the form
    of PyTorch, where the reset gate acts after the product:

        n = tanh(W x + r * (U h + b))        h' = (1 - z) * n + z * h
    """
    (h,) = state
    size = h.shape[-1]
    from_input, candidate_in = split(projected, [2 * size, size], -1)
    from_state, candidate_state = split(linear(h, weights[1], weights[3]), [2 * size, size], -1)
    reset, update = split(sigmoid(from_input + from_state), size, -1)
    candidate = tanh(candidate_in + reset * candidate_state)
    return (candidate + update * (h - candidate),)


def tanh_step(projected: Tensor, state: State, weights: Weights) -> State:
    """One step of an Elman network: ``h' = tanh(W x + U h + b)``."""
    return (tanh(projected + linear(state[0], weights[1], weights[3])),)


def relu_step(projected: Tensor, state: State, weights: Weights) -> State:
    """One step of an Elman network with relu."""
    return (relu(projected + linear(state[0], weights[1], weights[3])),)


def run(
    step: Step, input: Tensor, state: State, weights: Weights, reverse: bool = False
) -> tuple[Tensor, State]:
    """A layer in one direction.

    Parameters
    ----------
    step : callable
        One of the steps above.
    input : Tensor of shape (T, N, I)
    state : tuple of Tensor of shape (N, H)
    weights : tuple
        weight_ih (G H, I), weight_hh (G H, H), bias_ih and bias_hh (G H,) or None, for G gates.
    reverse : bool
        Read the sequence from its end.

    Returns
    -------
    output : Tensor of shape (T, N, H)
        The hidden state after each step, in the order of the input.
    state : tuple of Tensor of shape (N, H)
        The state after the last step.
    """
    if step is lstm_step and LSTMSequence.applies(input, *state, *weights):
        output, *last = LSTMSequence.apply(input, *state, *weights, reverse)
        return output, tuple(last)
    projected = unbind(linear(input, weights[0], weights[2]))
    outputs = []
    for x in reversed(projected) if reverse else projected:
        state = step(x, state, weights)
        outputs.append(state[0])
    return stack(outputs[::-1] if reverse else outputs), state


class LSTMSequence(Function):
    """All steps of an LSTM at once, where there is a fast kernel for that."""

    fills_missing = False

    @staticmethod
    def applies(input: Tensor, *others: Tensor | None) -> bool:
        """Whether there is a kernel, and nothing for the steps to complain about."""
        same_dtype = all(other is None or other.dtype == input.dtype for other in others)
        return same_dtype and len(input) > 0 and kernel(xp_of(input.data), "lstm") is not None

    @staticmethod
    def forward(ctx: Ctx, *inputs: Any) -> tuple[Array, ...]:
        fast: Any = ctx.kernel("lstm")
        results, tape = fast(*inputs, keep=any(ctx.needs_input_grad))
        ctx.save_for_backward(*inputs, tape)
        return results

    @staticmethod
    def backward(ctx: Ctx, *grads: Any) -> Any:
        *inputs, reverse, tape = ctx.saved_tensors
        needs = ctx.needs_input_grad[:-1]
        used = [n for n, g in enumerate(grads) if g is not None]
        if type(grads[used[0]]) in MODULES:
            return (*tape.gradients(*grads, needs), None)

        # Second derivatives are those of the steps, taken again from copies: a walk within a walk
        # must end there, and run no hooks of the inputs.
        copies: Any = tuple(None if x is None else x.clone() for x in inputs)
        with plain():
            output, last = run(lstm_step, copies[0], copies[1:3], copies[3:], reverse)
        results = (output, *last)
        wanted = [copy for copy, needed in zip(copies, needs, strict=True) if needed]
        found = iter(
            grad([results[n] for n in used], wanted, [grads[n] for n in used], create_graph=True)
        )
        return (*(next(found) if needed else None for needed in needs), None)
