from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.gradcheck import gradcheck
from tinygen.io import CheckpointError, save_checkpoint
from tinygen.models import from_checkpoint
from tinygen.models.embedder import CHUNK, Embedder
from tinygen.optim import Adam
from tinygen.train.recipe import labels_read_by


def small(**options):
    tg.manual_seed(0)
    return Embedder(**{"channels": [3, 4], "picture_shape": [1, 8, 8], **options})


def batch(count=6, classes=3, dtype=np.float32):
    images = np.random.default_rng(0).random((count, 1, 8, 8)).astype(dtype)
    return tg.tensor(images), tg.tensor([number % classes for number in range(count)])


def points(model, images):
    with tg.no_grad():
        return model(images).cpu().numpy()


def loss_by_hand(points, labels, near, far):
    """Hadsell et al. (2006), equation 4, a pair after the other."""
    alike, others = [], []
    for (x, a), (y, b) in itertools.combinations(zip(points, labels, strict=True), 2):
        distance = math.sqrt(((x - y) ** 2).sum())
        if a == b:
            alike.append(max(0, distance - near) ** 2 / 2)
        else:
            others.append(max(0, far - distance) ** 2 / 2)
    return np.mean(alike or [0]) + np.mean(others or [0])


# ---- the network -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "size"), [((1, 28, 28), 512), ((3, 32, 32), 512), ((1, 7, 13), 64)]
)
def test_pictures_become_points_on_a_sphere(shape, size, backend):
    model = Embedder(picture_shape=shape).to(backend.device)

    made = model(tg.rand(4, *shape, device=backend.device))

    assert made.shape == (4, size)
    assert made.dtype == np.float32
    assert made.device == backend.device
    np.testing.assert_allclose(made.square().sum(1).detach().cpu().numpy(), 1, rtol=1e-5)
    assert (made.detach().cpu().numpy() >= 0).all()


def test_a_picture_that_excites_nothing_has_a_point_and_a_slope():
    model = small()
    with tg.no_grad():
        for parameter in model.parameters():
            parameter.fill_(-1.0)

    loss, _ = model.training_step(batch())
    loss.backward()

    assert not points(model, batch()[0]).any()
    assert all(np.isfinite(parameter.grad.numpy()).all() for parameter in model.parameters())


def test_every_backend_gives_the_same_points(backend):
    model, (images, labels) = small(), batch()
    expected, wanted = points(model, images), model.training_step((images, labels))[0].item()

    model.to(backend.device)
    images, labels = images.to(backend.device), labels.to(backend.device)

    np.testing.assert_allclose(points(model, images), expected, rtol=1e-4, atol=1e-6)
    assert model.training_step((images, labels))[0].item() == pytest.approx(wanted, rel=1e-4)


def test_every_parameter_has_the_right_slope():
    model = small(near=0.05, far=0.9).to(tg.float64)
    given = batch(dtype=np.float64)

    assert gradcheck(
        lambda *_: model.training_step(given)[0],
        list(model.parameters()),
        eps=1e-6,
        rtol=1e-5,
        atol=1e-8,
        fast_mode=True,
    )


# ---- learning ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("near", "far"), [(0.3, 0.8), (0.0, 0.1), (0.1, 1.4)])
def test_the_loss_is_the_contrastive_one_over_all_pairs(near, far):
    model, (images, labels) = small(near=near, far=far), batch(7)

    loss, numbers = model.training_step((images, labels))

    found = points(model, images).astype(np.float64)
    assert loss.item() == pytest.approx(loss_by_hand(found, labels, near, far), rel=1e-4, abs=1e-7)
    pairs = list(itertools.combinations(range(7), 2))
    for name, alike in (("same", True), ("different", False)):
        distances = [
            math.dist(found[i], found[j]) for i, j in pairs if (labels[i] == labels[j]) == alike
        ]
        assert numbers[name].item() == pytest.approx(np.mean(distances), rel=1e-4)
        assert not numbers[name].requires_grad


def test_only_known_labels_are_learned_from():
    (images, labels) = batch(9)
    chosen = (labels != 1).numpy()
    own = small(known=[2, 0]).training_step((images, labels))
    expected = small().training_step((images[chosen], labels[chosen]))

    assert own[0].item() == expected[0].item()
    assert own[1]["same"].item() == expected[1]["same"].item()


