from __future__ import annotations

import inspect

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import MODELS, FastCNN, create
from tinygen.nn import functional as F


@pytest.fixture
def model(backend):
    tg.manual_seed(0)
    return FastCNN(mean=0.2, std=0.5).to(backend.device)


def outputs(model, images):
    with tg.no_grad():
        return model(images).numpy()


def images_on(backend, count=2, shape=(1, 28, 28)):
    return tg.rand(count, *shape).to(backend.device)


def test_it_gives_logits(model, backend):
    logits = model(images_on(backend, 5))

    assert logits.shape == (5, 10)
    assert logits.dtype == np.float32
    assert logits.device == backend.device


def test_it_has_the_published_layers():
    shapes = {name: p.shape for name, p in FastCNN().named_parameters() if "weight" in name}

    assert list(shapes.values()) == [(24, 1, 5, 5), (32, 24, 3, 3), (256, 32 * 5 * 5), (10, 256)]


def test_it_computes_what_its_parts_say(model, backend):
    images = images_on(backend)
    first, second = (model.get_submodule(f"features.{number}") for number in (0, 3))
    hidden, last = (model.get_submodule(f"classifier.{number}") for number in (2, 5))

    maps = F.relu(F.max_pool2d(F.conv2d((images - 0.2) / 0.5, first.weight, first.bias), 2))
    maps = F.relu(F.max_pool2d(F.conv2d(maps, second.weight, second.bias), 2))
    expected = last(F.relu(hidden(maps.reshape(2, -1))))

    computed = outputs(model, images)
    np.testing.assert_allclose(computed, expected.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_relu_and_maximum_change_places():
    """The maximum before the ReLU is the maximum after it."""
    maps = np.random.default_rng(0).standard_normal((2, 3, 6, 6)).astype(np.float32)

    before = F.relu(F.max_pool2d(tg.tensor(maps), 2))
    after = F.max_pool2d(F.relu(tg.tensor(maps)), 2)

    assert np.array_equal(before.numpy(), after.numpy())


@pytest.mark.parametrize("side", [12, 13, 28, 33])
def test_it_takes_pictures_of_any_size_and_colour(side):
    model = FastCNN(classes=3, picture_shape=(3, side, side + 1), mean=[0.1, 0.2, 0.3])

    assert model(tg.rand(2, 3, side, side + 1)).shape == (2, 3)


def test_each_channel_is_standardized_by_its_own_numbers():
    model = FastCNN(picture_shape=(3, 12, 12), mean=[0.1, 0.2, 0.3], std=[1.0, 2.0, 4.0])
    plain = FastCNN(picture_shape=(3, 12, 12))
    state = model.state_dict()
    plain.load_state_dict({**state, "mean": plain.mean.numpy(), "std": plain.std.numpy()})
    images = np.random.default_rng(0).random((2, 3, 12, 12), np.float32)
    by_hand = (images - np.float32([[[0.1]], [[0.2]], [[0.3]]])) / np.float32([[[1]], [[2]], [[4]]])

    computed, expected = outputs(model, tg.tensor(images)), outputs(plain, tg.tensor(by_hand))
    np.testing.assert_allclose(computed, expected, rtol=1e-4, atol=1e-6)


def test_dropout_acts_in_training_only():
    tg.manual_seed(0)
    model, images = FastCNN(dropout=0.5), tg.rand(2, 1, 28, 28)

    first, second = outputs(model, images), outputs(model, images)
    assert not np.array_equal(first, second)

    model.eval()
    first, second = outputs(model, images), outputs(model, images)
    assert np.array_equal(first, second)


def test_every_parameter_has_the_right_slope():
    """In float64, along a random direction, by central differences."""
    tg.manual_seed(0)
    model = FastCNN(classes=3, picture_shape=(1, 12, 12), std=0.5).to(tg.float64)
    chance = np.random.default_rng(0)
    images, labels = tg.tensor(chance.random((4, 1, 12, 12))), tg.tensor([0, 1, 2, 1])

    F.cross_entropy(model(images), labels).backward()

    for name, parameter in model.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        eps = 1e-6 / np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            parameter.data += sign * eps * direction
            parameter.bump_version()
            losses.append(F.cross_entropy(model(images), labels).item())
            parameter.data -= sign * eps * direction
            parameter.bump_version()
        slope = (losses[0] - losses[1]) / (2 * eps)
        assert (parameter.grad.numpy() * direction).sum() == pytest.approx(slope, rel=1e-4), name


def test_mean_and_std_are_saved_but_not_trained():
    model = FastCNN(mean=0.25, std=0.5)

    assert {"mean", "std"} <= set(model.state_dict())
    assert {"mean", "std"}.isdisjoint(name for name, _ in model.named_parameters())


def test_a_model_can_be_made_by_its_name():
    assert isinstance(create("cnn", classes=36), FastCNN)
    assert all(inspect.getdoc(kind) for kind in MODELS.values())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: create("cmn"), "did you mean 'cnn'"),
        (lambda: FastCNN(picture_shape=(1, 11, 28)), "at least 12 x 12"),
        (lambda: FastCNN(std=0.0), "must be positive"),
        (lambda: FastCNN(picture_shape=(3, 28, 28), mean=[0.1, 0.2]), "3 channels"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
