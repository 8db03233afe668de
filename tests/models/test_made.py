"""MADE, and what all autoregressive models promise: each statement is checked of each kind."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.io import save_checkpoint
from tinygen.models.made import MADE, MaskedDense, as_rows
from tinygen.models.pixelcnn import PixelCNN
from tinygen.models.rnn import RowGenerator
from tinygen.optim import Adam

KINDS = {
    "made": lambda **given: MADE(**{"hidden": [16], **given}),
    "deep-made": lambda **given: MADE(**{"hidden": [12, 10], **given}),
    "rows": lambda **given: RowGenerator(**{"units": 8, "head": "independent", **given}),
    "rows-and-pixels": lambda **given: RowGenerator(**{"units": 8, "head_units": 8, **given}),
    "two-layers": lambda **given: RowGenerator(**{"units": 5, "layers": 2, **given}),
    "convolutions": lambda **given: PixelCNN(**{"units": 12, "layers": 2, **given}),
}

STRENGTH = {"convolutions": 2.0}
"""By how much weights are enlarged where 2.5 is too much: that of five layers is multiplied."""

TOY = (1, 3, 3)


@pytest.fixture(params=KINDS)
def make(request):
    """Makes small models of one kind, whose pixels depend on each other visibly."""

    def made(**given):
        tg.manual_seed(0)
        model = KINDS[request.param](**{"picture_shape": TOY, **given})
        with tg.no_grad():
            for parameter in model.parameters():
                parameter.mul_(STRENGTH.get(request.param, 2.5))
        return model

    return made


def all_pictures(shape=TOY, dtype=np.float64):
    """Every binary picture of a shape, which is 2 to the number of its values."""
    size = math.prod(shape)
    bits = np.arange(2**size)[:, None] >> np.arange(size) & 1
    return tg.tensor(bits.reshape(-1, *shape).astype(dtype))


def probabilities(model, pictures, label=None):
    labels = None if label is None else [label] * len(pictures)
    with tg.no_grad():
        return np.exp(values(model.log_prob(pictures, labels)))


def drawn(model, seed=0, count=4, **given):
    tg.manual_seed(seed)
    return values(model.sample(count, **given))


def completed(model, pictures, seed=0, **given):
    tg.manual_seed(seed)
    return values(model.complete(tg.tensor(pictures).to(device(model)), **given))


def device(model):
    return next(model.parameters()).device


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def bits(*shape, seed=0, dtype=np.float32):
    return (np.random.default_rng(seed).random(shape) < 0.5).astype(dtype)


# ---- likelihood ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [TOY, (1, 2, 4), (2, 2, 2), (3, 1, 3), (1, 9, 1)], ids=str)
def test_the_probabilities_of_all_pictures_add_up_to_one(make, shape):
    model = make(picture_shape=shape).to(tg.float64)

    found = probabilities(model, all_pictures(shape))

    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.max() > 2 * found.mean()  # else there is nothing to see


def test_so_they_do_for_each_label(make):
    model = make(classes=3).to(tg.float64)

    found = [probabilities(model, all_pictures(), label) for label in range(3)]

    assert np.sum(found, 1) == pytest.approx(np.ones(3), abs=1e-12)
    assert np.abs(found[0] - found[1]).max() > 1e-3


@pytest.mark.parametrize("shape", [TOY, (2, 2, 2)], ids=str)
def test_no_logit_depends_on_its_own_pixel_or_a_later_one(make, shape):
    model, size = make(picture_shape=shape), math.prod(shape)
    pictures = tg.tensor(bits(1, *shape), requires_grad=True)
    logits = as_rows(model(pictures)).flatten()

    slopes = []
    for logit in logits:
        (to_pictures,) = tg.grad(logit, pictures, retain_graph=True)
        slopes.append(values(as_rows(to_pictures)).flatten())

    assert not np.triu(slopes).any()
    assert np.linalg.matrix_rank(np.tril(slopes)) >= min(2, size - model.row_size)


def test_the_first_pixel_knows_the_label(make):
    model = make(classes=2)
    picture = tg.tensor(bits(1, *TOY))

    with tg.no_grad():
        first = [model(picture, [label])[0, 0, 0, 0].item() for label in (0, 1)]

    assert abs(first[0] - first[1]) > 1e-3


def test_the_log_probability_is_that_of_independent_bits_with_these_logits(make):
    model, pictures = make(), bits(6, *TOY)

    with tg.no_grad():
        means = sigmoid(values(model(tg.tensor(pictures))))
        found = values(model.log_prob(tg.tensor(pictures)))

    of_each = np.where(pictures == 1, np.log(means), np.log(1 - means))
    np.testing.assert_allclose(found, of_each.sum((1, 2, 3)), rtol=1e-5)


def test_every_parameter_has_the_right_slope(make):
    model = make(classes=2, picture_shape=(2, 2, 2)).to(tg.float64)
    pictures = tg.tensor(bits(3, 2, 2, 2, dtype=np.float64))

    assert tg.gradcheck(
        lambda *_: model.log_prob(pictures, [0, 1, 1]),
        list(model.parameters()),
        eps=1e-5,
        rtol=1e-6,
        atol=1e-8,
        fast_mode=True,
    )


# ---- training --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MADE, PixelCNN, RowGenerator])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)], ids=str)
def test_an_untrained_model_takes_every_pixel_for_a_coin(kind, shape):
    tg.manual_seed(0)
    model, size = kind(picture_shape=shape), math.prod(shape)

    with tg.no_grad():
        loss, numbers = model.training_step((tg.rand(4, *shape), tg.tensor([0, 1, 2, 3])))

    assert loss.item() == pytest.approx(size * math.log(2), rel=0.03)
    assert numbers["nll"].item() == loss.item()
    assert numbers["bits_per_dim"].item() == pytest.approx(loss.item() / size / math.log(2))


def test_it_learns_twenty_pictures_by_heart(make):
    model, pictures = make(classes=20, picture_shape=(1, 5, 5)), bits(20, 1, 5, 5)
    batch = tg.tensor(pictures), tg.arange(20)
    optimizer = Adam(model.parameters(), lr=0.02)

    for _ in range(400):
        loss, _ = model.training_step(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.5
    assert np.array_equal(drawn(model, count=20, temperature=0), pictures)
    assert model.predict(batch[0]).tolist() == list(range(20))


def test_training_draws_bits_from_greys_at_each_step(make):
    model, greys = make(), tg.tensor(np.full((1, *TOY), 0.5, np.float32))
    possible = -np.log(probabilities(model, all_pictures(dtype=np.float32)))
    tg.manual_seed(0)

    losses = [model.training_step((greys, None))[0].item() for _ in range(10)]

    assert len(set(losses)) > 5
    for loss in losses:
        assert np.abs(possible - loss).min() < 1e-4


def test_binary_pictures_are_trained_on_as_they_are(make):
    pictures = tg.tensor(bits(5, *TOY))

    losses = [
        make(binarize=binarize).training_step((pictures, None))[0].item()
        for binarize in (True, False)
    ]

    assert losses[0] == losses[1]


def test_an_unconditional_model_is_trained_without_regard_to_labels(make):
    model, pictures = make(), tg.tensor(bits(3, *TOY))

    losses = [model.training_step((pictures, tg.tensor([n] * 3)))[0].item() for n in (0, 99)]

    assert losses[0] == losses[1]


# ---- samples ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 2, 2), (2, 1, 2)], ids=str)
@pytest.mark.parametrize("label", [None, 1])
def test_pictures_are_drawn_as_often_as_they_are_probable(make, shape, label):
    count = 20_000
    model = make(picture_shape=shape, classes=None if label is None else 2)
    expected = probabilities(model, all_pictures(shape, np.float32), label)

    samples = drawn(model, count=count, labels=None if label is None else [label] * count)

    assert_drawn_from(expected, samples)


def test_completions_are_drawn_as_often_as_they_are_probable_given_the_known_rows(make):
    model, shape = make(picture_shape=(1, 2, 2)), (1, 2, 2)
    everything = all_pictures(shape, np.float32)
    beginning = np.float32([1, 0])
    begins_so = (everything.numpy()[:, 0, 0] == beginning).all(1)
    joint = np.where(begins_so, probabilities(model, everything), 0)
    picture = np.zeros((1, *shape), np.float32)
    picture[0, 0, 0] = beginning

    samples = completed(model, picture, rows=1, samples=20_000)

    assert_drawn_from(joint / joint.sum(), samples)


def assert_drawn_from(expected, samples):
    """Each picture as often as expected, within five standard deviations."""
    numbers = samples.reshape(len(samples), -1) @ 2 ** np.arange(samples[0].size)
    found = np.bincount(numbers.astype(int), minlength=len(expected)) / len(samples)
    spread = np.sqrt(expected * (1 - expected) / len(samples))
    assert (np.abs(found - expected) <= 5 * spread).all()


def test_samples_are_bits_of_the_right_shape_and_dtype(make, backend):
    model = make(picture_shape=(3, 2, 4)).to(backend.device)

    samples = model.sample(5)

    assert samples.shape == (5, 3, 2, 4)
    assert samples.dtype == np.float32
    assert samples.device == backend.device
    assert set(np.unique(values(samples))) == {0, 1}
    assert not samples.requires_grad


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_the_means_are_the_probabilities_that_the_pixels_were_drawn_by(make, backend, temperature):
    """So drawing one after another computes what one pass over the finished pictures does."""
    model = make(classes=2, picture_shape=(2, 3, 2)).to(backend.device)
    labels = [0, 1, 1, 0]

    pictures = drawn(model, labels=labels, temperature=temperature)
    means = drawn(model, labels=labels, temperature=temperature, means=True)

    with tg.no_grad():
        logits = values(model(tg.tensor(pictures).to(backend.device), labels))
    np.testing.assert_allclose(means, sigmoid(logits / temperature), rtol=1e-4, atol=1e-6)


def test_at_temperature_zero_each_pixel_takes_its_likelier_value(make):
    model = make()

    first, second = (drawn(model, seed, temperature=0) for seed in (0, 1))

    with tg.no_grad():
        logits = values(model(tg.tensor(first)))
    assert np.array_equal(first, logits > 0)
    assert np.array_equal(first, second)
    assert np.array_equal(first, drawn(model, temperature=1e-4 * np.abs(logits).min()))
    assert not np.array_equal(drawn(model, 0), drawn(model, 1))


def test_labels_come_in_turn_if_none_are_given(make):
    model = make(classes=3)

    expected = drawn(model, count=5, labels=[0, 1, 2, 0, 1])
    assert np.array_equal(drawn(model, count=5), expected)
    assert np.array_equal(drawn(model, count=5, labels=np.array([0, 1, 2, 0, 1])), expected)
    assert np.array_equal(drawn(model, count=5, labels=tg.tensor([0, 1, 2, 0, 1])), expected)


# ---- completion ------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_completing_keeps_the_first_rows(make, backend, rows):
    model, pictures = make().to(backend.device), bits(50, *TOY)

    found = completed(model, pictures, rows=rows)

    assert found[:, :, :rows].tobytes() == pictures[:, :, :rows].tobytes()
    assert np.array_equal(found, pictures) == (rows == 3)


def test_completing_from_no_row_is_sampling(make):
    model = make(classes=2)

    found = completed(model, bits(4, *TOY), rows=0, labels=[0, 1, 0, 1])

    assert np.array_equal(found, drawn(model))


@pytest.mark.parametrize("rows", [1, 2])
def test_a_sample_is_completed_to_itself_by_the_same_noise(make, rows):
    model = make()

    pictures = drawn(model, count=30)

    assert np.array_equal(completed(model, pictures, rows=rows), pictures)


def test_what_is_not_known_plays_no_part(make):
    model = make()
    pictures = bits(30, *TOY)
    spoilt = pictures.copy()
    spoilt[:, :, 1:] = 0.3

    assert np.array_equal(completed(model, pictures, rows=1), completed(model, spoilt, rows=1))


def test_a_mask_says_pixel_by_pixel_what_is_known(make, backend):
    model, pictures = make().to(backend.device), bits(50, *TOY)
    known = np.array([[True, False, True], [False, False, True], [True, True, False]])

    found = completed(model, pictures, mask=tg.tensor(known))

    assert np.array_equal(found[:, 0, known], pictures[:, 0, known])
    assert not np.array_equal(found, pictures)


def test_a_mask_of_the_first_rows_is_as_good_as_their_number(make):
    model, pictures = make(picture_shape=(2, 3, 3)), bits(9, 2, 3, 3)
    mask = np.zeros((3, 3), bool)
    mask[:2] = True
    both_channels = np.stack([mask, mask])

    expected = completed(model, pictures, rows=2)
    for known in (mask, both_channels):
        assert np.array_equal(completed(model, pictures, mask=tg.tensor(known)), expected)


def test_the_samples_of_a_picture_lie_together(make):
    model, pictures = make(classes=2), bits(3, *TOY)

    found = completed(model, pictures, rows=1, labels=[0, 1, 0], samples=40)

    assert found.shape == (120, *TOY)
    assert np.array_equal(found[:, :, :1], np.repeat(pictures[:, :, :1], 40, 0))
    assert len(np.unique(found[:40], axis=0)) > 1


def test_each_completion_has_the_label_of_its_picture(make):
    """At temperature zero a completion depends on nothing else."""
    model, pictures = make(classes=2, picture_shape=(1, 6, 6)), bits(2, 1, 6, 6)

    both = completed(model, pictures, rows=1, labels=[0, 1], samples=2, temperature=0)
    alone = [
        completed(model, pictures[n : n + 1], rows=1, labels=[n], temperature=0) for n in (0, 1)
    ]

    assert np.array_equal(both, np.repeat(np.concatenate(alone), 2, 0))
    swapped = completed(model, pictures, rows=1, labels=[1, 0], samples=2, temperature=0)
    assert not np.array_equal(both, swapped)


# ---- classes ---------------------------------------------------------------------------------


def test_a_conditional_model_classifies_by_the_rule_of_bayes(make):
    model, pictures = make(classes=3), tg.tensor(bits(7, *TOY))

    given_class = np.stack([probabilities(model, pictures, label) for label in range(3)], 1)
    posterior = given_class / given_class.sum(1, keepdims=True)

    np.testing.assert_allclose(values(model.predict_proba(pictures)), posterior, rtol=1e-4)
    assert np.array_equal(values(model.predict(pictures)), posterior.argmax(1))
    assert len(set(posterior.argmax(1))) > 1


def test_many_pictures_are_classified_in_parts():
    tg.manual_seed(0)
    model, pictures = MADE([4], classes=2, picture_shape=TOY), tg.tensor(bits(1001, *TOY))

    together = values(model.predict_proba(pictures))

    assert together.shape == (1001, 2)
    np.testing.assert_allclose(together[-2:], values(model.predict_proba(pictures[-2:])), rtol=1e-5)


# ---- devices, files, errors ------------------------------------------------------------------


def test_both_backends_compute_the_same(make, backend):
    model, pictures = make(classes=2), tg.tensor(bits(6, *TOY))
    labels = [0, 1, 0, 1, 0, 1]
    with tg.no_grad():
        expected = values(model.log_prob(pictures, labels))
    samples, completions = drawn(model), completed(model, bits(4, *TOY), rows=1, labels=labels[:4])

    model.to(backend.device)

    with tg.no_grad():
        found = values(model.log_prob(pictures.to(backend.device), labels))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.array_equal(drawn(model), samples)
    found = completed(model, bits(4, *TOY), rows=1, labels=labels[:4])
    assert np.array_equal(found, completions)


def test_a_model_from_a_checkpoint_draws_the_same_pictures(make, tmp_path):
    model, path = make(classes=2), tmp_path / "model.npz"
    arguments = {"classes": 2, "picture_shape": list(TOY)}
    if isinstance(model, MADE):
        arguments |= {"hidden": [layer.out_features for layer in model.network.hidden]}
    elif isinstance(model, PixelCNN):
        arguments |= {"units": 12, "layers": len(model.horizontal.layers)}
    else:
        lstm, made = model.lstm, hasattr(model.head, "hidden")
        arguments |= {"units": lstm.hidden_size, "layers": lstm.num_layers}
        arguments |= {"head_units": model.head.hidden[0].out_features} if made else {}
        arguments |= {"head": "made" if made else "independent"}

    save_checkpoint(path, model=model, architecture=model.name, arguments=arguments)
    loaded = type(model).from_checkpoint(path)

    assert np.array_equal(drawn(loaded), drawn(model))
    picture = tg.tensor(bits(1, *TOY))
    assert loaded.log_prob(picture, [1]).item() == model.log_prob(picture, [1]).item()


GREY = np.full((1, *TOY), 0.3, np.float32)
BINARY = bits(2, *TOY)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda m, _: m.log_prob(tg.tensor(GREY)), "got 9 greys: draw bits by tg.bernoulli"),
        (lambda m, _: m.complete(tg.tensor(GREY), rows=1), "got 3 greys"),
        (lambda _, c: c.predict(tg.tensor(GREY)), "binary"),
        (lambda m, _: m.log_prob(tg.tensor(BINARY[:, 0])), "an axis for their channel"),
        (lambda m, _: m.log_prob(tg.tensor(BINARY * 255)), "divide bytes by 255"),
        (lambda m, _: m.log_prob(tg.tensor(BINARY), [0, 1]), "unconditional and takes no labels"),
        (lambda m, _: m.sample(2, labels=[0, 1]), "unconditional and takes no labels"),
        (lambda m, _: m.predict(tg.tensor(BINARY)), "unconditional, it knows no classes"),
        (lambda _, c: c.log_prob(tg.tensor(BINARY)), "of 3 classes: give the labels"),
        (lambda _, c: c.complete(tg.tensor(BINARY), rows=1), "of 3 classes: give the labels"),
        (lambda _, c: c.sample(2, labels=[0, 3]), "labels are 0 to 2, got 3"),
        (lambda _, c: c.sample(2, labels=[-1, 0]), "labels are 0 to 2, got -1"),
        (lambda _, c: c.sample(2, labels=[0]), r"labels of shape \(2,\), got \(1,\)"),
        (lambda m, _: m.sample(0), "n must be at least 1"),
        (lambda m, _: m.sample(1, temperature=-1.0), "temperature divides"),
        (lambda m, _: m.sample(1, temperature=math.nan), "temperature divides"),
        (lambda m, _: m.complete(tg.tensor(BINARY)), "either rows or a mask"),
        (lambda m, _: m.complete(tg.tensor(BINARY), rows=4), "rows is from 0 to 3, got 4"),
        (lambda m, _: m.complete(tg.tensor(BINARY), rows=-1), "rows is from 0 to 3, got -1"),
        (
            lambda m, _: m.complete(tg.tensor(BINARY), rows=1, samples=0),
            "samples must be at least 1",
        ),
        (
            lambda m, _: m.complete(tg.tensor(BINARY), mask=tg.ones(2, 2) > 0),
            r"mask has shape \(3, 3\) or \(1, 3, 3\).*got \(2, 2\)",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, use, message):
    with pytest.raises(ValueError, match=message):
        use(make(), make(classes=3))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda c: c.sample(2, labels=[0.0, 1.0]), "labels are integers"),
        (lambda c: c.complete(tg.tensor(BINARY), mask=tg.ones(3, 3), labels=[0, 1]), "mask > 0"),
        (lambda c: c.predict(tg.tensor(BINARY.astype(np.uint8))), "takes floats"),
    ],
)
def test_what_is_of_the_wrong_type_is_refused(make, use, message):
    with pytest.raises(TypeError, match=message):
        use(make(classes=3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MADE(hidden=[]), "at least one unit"),
        (lambda: MADE(hidden=[8, 0]), "at least one unit"),
        (lambda: MADE(classes=0), "None for an unconditional model, got 0"),
        (lambda: RowGenerator(classes=-1), "None for an unconditional model, got -1"),
        (lambda: MADE(picture_shape=(28, 28)), "channels, height, width"),
    ],
)
def test_a_model_that_cannot_be_made_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# ---- rows, masks -----------------------------------------------------------------------------


def test_the_channels_of_a_row_are_interleaved():
    picture = tg.tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]]).unsqueeze(0)

    assert as_rows(picture).tolist() == [[[1, 5, 9, 2, 6, 10], [3, 7, 11, 4, 8, 12]]]


def test_a_masked_layer_is_a_dense_one_without_some_connections(backend):
    tg.manual_seed(0)
    mask = np.float32([[1, 0, 1], [0, 0, 1]])
    layer = MaskedDense(tg.tensor(mask)).to(backend.device)
    x = tg.rand(4, 3)

    y = layer(x.to(backend.device))
    y.sum().backward()

    weight, bias = values(layer.weight), values(layer.bias)
    np.testing.assert_allclose(values(y), x.numpy() @ (weight * mask).T + bias, rtol=1e-5)
    assert np.array_equal(values(layer.weight.grad) != 0, mask == 1)


def masks(**given):
    network = MADE(picture_shape=TOY, **given).network
    return [values(layer.mask) for layer in (*network.hidden, network.output)]


def test_a_pixel_is_joined_to_all_before_it_and_to_no_other():
    first, second, last = masks(hidden=[60, 40])

    paths = last @ second @ first

    assert np.array_equal(paths > 0, np.tril(np.ones((9, 9)), -1) > 0)


def test_no_hidden_unit_is_idle():
    """Each sees something, however few there are in the layer before, and is seen."""
    for seed in range(5):
        first, second, last = masks(hidden=[2, 40], seed=seed)

        assert first.any(1).all()
        assert second.any(1).all()
        assert last.any(0).all()


def test_the_degrees_of_the_paper():
    """A unit of degree m sees the first m pixels, and serves those after them (equations 8, 9)."""
    into, out_of = masks(hidden=[50])
    degrees = into.sum(1)

    pixels = np.arange(1, 10)
    assert set(degrees) == set(range(1, 9))
    assert np.array_equal(into, degrees[:, None] >= pixels)
    assert np.array_equal(out_of, pixels[:, None] > degrees)


def test_the_mask_depends_on_its_own_seed_only():
    tg.manual_seed(0)
    first = masks(hidden=[20])
    tg.manual_seed(1)
    again, other = masks(hidden=[20]), masks(hidden=[20], seed=1)

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_masks_are_saved_but_not_trained():
    model = MADE(hidden=[8], picture_shape=TOY)

    assert {"network.hidden.0.mask", "network.output.mask"} <= set(model.state_dict())
    assert not any("mask" in name for name, _ in model.named_parameters())


def test_it_has_the_published_size():
    """One hidden layer of 500 units between 784 pixels and as many logits."""
    count = sum(parameter.numel() for parameter in MADE().parameters())

    assert count == 784 * 500 + 500 + 500 * 784 + 784
