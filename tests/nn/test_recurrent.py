"""Recurrent layers against loops over the steps, written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn
from tinygen.gradcheck import gradgradcheck

STEPS, BATCH, FEATURES, HIDDEN = 4, 3, 5, 2


# ---- the oracle --------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, state, w, u, b, bu):
    h, c = state
    i, f, g, o = np.split(x @ w.T + b + h @ u.T + bu, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, state, w, u, b, bu):
    (h,) = state
    r_in, z_in, n_in = np.split(x @ w.T + b, 3, axis=-1)
    r_state, z_state, n_state = np.split(h @ u.T + bu, 3, axis=-1)
    r, z = sigmoid(r_in + r_state), sigmoid(z_in + z_state)
    n = np.tanh(n_in + r * n_state)
    return ((1 - z) * n + z * h,)


def tanh_step(x, state, w, u, b, bu):
    return (np.tanh(x @ w.T + b + state[0] @ u.T + bu),)


def relu_step(x, state, w, u, b, bu):
    return (np.maximum(x @ w.T + b + state[0] @ u.T + bu, 0),)


def unrolled(step, module, sequence, start):
    """Outputs (T, N, ...) and final states of all layers and directions, one step at a time."""
    state_dict, finals = module.state_dict(), []
    for layer in range(module.num_layers):
        outputs = []
        for suffix in ("", "_reverse")[: 2 if module.bidirectional else 1]:
            weights = [
                state_dict.get(f"{name}_l{layer}{suffix}", 0.0)
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            ]
            state = tuple(part[len(finals)] for part in start)
            hidden = [None] * len(sequence)
            order = range(len(sequence))
            for t in reversed(order) if suffix else order:
                state = step(sequence[t], state, *weights)
                hidden[t] = state[0]
            outputs.append(np.stack(hidden))
            finals.append(state)
        sequence = np.concatenate(outputs, axis=-1)
    return sequence, [np.stack(part) for part in zip(*finals, strict=True)]


KINDS = {
    "RNN": (nn.RNN, {}, tanh_step, 1),
    "RNN with relu": (nn.RNN, {"nonlinearity": "relu"}, relu_step, 1),
    "GRU": (nn.GRU, {}, gru_step, 1),
    "LSTM": (nn.LSTM, {}, lstm_step, 2),
}
OPTIONS = [
    {},
    {"bias": False},
    {"num_layers": 3},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 2, "bidirectional": True, "bias": False, "dropout": 0.0},
]
each_kind = pytest.mark.parametrize("kind", KINDS)


def made(kind, device="cpu", **options):
    layer, own_options, step, states = KINDS[kind]
    return layer(FEATURES, HIDDEN, **own_options, **options).double().to(device), step, states


def as_state(parts):
    return parts[0] if len(parts) == 1 else tuple(parts)


# ---- values ------------------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
def test_a_layer_is_its_loop(backend, rng, kind, options, with_state):
    module, step, states = made(kind, backend.device, **options)
    x = rng.normal(size=(STEPS, BATCH, FEATURES))
    shape = (module.num_layers * (1 + module.bidirectional), BATCH, HIDDEN)
    start = [rng.normal(size=shape) if with_state else np.zeros(shape) for _ in range(states)]
    given = as_state([tg.tensor(part, device=backend.device) for part in start])

    output, final = module(tg.tensor(x, device=backend.device), given if with_state else None)

    expected, expected_final = unrolled(step, module, x, start)
    np.testing.assert_allclose(values(output), expected, rtol=1e-12, atol=1e-14)
    finals = final if isinstance(final, tuple) else (final,)
    for ours, theirs in zip(finals, expected_final, strict=True):
        np.testing.assert_allclose(values(ours), theirs, rtol=1e-12, atol=1e-14)


@each_kind
def test_float32_stays_float32(backend, rng, kind):
    module = KINDS[kind][0](FEATURES, HIDDEN, num_layers=2, bidirectional=True).to(backend.device)

    output, final = module(
        normal(rng, STEPS, BATCH, FEATURES, dtype=np.float32, device=backend.device)
    )
    output.sum().backward()

    tensors = [output, *(final if isinstance(final, tuple) else [final])]
    assert {t.dtype for t in tensors} == {np.dtype(np.float32)}
    assert {p.grad.dtype for p in module.parameters()} == {np.dtype(np.float32)}


@each_kind
def test_batch_first_only_swaps_the_first_two_dimensions(rng, kind):
    module, _, _ = made(kind, num_layers=2)
    x = normal(rng, STEPS, BATCH, FEATURES)
    output, final = module(x)

    module.batch_first = True
    swapped, same_final = module(x.transpose(0, 1))

    np.testing.assert_array_equal(values(swapped), values(output).swapaxes(0, 1))
    np.testing.assert_array_equal(values(same_final[0]), values(final[0]))


@each_kind
def test_a_sequence_without_a_batch_is_a_batch_of_one(rng, kind):
    module, _, states = made(kind, num_layers=2)
    x = normal(rng, STEPS, FEATURES)
    start = [normal(rng, 2, HIDDEN) for _ in range(states)]
    batched = as_state([part.unsqueeze(1) for part in start])

    output, final = module(x, as_state(start))
    of_one, final_of_one = module(x.unsqueeze(1), batched)

    np.testing.assert_array_equal(values(output), values(of_one)[:, 0])
    if states == 2:
        final, final_of_one = final[1], final_of_one[1]
    np.testing.assert_array_equal(values(final), values(final_of_one)[:, 0])


@each_kind
def test_reading_in_two_halves_with_the_state_carried_is_reading_at_once(rng, kind):
    module, _, _ = made(kind, num_layers=2)
    x = normal(rng, STEPS, BATCH, FEATURES)

    whole, _ = module(x)
    first, carried = module(x[:1])
    second, _ = module(x[1:], carried)

    np.testing.assert_allclose(
        np.concatenate([values(first), values(second)]), values(whole), rtol=1e-12
    )


# ---- gradients ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_gradients_reach_weights_inputs_and_initial_states(rng, kind, options):
    module, _, states = made(kind, **options)
    depth = module.num_layers * (1 + module.bidirectional)
    x = normal(rng, 3, 2, FEATURES, requires_grad=True)
    start = [normal(rng, depth, 2, HIDDEN, requires_grad=True) for _ in range(states)]

    def everything():
        output, final = module(x, as_state(start))
        return (output, *final) if states == 2 else (output, final)

    assert gradients_are_right(everything, x, *start, *module.parameters())


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_second_derivatives_are_right(rng, kind):
    module, _, _ = made(kind)
    x = normal(rng, 2, 2, FEATURES, requires_grad=True)

    assert gradgradcheck(
        lambda *_: module(x)[0], [x, *module.parameters()], eps=1e-5, rtol=1e-6, atol=1e-8
    )


# ---- dropout between layers --------------------------------------------------------------------


@each_kind
def test_dropping_everything_between_layers_leaves_the_second_layer_zeros_to_read(rng, kind):
    both, step, states = made(kind, num_layers=2, dropout=1.0)
    x = rng.normal(size=(STEPS, BATCH, FEATURES))

    output, _ = both(tg.tensor(x))

    second = {k.replace("_l1", "_l0"): v for k, v in both.state_dict().items() if "_l1" in k}
    alone = KINDS[kind][0](HIDDEN, HIDDEN, **KINDS[kind][1]).double()
    alone.load_state_dict(second)
    start = [np.zeros((1, BATCH, HIDDEN)) for _ in range(states)]
    expected, _ = unrolled(step, alone, np.zeros((STEPS, BATCH, HIDDEN)), start)
    np.testing.assert_allclose(values(output), expected, rtol=1e-12, atol=1e-14)


@each_kind
def test_dropout_acts_between_layers_and_in_training_only(rng, kind):
    x = normal(rng, STEPS, BATCH, FEATURES)
    one, _, _ = made(kind, dropout=0.5)
    two, _, _ = made(kind, num_layers=2, dropout=0.5)

    np.testing.assert_array_equal(values(one(x)[0]), values(one.eval()(x)[0]))
    assert (values(two(x)[0]) != values(two.eval()(x)[0])).any()
    np.testing.assert_array_equal(values(two(x)[0]), values(two(x)[0]))


# ---- weights -----------------------------------------------------------------------------------


def test_parameters_have_pytorchs_names_shapes_and_order():
    shapes = {k: v.shape for k, v in nn.LSTM(3, 2, num_layers=2).state_dict().items()}

    assert list(shapes.items()) == [
        ("weight_ih_l0", (8, 3)), ("weight_hh_l0", (8, 2)),
        ("bias_ih_l0", (8,)), ("bias_hh_l0", (8,)),
        ("weight_ih_l1", (8, 2)), ("weight_hh_l1", (8, 2)),
        ("bias_ih_l1", (8,)), ("bias_hh_l1", (8,)),
    ]  # fmt: skip


def test_the_second_layer_of_a_bidirectional_one_reads_both_directions():
    names = [name for name, _ in nn.GRU(3, 2, 2, bias=False, bidirectional=True).named_parameters()]

    assert names == [
        "weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse",
        "weight_ih_l1", "weight_hh_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse",
    ]  # fmt: skip
    assert nn.GRU(3, 2, 2, bidirectional=True).weight_ih_l1.shape == (6, 4)


def test_the_nonlinearity_comes_fourth_as_in_pytorch():
    assert nn.RNN(3, 2, 1, "relu").nonlinearity == "relu"


# ---- Keras' way --------------------------------------------------------------------------------


@pytest.fixture
def keras(rng):
    """Makes an LSTM in Keras' way, and the sequence of hidden and cell states it should have."""

    def make(initial_state=None, **options):
        layer = nn.KerasLSTM(FEATURES, HIDDEN, **options).double()
        x = rng.normal(size=(BATCH, STEPS, FEATURES))
        start = initial_state or (np.zeros((BATCH, HIDDEN)),) * 2
        read = x[:, ::-1] if options.get("go_backwards") else x
        sequence, (h, c) = unrolled(
            lstm_step, layer.lstm, read.swapaxes(0, 1), [part[None] for part in start]
        )
        return layer, tg.tensor(x), sequence.swapaxes(0, 1), h[0], c[0]

    return make


