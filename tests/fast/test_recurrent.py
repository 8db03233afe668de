"""The LSTM over a whole sequence agrees with its plain twin, the steps of one layer."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tinygen import gradcheck, gradgradcheck, nn
from tinygen.fast import KERNELS, recurrent, threads
from tinygen.ops.recurrent import lstm_step, run

ORDERS = st.sampled_from(["C", "turned", "sliced", "reversed"])
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(params=["whole", "by two threads"], autouse=True)
def division(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the batch is divided: these small ones would always be read by one thread."""
    if request.param == "by two threads":
        monkeypatch.setattr(threads, "parts", lambda elements, most: min(2, max(most, 1)))


def in_memory(array: np.ndarray, order: str) -> np.ndarray:
    """The same values lying otherwise in memory."""
    if order == "turned":
        return array.T.copy().T
    if order == "sliced":
        larger = np.zeros([2 * n for n in array.shape], array.dtype)
        every_second = (slice(None, None, 2),) * array.ndim
        larger[every_second] = array
        return larger[every_second]
    if order == "reversed":
        return np.flip(np.flip(array).copy())
    return array.copy()


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of a layer, and which of them and of its results take part in backward."""
    steps, batch = draw(st.integers(1, 9)), draw(st.integers(0, 4))
    inputs, size = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))

    def array(*shape: int) -> np.ndarray:
        return in_memory(rng.normal(size=shape).astype(dtype), draw(ORDERS))

    rows = 4 * size
    arrays = [array(steps, batch, inputs), array(batch, size), array(batch, size)]
    arrays += [array(rows, inputs), array(rows, size)]
    arrays += [array(rows) if draw(st.booleans()) else None for _ in range(2)]
    shapes = [(steps, batch, size), (batch, size), (batch, size)]
    return {
        "arrays": arrays,
        "wanted": [a is not None and draw(st.booleans()) for a in arrays],
        "seeds": [array(*s) if draw(st.booleans()) else None for s in shapes],
        "reverse": draw(st.booleans()),
    }


def layer(arrays: list[Any], reverse: bool) -> tuple[tg.Tensor, ...]:
    output, last = run(lstm_step, arrays[0], tuple(arrays[1:3]), tuple(arrays[3:]), reverse)
    return output, *last


def values_and_gradients(case: dict[str, Any]) -> list[np.ndarray]:
    """The results, and the gradients of the arguments that want one."""
    inputs = [
        None if array is None else tg.Tensor(array, requires_grad=wanted)
        for array, wanted in zip(case["arrays"], case["wanted"], strict=True)
    ]
    results = layer(inputs, case["reverse"])
    values = [result.detach().numpy() for result in results]
    outputs = [r for r, seed in zip(results, case["seeds"], strict=True) if seed is not None]
    seeds = [tg.Tensor(seed) for seed in case["seeds"] if seed is not None]
    wanted = [x for x, is_wanted in zip(inputs, case["wanted"], strict=True) if is_wanted]
    if outputs and wanted:
        values += [gradient.numpy() for gradient in tg.grad(outputs, wanted, seeds)]
    return values


@given(case=sequences())
def test_values_and_gradients_agree_with_the_plain_twin(case: dict[str, Any]) -> None:
    before = [None if array is None else array.tobytes() for array in case["arrays"]]
    found = values_and_gradients(case)
    assert [None if array is None else array.tobytes() for array in case["arrays"]] == before
    with tg.plain():
        expected = values_and_gradients(case)
    dtype = str(case["arrays"][0].dtype)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == dtype
        assert ours.shape == theirs.shape
        scale = max(np.abs(theirs).max(initial=0), 1)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[dtype] * scale)


def arguments(steps: int, batch: int, inputs: int, size: int, dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = [(steps, batch, inputs), (batch, size), (batch, size)]
    shapes += [(4 * size, inputs), (4 * size, size), (4 * size,), (4 * size,)]
    return [(0.5 * rng.normal(size=shape)).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("used", [[0, 1, 2], [0], [1], [2]], ids=str)
def test_first_and_second_derivatives(used: list[int], reverse: bool) -> None:
    tensors = [tg.Tensor(a, requires_grad=True) for a in arguments(3, 2, 2, 2, "float64")]

    def function(*inputs: tg.Tensor) -> list[tg.Tensor]:
        results = layer(list(inputs), reverse)
        return [results[number] for number in used]

    assert gradcheck(function, tensors)
    assert gradgradcheck(function, tensors)


def test_hooks_of_the_inputs_run_once_under_create_graph() -> None:
    tensors = [tg.Tensor(a, requires_grad=True) for a in arguments(2, 2, 2, 2, "float64")]
    calls: list[int] = []
    for number, tensor in enumerate(tensors):
        tensor.register_hook(lambda gradient, number=number: calls.append(number))
    tg.grad(layer(tensors, False)[0].sum(), tensors, create_graph=True)
    assert sorted(calls) == list(range(7))


def test_the_graph_can_be_walked_twice() -> None:
    tensors = [tg.Tensor(a, requires_grad=True) for a in arguments(6, 3, 2, 4, "float32")]
    loss = sum(result.sum() for result in layer(tensors, False))
    first = tg.grad(loss, tensors, retain_graph=True)
    second = tg.grad(loss, tensors)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_results_may_be_changed_in_place_and_inputs_may_not() -> None:
    arrays = arguments(5, 3, 2, 4, "float64")

    def gradients(change: bool) -> list[np.ndarray]:
        tensors = [tg.Tensor(array, requires_grad=True) for array in arrays]
        results = layer(tensors, False)
        loss = sum(result.sum() for result in results)
        if change:
            for result in results:
                result.data[...] = 7
        return [gradient.numpy() for gradient in tg.grad(loss, tensors)]

    for changed, same in zip(gradients(True), gradients(False), strict=True):
        np.testing.assert_array_equal(changed, same)

    tensors = [tg.Tensor(array, requires_grad=True) for array in arrays]
    loss = layer(tensors, False)[0].sum()
    with tg.no_grad():
        tensors[3].mul_(2)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saturated_gates(dtype: str, sign: int) -> None:
    """Where all gates stand at 100 or -100, the states are known and no slope is left."""
    arrays = [np.zeros_like(array) for array in arguments(3, 2, 2, 2, dtype)]
    arrays[2][...] = 0.5
    arrays[5][...] = 100 * sign
    tensors = [tg.Tensor(array, requires_grad=True) for array in arrays]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        output, h, c = layer(tensors, False)
        gradients = tg.grad([output, h, c], tensors, [tg.ones_like(r) for r in (output, h, c)])
    cells = np.array([1.5, 2.5, 3.5] if sign == 1 else [0.0, 0.0, 0.0])
    states = np.tanh(cells) if sign == 1 else np.zeros(3)
    np.testing.assert_allclose(c.detach().numpy(), np.full((2, 2), cells[-1]), atol=1e-6)
    np.testing.assert_allclose(output.detach().numpy()[:, 0, 0], states, atol=1e-6)
    for gradient in gradients[3:]:
        np.testing.assert_allclose(gradient.numpy(), 0, atol=1e-6)
    # Remembering all, the first cell is in every later one, and each state has it by tanh's slope.
    from_cell = 1 + sum(1 - s**2 for s in (*states, states[-1])) if sign == 1 else 0.0
    np.testing.assert_allclose(gradients[2].numpy(), from_cell, atol=1e-6)


def test_a_pass_without_gradients_keeps_nothing() -> None:
    _, tape = KERNELS["numpy", "lstm"](*arguments(4, 2, 3, 2, "float32"), False, keep=False)
    assert all(part.slopes is None for part in tape.parts)


def test_several_layers_in_both_directions() -> None:
    """The module as a user calls it: values and gradients of all its parameters."""
    tg.manual_seed(0)
    lstm = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True).to("float64")
    sequences = tg.randn(2, 5, 3, dtype="float64")

    def found() -> list[np.ndarray]:
        output, (h, c) = lstm(sequences)
        loss = (output**2).sum() + (h * c).sum()
        gradients = tg.grad(loss, list(lstm.parameters()))
        return [x.detach().numpy() for x in (output, h, c, *gradients)]

    fast = found()
    with tg.plain():
        for ours, theirs in zip(fast, found(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_the_state_decides_whether_the_batch_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long sequence with a small state is much work, but in calls too short to share."""
    asked: list[int] = []
    monkeypatch.setattr(recurrent, "in_parts", lambda work, length, elements, leads: (
        asked.append(elements), work(slice(0, length))
    ))  # fmt: skip
    large = recurrent.LSTM_SHARED_STATE // 8
    recurrent.lstm(*arguments(2, large, 1, 8, "float32"), False, False)
    recurrent.lstm(*arguments(900, 2, 1, 8, "float32"), False, False)
    assert asked[0] > 0 == asked[1]


def test_the_bits_do_not_depend_on_which_thread_is_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    inputs = [
        tg.tensor(rng.normal(size=shape).astype(np.float32), requires_grad=True)
        for shape in ((5, 9, 3), (9, 4), (9, 4), (16, 3), (16, 4), (16,), (16,))
    ]

    def gradients(backwards: bool) -> list[bytes]:
        def one_after_the_other(work: Any, length: int, elements: int, leads: bool) -> None:
            bounds = [(length * n // 3, length * (n + 1) // 3) for n in range(3)]
            for start, stop in reversed(bounds) if backwards else bounds:
                work(slice(start, stop))

        monkeypatch.setattr(recurrent, "in_parts", one_after_the_other)
        return [g.numpy().tobytes() for g in tg.grad(layer(inputs, False)[0].sum(), inputs)]

    assert gradients(backwards=False) == gradients(backwards=True)
