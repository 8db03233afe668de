"""Maps are right where it is known what a classifier looks at; a model is not changed by them."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import Classifier, create
from tinygen.models.cnn import ResNet
from tinygen.nn import (
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    MaxPool2d,
    ReLU,
    Sequential,
)
from tinygen.tasks import explain
from tinygen.tasks.explain import (
    activation_maximisation,
    area_under,
    deletion_curve,
    grad_cam,
    occlusion,
    saliency,
)

SHAPE = (2, 6, 5)


class Linear(Classifier):
    """Logits that are linear in the pixels."""

    def __init__(self, weights, std=1.0):
        classes, *shape = weights.shape
        super().__init__(tuple(shape), 0.0, std)
        self.convolutions, self.hidden = Identity(), Flatten()
        self.output = Dense(weights[0].size, classes)
        with tg.no_grad():
            self.output.weight.copy_(tg.tensor(weights.reshape(classes, -1)))
            self.output.bias.zero_()


def weights(classes=3, shape=SHAPE):
    return np.random.default_rng(0).standard_normal((classes, *shape)).astype(np.float32)


def looks_at_one_pixel(row, column, strength=8.0):
    """Of two classes the second is probable if one pixel is bright."""
    seen = np.zeros((2, 1, 6, 5), np.float32)
    seen[1, 0, row, column] = strength
    return Linear(seen)


def drawn(count=4, shape=SHAPE, device="cpu"):
    return tg.tensor(np.random.default_rng(1).random((count, *shape), np.float32), device=device)


def largest(maps):
    """Row and column of the largest value of each map."""
    flat = maps.numpy().reshape(len(maps), -1).argmax(1)
    return [divmod(int(place), maps.shape[2]) for place in flat]


# ---- saliency ------------------------------------------------------------------------------------


def test_the_saliency_of_a_linear_model_is_its_weights(backend):
    model = Linear(weights(), std=0.5).to(backend.device)
    labels = [2, 0, 1, 2]

    maps = saliency(model, drawn(device=backend.device), labels)

    expected = np.abs(weights()[labels] / 0.5).max(1)
    assert maps.device == backend.device
    np.testing.assert_allclose(maps.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["cnn", "row-lstm"])
def test_saliency_is_the_slope_of_the_logit(name):
    """By differences of pixels in float64."""
    tg.manual_seed(0)
    small = {"units": 8} if name == "row-lstm" else {}
    model = create(name, picture_shape=(1, 14, 14), **small).to(tg.float64).eval()
    picture = tg.rand(1, 1, 14, 14, dtype=tg.float64)
    found = saliency(model, picture, [3]).numpy()
    step = 1e-6
    for row, column in ((7, 7), (3, 9), (12, 5)):
        moved = tg.zeros(1, 1, 14, 14, dtype=tg.float64)
        moved[0, 0, row, column] = step
        with tg.no_grad():
            slope = (model(picture + moved) - model(picture - moved))[0, 3].item() / (2 * step)
        assert found[0, row, column] == pytest.approx(abs(slope), rel=1e-4, abs=1e-9)


def test_without_labels_it_is_about_what_the_model_says():
    model = Linear(weights())
    said = model.predict(drawn()).numpy()
    for explained in (saliency, occlusion):
        found = explained(model, drawn()).numpy()
        np.testing.assert_array_equal(found, explained(model, drawn(), said).numpy())
        assert not np.array_equal(found, explained(model, drawn(), (said + 1) % 3).numpy())


# ---- occlusion -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_covering_single_pixels_of_a_linear_model_takes_what_they_add(backend, fill):
    model = Linear(weights()).to(backend.device)
    labels = [2, 0, 1, 2]

    maps = occlusion(model, drawn(device=backend.device), labels, size=1, stride=1, fill=fill)

    expected = (weights()[labels] * (drawn().numpy() - fill)).sum(1)
    np.testing.assert_allclose(maps.numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("size", "stride"), [(3, 1), (3, 2), (4, 3), (9, 9)])
def test_a_pixel_gets_the_mean_of_all_squares_that_cover_it(size, stride):
    model = Linear(weights())
    added = weights()[0] * drawn(1).numpy()[0]

    found = occlusion(model, drawn(1), [0], size, stride).numpy()[0]

    total, times = np.zeros((6, 5)), np.zeros((6, 5))
    for top in range(1 - size, 6, stride):
        for left in range(1 - size, 5, stride):
            rows, columns = np.arange(top, top + size), np.arange(left, left + size)
            inside = np.ix_(rows[(rows >= 0) & (rows < 6)], columns[(columns >= 0) & (columns < 5)])
            total[inside] += added.sum(0)[inside].sum()
            times[inside] += 1
    assert times.min() > 0
    np.testing.assert_allclose(found, total / times, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("place", [(0, 0), (3, 2), (5, 4)])
def test_occlusion_finds_the_one_pixel_that_is_looked_at(place):
    model = looks_at_one_pixel(*place)
    pictures = tg.ones(2, 1, 6, 5)

    maps = occlusion(model, pictures, [1, 1], size=3, stride=1)

    assert largest(maps) == [place, place]
    far = np.ones((6, 5), bool)
    far[max(place[0] - 2, 0) : place[0] + 3, max(place[1] - 2, 0) : place[1] + 3] = False
    assert np.abs(maps.numpy()[:, far]).max() == 0


def test_covering_what_speaks_against_a_class_counts_below_zero():
    model = looks_at_one_pixel(3, 2)
    found = occlusion(model, tg.ones(1, 1, 6, 5), [1], size=1, stride=1).numpy()
    assert found[0, 3, 2] == pytest.approx(8)
    against = Linear(-np.stack([weights(1)[0] * 0, np.abs(weights(1)[0])]))
    assert occlusion(against, tg.ones(1, *SHAPE), [1], size=1, stride=1).max().item() < 0


@pytest.mark.parametrize(("size", "stride"), [(2, 3), (3, 0)])
def test_squares_that_leave_gaps_are_refused(size, stride):
    with pytest.raises(ValueError, match="1 <= stride <= size"):
        occlusion(looks_at_one_pixel(0, 0), tg.ones(1, 1, 6, 5), None, size, stride)


# ---- Grad-CAM ------------------------------------------------------------------------------------


def test_behind_a_mean_over_places_it_is_the_class_activation_map(backend):
    """With global average pooling before the last layer both are the same, up to the number of
    places (R. Selvaraju et al., 2017, section 3.1)."""
    tg.manual_seed(0)
    model = ResNet(classes=4, batch_norm=False, picture_shape=(1, 16, 16)).to(backend.device)
    with tg.no_grad():
        model.output.weight.copy_(tg.randn(4, 64))
    pictures = tg.rand(3, 1, 16, 16).to(backend.device)
    labels = [3, 0, 2]

    found = grad_cam(model, pictures, labels)

    with tg.no_grad():
        maps = model.convolutions(pictures).numpy()
    speaks = model.output.weight.detach().numpy()[labels]
    summed = np.maximum(np.einsum("nk,nkhw->nhw", speaks, maps), 0) / maps[0, 0].size
    expected = tg.nn.functional.interpolate(
        tg.tensor(summed[:, None]), size=(16, 16), mode="bilinear"
    )
    assert summed.max() > 0
    np.testing.assert_allclose(found.numpy(), expected.numpy()[:, 0], rtol=1e-3, atol=1e-6)


class Spots(Classifier):
    """The first map is the picture, the second its negative; each speaks for a class."""

    def __init__(self):
        super().__init__((1, 8, 8), 0.0, 1.0)
        self.convolutions = Sequential(Conv2d(1, 2, 1, bias=False), ReLU(), MaxPool2d(2))
        self.hidden, self.output = Sequential(GlobalAvgPool2d()), Dense(2, 2)
        with tg.no_grad():
            self.convolutions[0].weight.copy_(tg.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
            self.output.weight.copy_(tg.tensor([[1.0, 0.0], [0.0, 1.0]]))


def test_a_spot_that_speaks_for_the_class_is_found():
    picture = tg.zeros(1, 1, 8, 8)
    picture[0, 0, 2, 5] = 1.0

    found = grad_cam(Spots(), picture, [0]).numpy()[0]

    assert np.unravel_index(found.argmax(), found.shape) == (2, 5)
    assert np.count_nonzero(found) == 1
    assert grad_cam(Spots(), picture, [1]).numpy().max() == 0


def test_a_layer_can_be_chosen_and_nothing_is_left_on_it():
    tg.manual_seed(0)
    model = create("cnn")
    pictures = tg.rand(2, 1, 28, 28)
    first = model.convolutions[0]
    chosen, usual = grad_cam(model, pictures, layer=first), grad_cam(model, pictures)
    assert chosen.shape == usual.shape == (2, 28, 28)
    assert not np.array_equal(chosen.numpy(), usual.numpy())
    same = grad_cam(model, pictures, layer=model.convolutions[3])
    np.testing.assert_array_equal(usual.numpy(), same.numpy())
    assert not any(module._hooks for module in model.modules())


@pytest.mark.parametrize("name", ["cnn", "lenet", "five-blocks", "resnet"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_network_with_convolutions_has_maps(name, batch_norm):
    tg.manual_seed(0)
    shape = (1, 28, 28)
    maps = grad_cam(
        create(name, picture_shape=shape, batch_norm=batch_norm), tg.rand(2, *shape), [0, 1]
    )
    assert maps.shape == (2, 28, 28)
    assert maps.min().item() >= 0


def test_a_model_without_convolutions_has_none_to_show():
    with pytest.raises(TypeError, match="take saliency or occlusion"):
        grad_cam(create("row-lstm"), tg.rand(1, 1, 28, 28))


def test_a_layer_without_maps_is_refused():
    model = create("cnn")
    for layer in (model.output, Conv2d(1, 1, 3)):
        with pytest.raises(ValueError, match="take a convolution of the model"):
            grad_cam(model, tg.rand(1, 1, 28, 28), layer=layer)
        assert not layer._hooks


# ---- activation maximisation ---------------------------------------------------------------------


def test_the_best_picture_of_a_linear_model_is_known(backend):
    """w.x - penalty x.x is largest at w / (2 penalty), within the bounds."""
    tg.manual_seed(0)
    model = Linear(weights()).to(backend.device)

    found = activation_maximisation(model, [2, 0], steps=200, penalty=0.8, smoothness=0.0)

    expected = np.clip(weights()[[2, 0]] / 1.6, 0, 1)
    assert 0 < (expected > 0).mean() < 1
    assert found.device == backend.device
    np.testing.assert_allclose(found.numpy(), expected, atol=0.01)


def test_a_smooth_picture_solves_the_linear_equations():
    """(penalty + smoothness L) x = w / 2, with the Laplacian L of the grid, if x is in bounds."""
    tg.manual_seed(0)
    side = 4
    slopes = np.abs(weights(1, (1, side, side)))[0]
    model = Linear(np.stack([slopes, -slopes]))
    number = np.arange(side * side).reshape(side, side)
    laplacian = np.zeros((side * side, side * side))
    beside = [*zip(number[1:].flat, number[:-1].flat, strict=True)]
    beside += [*zip(number[:, 1:].flat, number[:, :-1].flat, strict=True)]
    for one, other in beside:
        laplacian[[one, other], [one, other]] += 1
        laplacian[[one, other], [other, one]] -= 1
    expected = np.linalg.solve(2 * np.eye(side * side) + 3 * laplacian, slopes.ravel() / 2)
    assert 0 < expected.min() < expected.max() < 1

    found = activation_maximisation(model, [0], steps=600, lr=0.02, penalty=2.0, smoothness=3.0)

    np.testing.assert_allclose(found.numpy().ravel(), expected, atol=0.005)


def test_a_network_takes_the_picture_for_the_class():
    tg.manual_seed(0)
    model = create("cnn", classes=4)
    found = activation_maximisation(model, range(4), steps=60, penalty=0, smoothness=0)
    assert found.shape == (4, 1, 28, 28)
    assert (found.min().item(), found.max().item() <= 1) == (0, True)
    np.testing.assert_array_equal(model.predict(found).numpy(), range(4))


def test_a_seed_decides_where_it_begins():
    def result(seed):
        tg.manual_seed(seed)
        return activation_maximisation(Linear(weights()), [1], steps=3).numpy()

    np.testing.assert_array_equal(result(0), result(0))
    assert not np.array_equal(result(0), result(1))


# ---- deletion ------------------------------------------------------------------------------------


def test_the_answer_is_lost_when_the_pixel_goes_that_it_hangs_on(backend):
    model = looks_at_one_pixel(3, 2).to(backend.device)
    pictures = tg.ones(2, 1, 6, 5).to(backend.device)
    maps = np.zeros((2, 6, 5))
    maps[0, 3, 2], maps[1, 3, 2] = 1, -1  # taken away first, and last

    curve = deletion_curve(model, pictures, maps, [1, 1], steps=30)

    sure = 1 / (1 + np.exp(-8))
    np.testing.assert_allclose(curve[0], [sure, *[0.5] * 30], rtol=1e-5)
    np.testing.assert_allclose(curve[1], [*[sure] * 30, 0.5], rtol=1e-5)


def test_as_many_pixels_go_in_each_step_and_all_in_the_end():
    """The probability of the second class counts the bright pixels that are left."""
    model = Linear(np.stack([np.zeros((1, 6, 5)), np.ones((1, 6, 5))]).astype(np.float32))
    pictures = tg.ones(1, 1, 6, 5)

    curve = deletion_curve(model, pictures, tg.rand(1, 6, 5), [1], steps=4, fill=0.25)

    left = np.array([30, 22, 15, 8, 0])  # halves are rounded to even
    odds = left + 0.25 * (30 - left)
    np.testing.assert_allclose(curve[0], 1 / (1 + np.exp(-odds)), rtol=1e-5)


def test_the_weights_of_a_linear_model_are_a_better_map_than_chance():
    model, pictures = Linear(weights()), tg.ones(1, *SHAPE)
    label = [int(weights().sum((1, 2, 3)).argmax())]
    good = weights()[label].sum(1)
    chance = np.random.default_rng(0)

    def area(maps):
        return area_under(deletion_curve(model, pictures, maps, label, steps=30)).item()

    others = [area(chance.random((1, 6, 5))) for _ in range(20)]
    assert area(good) < min(others)
    assert area(-good) > max(others)


def test_the_area_is_that_of_trapezia():
    np.testing.assert_allclose(
        area_under(np.array([[1.0, 0.5, 0.0], [1.0, 0.0, 0.0]])), [0.5, 0.25]
    )


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"need maps of shape \(2, 6, 5\), got \(2, 5, 6\)"):
        deletion_curve(looks_at_one_pixel(0, 0), tg.ones(2, 1, 6, 5), np.zeros((2, 5, 6)))


# ---- all of them ---------------------------------------------------------------------------------

EXPLAINED = {
    "saliency": saliency,
    "occlusion": lambda model, pictures, labels=None: occlusion(model, pictures, labels, 9, 9),
    "grad-cam": grad_cam,
    "activation": lambda model, pictures, labels=(0, 1): activation_maximisation(
        model, labels, steps=2
    ),
}


@pytest.mark.parametrize("method", EXPLAINED)
def test_every_backend_gives_the_same_maps(method, backend):
    def maps(device):
        tg.manual_seed(0)
        model = create("cnn", picture_shape=(1, 14, 14)).to(device)
        pictures = drawn(2, (1, 14, 14), device)
        tg.manual_seed(1)
        return EXPLAINED[method](model, pictures, [4, 7])

    expected, found = maps("cpu"), maps(backend.device)

    assert found.device == backend.device
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("method", EXPLAINED)
def test_the_model_stays_as_it_is(method):
    model = create("cnn", dropout=0.5)
    model.train()
    before = {key: value.copy() for key, value in model.state_dict().items()}

    found = EXPLAINED[method](model, tg.rand(2, 1, 28, 28))

    assert not found.requires_grad
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


@pytest.mark.parametrize("method", EXPLAINED)
def test_a_frozen_model_can_be_explained_too(method):
    model = create("cnn")
    with tg.no_grad():
        free = EXPLAINED[method](model, tg.ones(2, 1, 28, 28))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    assert EXPLAINED[method](model, tg.ones(2, 1, 28, 28)).shape == free.shape


@pytest.mark.parametrize("method", ["saliency", "occlusion", "grad-cam"])
def test_pictures_are_looked_at_some_at_a_time(method, monkeypatch):
    model, pictures = create("cnn"), tg.rand(5, 1, 28, 28)
    whole = EXPLAINED[method](model, pictures).numpy()
    monkeypatch.setattr(explain, "CHUNK", 2)
    np.testing.assert_allclose(
        EXPLAINED[method](model, pictures).numpy(), whole, rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("method", EXPLAINED)
@pytest.mark.parametrize(
    ("labels", "reason"),
    [([0, 10], "classes 0 to 9, got 10"), ([-1, 0], "got -1"), ([0.5, 1.0], "integers")],
)
def test_classes_that_there_are_not_are_refused(method, labels, reason):
    with pytest.raises(ValueError, match=reason):
        EXPLAINED[method](create("cnn"), tg.rand(2, 1, 28, 28), labels)


@pytest.mark.parametrize("method", ["saliency", "occlusion", "grad-cam"])
def test_other_pictures_or_too_few_labels_are_refused(method):
    with pytest.raises(ValueError, match="takes pictures of shape"):
        EXPLAINED[method](create("cnn"), tg.rand(2, 3, 28, 28))
    with pytest.raises(ValueError, match="2 pictures need as many integers"):
        EXPLAINED[method](create("cnn"), tg.rand(2, 1, 28, 28), [1])