@pytest.mark.parametrize("labels", [[4, 4, 4], [0, 4, 4], [0, 0, 0], [0, 1, 4]])
def test_a_batch_without_pairs_of_a_kind_is_no_harm(labels):
    model = small(known=[0, 1])
    images = batch(3)[0]

    loss, numbers = model.training_step((images, tg.tensor(labels)))
    loss.backward()

    assert np.isfinite(loss.item())
    assert numbers["same"].item() >= 0
    assert all(np.isfinite(parameter.grad.numpy()).all() for parameter in model.parameters())


def test_at_first_pictures_of_all_kinds_are_alike():
    """The mean of random pictures is nearly all that an untrained network sees."""
    tg.manual_seed(0)
    model, images = Embedder(), tg.rand(40, 1, 28, 28)
    near, far = model.near, model.far

    loss, numbers = model.training_step((images, tg.tensor([n % 4 for n in range(40)])))

    assert numbers["same"].item() == pytest.approx(numbers["different"].item(), rel=0.1)
    assert numbers["different"].item() < near
    assert loss.item() == pytest.approx((far - numbers["different"].item()) ** 2 / 2, rel=0.1)


def test_it_learns_twenty_pictures_by_heart():
    model = small(channels=[16, 16])
    images, labels = batch(20, classes=4)
    optimizer = Adam(model.parameters(), lr=0.01)

    for _ in range(150):
        loss, _ = model.training_step((images, labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    found = points(model, images)
    distances = np.sqrt(((found[:, None] - found[None]) ** 2).sum(2))
    alike = labels.numpy()[:, None] == labels.numpy()[None]
    assert (distances[alike] < model.threshold).mean() > 0.95
    assert (distances[~alike] > model.threshold).mean() > 0.95


def test_it_is_told_the_class_of_each_picture():
    assert labels_read_by(small()) == "class"


# ---- use ---------------------------------------------------------------------------------------


def test_points_for_use_are_those_of_the_network_some_at_a_time():
    model, images = small(), tg.rand(CHUNK + 1, 1, 8, 8)
    counts = []
    model.convolutions.register_forward_hook(lambda _, __, maps: counts.append(len(maps)))

    found = model.embed(images)

    assert counts == [CHUNK, 1]
    assert not found.requires_grad
    assert model.training
    np.testing.assert_allclose(found.numpy(), points(model, images), rtol=1e-5, atol=1e-7)


def test_the_threshold_is_half_way():
    assert small(near=0.2, far=0.6).threshold == pytest.approx(0.4)


def test_a_saved_model_gives_the_same_points(tmp_path):
    arguments = {
        "channels": [3, 4], "near": 0.1, "far": 0.5, "known": [0, 1], "picture_shape": [1, 8, 8]
    }  # fmt: skip
    model, (images, _) = small(**arguments), batch()
    path = tmp_path / "model.npz"
    save_checkpoint(path, model=model, architecture=model.name, arguments=arguments)

    loaded = from_checkpoint(path)

    assert (loaded.near, loaded.far, loaded.known) == (0.1, 0.5, (0, 1))
    assert np.array_equal(loaded.embed(images).numpy(), model.embed(images).numpy())
    save_checkpoint(path, model=model, architecture="cnn", arguments=arguments)
    with pytest.raises(CheckpointError, match="holds a 'cnn', not a 'embedder'"):
        Embedder.from_checkpoint(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": []}, r"one at least, got \[\]"),
        ({"channels": [4, 0]}, "channels are positive"),
        ({"near": 0.8, "far": 0.8}, "0 <= near < far is wanted, got near=0.8, far=0.8"),
        ({"near": -0.1}, "0 <= near < far"),
        ({"known": [3, 3]}, "pairs of different kinds need two labels"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_what_are_no_pictures_of_this_model_is_refused():
    with pytest.raises(ValueError, match="divide bytes by 255"):
        small().embed(tg.rand(2, 1, 8, 8) * 255)
    with pytest.raises(ValueError, match=r"shape \(N, 1, 8, 8\), got \(2, 1, 9, 9\)"):
        small().embed(tg.rand(2, 1, 9, 9))
