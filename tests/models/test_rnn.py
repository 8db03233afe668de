"""The networks that read rows. What all autoregressive models promise is in test_made.py."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.io import CheckpointError, save_checkpoint
from tinygen.models.made import MADE
from tinygen.models.rnn import RowGenerator, RowLSTM
from tinygen.nn import functional as F
from tinygen.optim import Adam


@pytest.fixture
def model(backend):
    tg.manual_seed(0)
    return RowLSTM(units=16, mean=0.2, std=0.5).to(backend.device)


def pictures_on(backend, count=2, shape=(1, 28, 28)):
    tg.manual_seed(1)
    return tg.rand(count, *shape).to(backend.device)


def outputs(model, images):
    with tg.no_grad():
        return values(model(images))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_by_hand(rows, lstm, layer):
    """The states of one layer after each of (T, I) rows, from the equations of the LSTM."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    w, u, b, d = (values(getattr(lstm, f"{name}_l{layer}")) for name in names)
    h = c = np.zeros(lstm.hidden_size)
    states = []
    for row in rows:
        i, f, g, o = np.split(w @ row + b + u @ h + d, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


# ---- the classifier --------------------------------------------------------------------------


def test_it_gives_logits(model, backend):
    logits = model(pictures_on(backend, 5))

    assert logits.shape == (5, 10)
    assert logits.dtype == np.float32
    assert logits.device == backend.device


@pytest.mark.parametrize("layers", [1, 2])
def test_the_logits_are_of_the_last_state_of_the_last_layer(backend, layers):
    """Errata R1 to R3: each layer reads all states of the one before, the head only the last."""
    tg.manual_seed(0)
    model = RowLSTM(units=6, layers=layers, picture_shape=(1, 7, 5), mean=0.2, std=0.5)
    model.to(backend.device)
    pictures = pictures_on(backend, 3, (1, 7, 5))

    expected = []
    for picture in values(pictures):
        states = (picture[0] - 0.2) / 0.5
        for layer in range(layers):
            states = lstm_by_hand(states, model.lstm, layer)
        expected.append(values(model.output.weight) @ states[-1] + values(model.output.bias))

    np.testing.assert_allclose(outputs(model, pictures), expected, rtol=1e-4, atol=1e-5)


def test_an_untrained_model_does_not_know():
    tg.manual_seed(0)
    model, labels = RowLSTM(), tg.tensor([n % 10 for n in range(50)])

    with tg.no_grad():
        loss, numbers = model.training_step((tg.rand(50, 1, 28, 28), labels))

    assert loss.item() == pytest.approx(math.log(10), rel=0.03)
    assert 0 <= numbers["accuracy"].item() <= 0.3


def test_the_loss_is_the_cross_entropy_of_the_logits(model, backend):
    pictures, labels = pictures_on(backend, 4), tg.tensor([0, 1, 2, 3]).to(backend.device)
    logits = outputs(model, pictures)

    loss, numbers = model.training_step((pictures, labels))

    log_shares = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    assert loss.item() == pytest.approx(-log_shares[range(4), range(4)].mean(), rel=1e-5)
    right = (logits.argmax(1) == np.arange(4)).mean()
    assert numbers["accuracy"].item() == pytest.approx(right)


def test_it_learns_twenty_pictures_by_heart():
    """Erratum R4: with a second softmax the loss could not fall below 1.46."""
    tg.manual_seed(0)
    model = RowLSTM(classes=4, units=16, picture_shape=(1, 6, 6), mean=0.5, std=0.3)
    batch = tg.rand(20, 1, 6, 6), tg.tensor([n % 4 for n in range(20)])
    optimizer = Adam(model.parameters(), lr=0.02)

    for _ in range(150):
        loss, numbers = model.training_step(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.02
    assert numbers["accuracy"].item() == 1


def test_a_picture_is_read_without_the_others_of_its_batch(model, backend):
    """As if batch and rows were not mistaken for each other."""
    pictures = pictures_on(backend, 3)
    alone = [outputs(model, pictures[n : n + 1])[0] for n in range(3)]

    np.testing.assert_allclose(outputs(model, pictures), alone, rtol=1e-4, atol=1e-6)


def test_every_pixel_counts():
    tg.manual_seed(0)
    model, pictures = RowLSTM(units=16), tg.rand(1, 1, 28, 28).requires_grad_()

    (slopes,) = tg.grad(model(pictures)[0, 3], pictures)

    assert (values(slopes) != 0).all()


def test_rows_of_colour_pictures_hold_all_channels():
    tg.manual_seed(0)
    model = RowLSTM(units=5, picture_shape=(3, 4, 6), mean=[0.1, 0.2, 0.3], std=[1, 2, 4])
    pictures = tg.rand(2, 3, 4, 6).requires_grad_()

    (slopes,) = tg.grad(model(pictures)[0, 0], pictures)

    assert model.lstm.input_size == 18
    assert (values(slopes[0]) != 0).all()
    assert not values(slopes[1]).any()


def test_what_it_believes_after_each_row(model, backend):
    pictures = pictures_on(backend, 3)

    beliefs = values(model.predict_by_rows(pictures))

    assert beliefs.shape == (3, 28, 10)
    np.testing.assert_allclose(beliefs.sum(2), 1, rtol=1e-5)
    softmax = values(F.softmax(tg.tensor(outputs(model, pictures)), 1))
    np.testing.assert_allclose(beliefs[:, -1], softmax, rtol=1e-5)
    np.testing.assert_allclose(beliefs[:, -1], values(model.predict_proba(pictures)), rtol=1e-5)
    assert np.array_equal(beliefs[:, -1].argmax(1), values(model.predict(pictures)))


@pytest.mark.parametrize("rows", [1, 14, 27])
def test_a_belief_rests_on_the_rows_read_so_far(model, backend, rows):
    pictures = pictures_on(backend, 2)
    cut = values(pictures).copy()
    cut[:, :, rows:] = 0

    whole = values(model.predict_by_rows(pictures))
    beginning = values(model.predict_by_rows(tg.tensor(cut).to(backend.device)))

    assert np.array_equal(beginning[:, :rows], whole[:, :rows])
    assert not np.array_equal(beginning[:, rows:], whole[:, rows:])


def test_features_are_what_the_output_layer_sees(model, backend):
    pictures = pictures_on(backend, 3)

    features = values(model.features(pictures))

    assert features.shape == (3, 16)
    expected = features @ values(model.output.weight).T + values(model.output.bias)
    np.testing.assert_allclose(outputs(model, pictures), expected, rtol=1e-4, atol=1e-6)


def test_both_backends_classify_alike(model, backend):
    tg.manual_seed(0)
    on_cpu, pictures = RowLSTM(units=16, mean=0.2, std=0.5), pictures_on(backend)

    expected = outputs(on_cpu, pictures.cpu())

    np.testing.assert_allclose(outputs(model, pictures), expected, rtol=1e-4, atol=1e-6)


def test_every_parameter_of_the_classifier_has_the_right_slope():
    tg.manual_seed(0)
    model = RowLSTM(3, 5, 2, picture_shape=(2, 4, 3), mean=0.3, std=0.5).to(tg.float64)
    pictures, labels = tg.rand(4, 2, 4, 3, dtype=tg.float64), tg.tensor([0, 1, 2, 1])

    assert tg.gradcheck(
        lambda *_: F.cross_entropy(model(pictures), labels),
        list(model.parameters()),
        eps=1e-5,
        rtol=1e-6,
        atol=1e-8,
        fast_mode=True,
    )


def test_a_classifier_from_a_checkpoint_says_the_same(tmp_path):
    tg.manual_seed(0)
    path = tmp_path / "model.npz"
    arguments = {"classes": 7, "units": 12, "layers": 2, "mean": 0.1, "std": 0.3}
    model, pictures = RowLSTM(**arguments), tg.rand(3, 1, 28, 28)
    save_checkpoint(path, model=model, architecture=model.name, arguments=arguments)

    loaded = RowLSTM.from_checkpoint(path)

    assert np.array_equal(outputs(loaded, pictures), outputs(model, pictures))
    with pytest.raises(CheckpointError, match="holds a 'row-lstm', not a 'row-generator'"):
        RowGenerator.from_checkpoint(path)


@pytest.mark.parametrize("make", [RowLSTM, RowGenerator])
def test_an_lstm_begins_by_remembering(make):
    """Erratum R7: forget gates with a bias of 1, orthogonal recurrent weights."""
    lstm = make(units=6, layers=2).lstm

    for layer in range(2):
        biases = [values(getattr(lstm, f"{name}_l{layer}")) for name in ("bias_ih", "bias_hh")]
        assert np.array_equal((biases[0] + biases[1])[6:12], np.ones(6))
        for gate in np.split(values(getattr(lstm, f"weight_hh_l{layer}")), 4):
            np.testing.assert_allclose(gate @ gate.T, np.eye(6), atol=1e-5)


# ---- the generator ---------------------------------------------------------------------------


def generator(**given):
    """A small one whose rows depend on each other visibly."""
    tg.manual_seed(0)
    model = RowGenerator(**{"units": 8, "head_units": 8, "picture_shape": (1, 5, 4), **given})
    with tg.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.5)
    return model


@pytest.mark.parametrize("head", ["made", "independent"])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_row_is_predicted_from_all_rows_above_it(head, layers):
    model = generator(head=head, layers=layers)
    pictures = (tg.rand(1, 1, 5, 4) < 0.5).float().requires_grad_()
    logits = model(pictures)

    reached = []
    for row in range(5):
        (slopes,) = tg.grad(logits[0, 0, row].sum(), pictures, retain_graph=True)
        reached.append(values(slopes)[0, 0].any(1))

    own_row = head == "made"
    assert np.array_equal(reached, np.tril(np.ones((5, 5)), 0 if own_row else -1) > 0)


def test_with_the_head_made_a_pixel_also_depends_on_those_to_its_left():
    model = generator()
    pictures = (tg.rand(1, 1, 5, 4) < 0.5).float().requires_grad_()
    logits = model(pictures)

    reached = []
    for column in range(4):
        (slopes,) = tg.grad(logits[0, 0, 2, column], pictures, retain_graph=True)
        reached.append(values(slopes)[0, 0, 2] != 0)

    assert not np.triu(reached).any()
    assert np.array(reached)[3].any()


def test_the_logits_are_those_of_a_state_that_has_read_the_rows_above():
    model = generator(head="independent", classes=3)
    picture, label = (tg.rand(1, 1, 5, 4) < 0.5).float(), np.float32([0, 0, 1])
    above = np.concatenate([np.zeros((1, 4)), values(picture)[0, 0, :-1]])

    states = lstm_by_hand([np.append(row, label) for row in above], model.lstm, 0)
    expected = states @ values(model.head.output.weight).T + values(model.head.output.bias)

    with tg.no_grad():
        found = values(model(picture, [2]))[0, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_pixels_of_a_row_are_drawn_apart_with_the_independent_head():
    """So the first rows of many pictures have all the same means, whatever was drawn."""
    apart = values(generator(head="independent").sample(20, means=True))[:, 0, 0]
    together = values(generator(head="made").sample(20, means=True))[:, 0, 0]

    assert np.ptp(apart, axis=0).max() < 1e-6
    assert np.ptp(together, axis=0).max() > 0.01


@pytest.mark.parametrize("classes", [None, 10])
def test_the_default_fits_into_a_megabyte(classes):
    state = RowGenerator(classes=classes).state_dict()

    assert sum(array.nbytes for array in state.values()) < 1_000_000


# ---- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RowLSTM(units=0), "hidden_size must be a positive integer, got 0"),
        (lambda: RowLSTM(layers=0), "num_layers must be a positive integer, got 0"),
        (lambda: RowLSTM(std=0.0), "RowLSTM divides by std, which must be positive"),
        (lambda: RowLSTM(picture_shape=(3, 8, 8), mean=[0.1]), "3 channels"),
        (lambda: RowLSTM(picture_shape=(28, 28)), "channels, height, width"),
        (lambda: RowGenerator(head="nade"), "'made' or 'independent', got 'nade'"),
        (lambda: RowGenerator(head_units=0), "at least one unit"),
        (lambda: RowGenerator(units=0), "hidden_size must be a positive integer, got 0"),
        (lambda: RowLSTM().predict_by_rows(tg.rand(28, 28)), r"got \(28, 28\)"),
        (lambda: RowLSTM().predict(tg.rand(2, 1, 28, 28) * 255), "divide bytes by 255"),
        (lambda: RowLSTM().features(tg.rand(2, 28, 28, 1)), "the channels come first"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_names_that_the_command_line_knows():
    names = [kind.name for kind in (RowLSTM, RowGenerator, MADE)]

    assert names == ["row-lstm", "row-generator", "made"]
