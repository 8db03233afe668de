"""Recurrent layers: RNN, LSTM and GRU as PyTorch has them, and an LSTM as Keras has it."""

from __future__ import annotations

from typing import Any

from tinygen import tensors
from tinygen.nn import init
from tinygen.nn.layers import check_positive
from tinygen.nn.module import Module, Parameter
from tinygen.ops import noise, recurrent, shape
from tinygen.tensors import Tensor

__all__ = ["GRU", "LSTM", "RNN", "KerasLSTM"]


class _Recurrent(Module):
    """Layers and directions of one kind of step.

    Parameters
    ----------
    input_size, hidden_size : int
    num_layers : int
        Each layer reads the outputs of the one before.
    bias : bool
    batch_first : bool
        Sequences are (N, T, I) instead of (T, N, I).
    dropout : float
        Between layers, in training.
    bidirectional : bool
        A second set of weights reads from the end; the outputs are joined.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 : Parameter
        And so on for each layer, with ``_reverse`` for the backward direction. Uniform on
        +-1 / sqrt(hidden_size).
    """

    gates = 1
    states: tuple[str, ...] = ("h_0",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        check_positive(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout is a probability, got {dropout}")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional = bidirectional
        directions = 2 if bidirectional else 1
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            inputs = input_size if layer == 0 else directions * hidden_size
            for suffix in self._suffixes(layer):
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (rows, inputs), "weight_hh": (rows, hidden_size)
                }  # fmt: skip
                if bias:
                    shapes.update(bias_ih=(rows,), bias_hh=(rows,))
                for name, size in shapes.items():
                    self.register_parameter(name + suffix, Parameter(tensors.empty(size)))
        self.reset_parameters()

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: 2 if self.bidirectional else 1]

    def reset_parameters(self) -> None:
        """Draw new weights."""
        init.uniform_by_fan_in(list(self.parameters()), self.hidden_size)

    @property
    def step(self) -> recurrent.Step:
        """One step of this kind of layer."""
        raise NotImplementedError(f"{type(self).__name__} must define its step")

    def _weights(self, suffix: str) -> Any:
        biases = ("bias_ih", "bias_hh") if self.bias else ()
        found = [getattr(self, name + suffix) for name in ("weight_ih", "weight_hh", *biases)]
        return (*found, None, None)[:4]

    def forward(self, input: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Read a sequence.

        Parameters
        ----------
        input : Tensor of shape (T, N, I), (N, T, I) with batch_first, or (T, I) without a batch
        state : Tensor of shape (layers * directions, N, H), or a pair of them for LSTM
            Zeros if not given.

        Returns
        -------
        output : Tensor of shape (T, N, directions * H), laid out as the input is
            The hidden states of the last layer.
        state : of the shape of ``state``
            The last state of each layer and direction.
        """
        name = type(self).__name__
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{name}: the input is a {type(input).__name__}: make a tensor of it with "
                "tg.tensor(...)"
            )
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            layout = "(N, T, I)" if self.batch_first else "(T, N, I)"
            raise ValueError(
                f"{name}: input has shape {input.shape}, wanted {layout} or (T, I) with "
                f"I = {self.input_size}"
            )
        batched = input.ndim == 3
        if not batched:
            input = input.unsqueeze(1)
        elif self.batch_first:
            input = input.transpose(0, 1)
        if input.shape[0] == 0:
            raise ValueError(f"{name}: the sequence is empty, input has shape {input.shape}")
        states = self._initial(input, state, batched)

        finals: list[Any] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                input = noise.dropout(input, self.dropout, self.training)
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                start = tuple(s[len(finals)] for s in states)
                output, final = recurrent.run(
                    self.step, input, start, self._weights(suffix), reverse=direction == 1
                )
                outputs.append(output)
                finals.append(final)
            input = shape.cat(outputs, -1) if self.bidirectional else outputs[0]
        return self._laid_out(input, finals, batched)

    def _initial(self, input: Tensor, state: Any, batched: bool) -> list[Tensor]:
        """The state of each layer and direction before the first step, checked."""
        directions = 2 if self.bidirectional else 1
        wanted = (self.num_layers * directions, input.shape[1], self.hidden_size)
        if state is None:
            zeros = input.new_tensor(0.0).expand(*wanted)
            return [zeros for _ in self.states]
        given = [state] if len(self.states) == 1 else list(state)
        if len(given) != len(self.states):
            pair = ", ".join(self.states)
            raise ValueError(f"{type(self).__name__}: the state is a pair ({pair})")
        given = given if batched else [s.unsqueeze(1) for s in given]
        for name, tensor_ in zip(self.states, given, strict=True):
            if tensor_.shape != wanted:
                raise ValueError(
                    f"{type(self).__name__}: {name} has shape {tensor_.shape}, wanted {wanted} "
                    "(layers * directions, N, H)"
                )
        return given

    def _laid_out(self, output: Tensor, finals: list[Any], batched: bool) -> tuple[Tensor, Any]:
        states = [
            parts[0].unsqueeze(0) if len(parts) == 1 else shape.stack(parts)
            for parts in zip(*finals, strict=True)
        ]
        if not batched:
            output, states = output.squeeze(1), [s.squeeze(1) for s in states]
        elif self.batch_first:
            output = output.transpose(0, 1)
        return output, states[0] if len(states) == 1 else tuple(states)

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0,
            "bidirectional": False,
        }  # fmt: skip
        parts += [f"{k}={getattr(self, k)}" for k, v in defaults.items() if getattr(self, k) != v]
        return ", ".join(parts)


class RNN(_Recurrent):
    """The Elman network: ``h' = tanh(W x + U h + b)``.

    J. L. Elman, "Finding structure in time" (1990). With ``nonlinearity="relu"`` the tanh is
    replaced.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        )
        self.nonlinearity = nonlinearity

    @property
    def step(self) -> recurrent.Step:
        return recurrent.tanh_step if self.nonlinearity == "tanh" else recurrent.relu_step


