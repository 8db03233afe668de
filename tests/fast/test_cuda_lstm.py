"""The LSTM cell in CUDA, against the op."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.cuda_arrays import agree, dtypes, layouts, normal, on_device, seeds
from tinygen.backend import Backend
from tinygen.fast.cuda import lstm
from tinygen.ops.recurrent import LSTMCell, lstm_step, run


@given(st.integers(0, 4), st.integers(1, 5), dtypes, layouts, layouts, seeds)
def test_a_step_and_its_gradients_are_those_of_the_plain_cell(
    gpu: Backend, batch: int, size: int, dtype: str, first: str, second: str, seed: int
) -> None:
    gates, (c, grad_h, grad_c) = (
        normal(seed, (batch, 4 * size), dtype, scale=2),
        [normal(seed + k, (batch, size), dtype) for k in range(1, 4)],
    )
    inputs = [tg.tensor(x, requires_grad=True) for x in (gates, c)]
    with tg.plain():
        h, new_c = LSTMCell.apply(*inputs)
        to_inputs = tg.grad([h, new_c], inputs, [tg.tensor(grad_h), tg.tensor(grad_c)])

    there = on_device(gpu, gates, first), on_device(gpu, c, second)
    results = lstm.lstm_cell(*there)
    agree(gpu, results, (h.detach().numpy(), new_c.detach().numpy()))
    grads = on_device(gpu, grad_h, second), on_device(gpu, grad_c, first)
    gradients = lstm.lstm_cell_backward(*there, results[1], *grads)
    agree(gpu, gradients, tuple(x.numpy() for x in to_inputs))
    agree(gpu, (*there, *grads), (gates, c, grad_h, grad_c), rounding=0)


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.booleans(),
       st.booleans(), dtypes, layouts, seeds)  # fmt: skip
def test_a_sequence_and_its_gradients_are_those_of_the_plain_steps(
    gpu: Backend, steps: int, batch: int, inputs: int, size: int, reverse: bool, biased: bool,
    dtype: str, layout: str, seed: int,
) -> None:  # fmt: skip
    shapes = [(steps, batch, inputs), (batch, size), (batch, size), (4 * size, inputs),
              (4 * size, size)] + [(4 * size,)] * 2 * biased  # fmt: skip
    hosts = [normal(seed + k, shape, dtype) for k, shape in enumerate(shapes)]
    tensors = [tg.tensor(host, requires_grad=True) for host in hosts]
    biases = tensors[5:] or [None, None]
    grads = [normal(seed + 9 + k, shape, dtype) for k, shape in
             enumerate([(steps, batch, size), (batch, size), (batch, size)])]  # fmt: skip
    with tg.plain():
        output, last = run(
            lstm_step, tensors[0], tuple(tensors[1:3]), (*tensors[3:5], *biases), reverse
        )
        results = [output, *last]
        expected = tg.grad(results, tensors, [tg.tensor(grad) for grad in grads])

    there = [on_device(gpu, host, layout) for host in hosts]
    arguments = [*there, *[None] * (7 - len(there))]
    found, tape = lstm.lstm(*arguments, reverse, keep=True)
    agree(gpu, found, tuple(result.detach().numpy() for result in results))
    needs = [argument is not None for argument in arguments]
    gradients = tape.gradients(*[on_device(gpu, grad, layout) for grad in grads], needs)
    assert [gradient is not None for gradient in gradients] == needs
    agree(
        gpu,
        tuple(gradient for gradient in gradients if gradient is not None),
        tuple(gradient.numpy() for gradient in expected),
    )
    agree(gpu, tuple(there), tuple(hosts), rounding=0)


@pytest.mark.parametrize("missing", range(3))
def test_a_gradient_that_does_not_arrive_is_zero(missing: int, gpu: Backend) -> None:
    sizes = [(3, 2, 4), (2, 5), (2, 5), (20, 4), (20, 5), (20,), (20,)]
    arguments = [gpu.asarray(normal(k, shape, "float64")) for k, shape in enumerate(sizes)]
    results, tape = lstm.lstm(*arguments, False, keep=True)
    grads: list[Any] = [gpu.xp.ones_like(result) for result in results]
    zero, none = list(grads), list(grads)
    zero[missing], none[missing] = grads[missing] * 0.0, None
    needs = [True, False, True, False, True, False, True]
    for one, other in zip(tape.gradients(*none, needs), tape.gradients(*zero, needs), strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            agree(gpu, one, other)


def test_saturated_gates_stay_finite(gpu: Backend) -> None:
    gates = np.array([[1e4, -1e4, -1e4, 1e4]], np.float32)
    c = np.ones((1, 1), np.float32)
    h, new_c = lstm.lstm_cell(gpu.asarray(gates), gpu.asarray(c))
    assert gpu.to_numpy(new_c).tolist() == [[-1.0]]  # all input, nothing remembered
    np.testing.assert_allclose(gpu.to_numpy(h), np.tanh([[-1.0]]), rtol=1e-6)
    to_gates, to_c = lstm.lstm_cell_backward(*map(gpu.asarray, (gates, c)), new_c, h, h)
    assert gpu.to_numpy(to_gates).tolist() == [[0.0, 0.0, 0.0, 0.0]]
    assert gpu.to_numpy(to_c).tolist() == [[0.0]]