def test_keras_gives_the_last_hidden_state(keras):
    layer, x, sequence, _, _ = keras()

    np.testing.assert_allclose(values(layer(x)), sequence[:, -1], rtol=1e-12)


def test_keras_return_sequences_gives_all_hidden_states(keras):
    layer, x, sequence, _, _ = keras(return_sequences=True)

    np.testing.assert_allclose(values(layer(x)), sequence, rtol=1e-12)


def test_keras_return_state_adds_the_last_hidden_and_cell_states(keras):
    layer, x, sequence, h, c = keras(return_sequences=True, return_state=True)

    got = layer(x)

    assert isinstance(got, tuple)
    for ours, expected in zip(got, (sequence, h, c), strict=True):
        np.testing.assert_allclose(values(ours), expected, rtol=1e-12)


def test_keras_go_backwards_reads_from_the_end_and_answers_in_that_order(keras):
    layer, x, sequence, h, _ = keras(return_sequences=True, go_backwards=True)

    np.testing.assert_allclose(values(layer(x)), sequence, rtol=1e-12)
    np.testing.assert_allclose(values(layer(x))[:, -1], h, rtol=1e-12)


def test_keras_starts_from_a_given_state(keras, rng):
    start = (rng.normal(size=(BATCH, HIDDEN)), rng.normal(size=(BATCH, HIDDEN)))
    layer, x, sequence, _, _ = keras(initial_state=start)

    output = layer(x, initial_state=[tg.tensor(part) for part in start])

    np.testing.assert_allclose(values(output), sequence[:, -1], rtol=1e-12)


def test_an_encoder_hands_its_state_to_a_decoder_as_in_keras(keras):
    encoder, x, _, h, c = keras(return_state=True)
    decoder, y, sequence, _, _ = keras(initial_state=(h, c), return_sequences=True)

    _, *state = encoder(x)

    np.testing.assert_allclose(values(decoder(y, state)), sequence, rtol=1e-12)