class LSTM(_Recurrent):
    """Long short-term memory, exactly as PyTorch has it: gates i, f, g, o and two biases."""

    gates = 4
    states = ("h_0", "c_0")

    @property
    def step(self) -> recurrent.Step:
        return recurrent.lstm_step


class GRU(_Recurrent):
    """The gated recurrent unit, exactly as PyTorch has it: gates r, z, n and two biases."""

    gates = 3

    @property
    def step(self) -> recurrent.Step:
        return recurrent.gru_step


class KerasLSTM(Module):
    """An LSTM that is called as Keras' is, for code written for it.

    Parameters
    ----------
    input_size : int
        Keras reads it off the first batch; here it is given.
    units : int
        The size of the hidden state.
    return_sequences : bool
        Give the hidden states of all steps, not only of the last.
    return_state : bool
        Also give the last hidden and cell states.
    go_backwards : bool
        Read the sequence from its end, and give the outputs in that order.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
    ) -> None:
        super().__init__()
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards = go_backwards
        self.lstm = LSTM(input_size, units, batch_first=True)

    def forward(self, inputs: Tensor, initial_state: Any = None) -> Any:
        """Read sequences of shape (N, T, input_size).

        Returns
        -------
        Tensor of shape (N, units), or (N, T, units) with return_sequences
            With return_state a tuple of that, the last h and the last c, each (N, units).
        """
        if inputs.ndim != 3:
            raise ValueError(f"KerasLSTM: inputs are (N, T, features), got {inputs.shape}")
        if self.go_backwards:
            inputs = inputs.flip(1)
        state = None
        if initial_state is not None:
            state = tuple(part.unsqueeze(0) for part in initial_state)
        sequence, (h, c) = self.lstm(inputs, state)
        output = sequence if self.return_sequences else h[0]
        return (output, h[0], c[0]) if self.return_state else output
