from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.io import CheckpointError, save_checkpoint
from tinygen.models import MODELS, create
from tinygen.models.cnn import CHUNK, FastCNN, FiveBlockCNN, LeNet5, ResNet
from tinygen.nn import functional as F
from tinygen.optim import Adam

KINDS = [FastCNN, LeNet5, FiveBlockCNN, ResNet]


@pytest.fixture(params=KINDS)
def kind(request):
    """Each kind of network in turn."""
    tg.manual_seed(0)
    return request.param


@pytest.fixture
def model(backend):
    tg.manual_seed(0)
    return FastCNN(mean=0.2, std=0.5).to(backend.device)


def outputs(model, images):
    with tg.no_grad():
        return model(images).numpy()


def images_on(backend, count=2, shape=(1, 28, 28)):
    return tg.rand(count, *shape).to(backend.device)


def small(kind, **options):
    return kind(**{"classes": 3, "picture_shape": [1, 12, 12], **options})


def small_batch(count=6, dtype=np.float32):
    chance = np.random.default_rng(0)
    images = chance.random((count, 1, 12, 12)).astype(dtype)
    return tg.tensor(images), tg.tensor([number % 3 for number in range(count)])


def weights(model):
    return [p.shape for name, p in model.named_parameters() if name.endswith("weight")]


def size(model):
    return sum(parameter.numel() for parameter in model.parameters())


# ---- the networks --------------------------------------------------------------------------------


def test_it_gives_logits(kind, backend):
    model = kind().to(backend.device)

    logits = model(images_on(backend, 5, model.picture_shape))

    assert logits.shape == (5, 10)
    assert logits.dtype == np.float32
    assert logits.device == backend.device


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 33, 45)])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_it_takes_pictures_of_any_size_and_colour(kind, shape, batch_norm):
    model = kind(classes=4, picture_shape=shape, batch_norm=batch_norm)

    assert model(tg.rand(2, *shape)).shape == (2, 4)


@pytest.mark.parametrize("side", [12, 13, 28])
@pytest.mark.parametrize("two_blocks", [FastCNN, LeNet5])
def test_two_blocks_fit_into_twelve_pixels(two_blocks, side):
    model = two_blocks(classes=3, picture_shape=(3, side, side + 1), mean=[0.1, 0.2, 0.3])

    assert model(tg.rand(2, 3, side, side + 1)).shape == (2, 3)


@pytest.mark.parametrize("side", [1, 2, 31, 33])
@pytest.mark.parametrize("padded", [FiveBlockCNN, ResNet])
def test_what_pads_its_pictures_takes_even_single_pixels(padded, side):
    model = padded(classes=3, picture_shape=(1, side, side + 1))

    assert model(tg.rand(2, 1, side, side + 1)).shape == (2, 3)


def test_the_fast_network_has_the_published_layers():
    assert weights(FastCNN()) == [(24, 1, 5, 5), (32, 24, 3, 3), (256, 32 * 5 * 5), (10, 256)]


def test_lenet_has_the_published_layers_and_sizes():
    """61,706 for MNIST; 62,006 is the network of PyTorch's tutorial for CIFAR-10."""
    assert weights(LeNet5()) == [
        (6, 1, 5, 5), (16, 6, 5, 5), (120, 16 * 5 * 5), (84, 120), (10, 84)
    ]  # fmt: skip
    assert size(LeNet5()) == 61_706
    assert size(LeNet5(picture_shape=(3, 32, 32))) == 62_006


def test_the_five_blocks_have_the_layers_of_the_article():
    assert weights(FiveBlockCNN()) == [
        (32, 1, 3, 3), (64, 32, 3, 3), (128, 64, 3, 3), (256, 128, 3, 3), (512, 256, 3, 3),
        (1024, 512), (10, 1024),
    ]  # fmt: skip


def test_five_maxima_leave_one_pixel_of_a_digit():
    model = FiveBlockCNN()
    sides = []
    for place in (2, 5, 8, 11, 14):
        maximum = model.convolutions[place]
        maximum.register_forward_hook(lambda _, __, maps: sides.append(maps.shape[2:]))

    model(tg.rand(1, 1, 28, 28))

    assert sides == [(14, 14), (7, 7), (4, 4), (2, 2), (1, 1)]


def test_the_residual_network_has_the_published_layers():
    """He et al. (2015), section 4.2, with 1 x 1 convolutions where the shape changes."""
    widths = [(16, 16), (16, 16), (32, 16), (32, 32), (64, 32), (64, 64)]
    convolutions = [shape for shape in weights(ResNet(batch_norm=False)) if len(shape) == 4]

    assert [shape[:2] for shape in convolutions if shape[2:] == (3, 3)] == [(16, 3), *widths]
    assert [shape[:2] for shape in convolutions if shape[2:] == (1, 1)] == [(32, 16), (64, 32)]
    assert len(weights(ResNet(blocks=3, batch_norm=False))) == 20 + 2  # ResNet-20, two shortcuts


def test_a_residual_block_adds_to_what_comes_in(backend):
    tg.manual_seed(0)
    first, widening = ResNet(batch_norm=False).to(backend.device).convolutions[2:4]
    maps = tg.randn(2, 16, 8, 8, device=backend.device)
    with tg.no_grad():
        for block in (first, widening):
            list(block.residual)[-1].weight.zero_()
            list(block.residual)[-1].bias.zero_()

    same, halved = outputs(first, maps), outputs(widening, maps)

    assert np.array_equal(same, F.relu(maps).numpy())
    thinned = outputs(widening.shortcut, maps)
    assert thinned.shape == (2, 32, 4, 4)
    assert np.array_equal(halved, np.maximum(thinned, 0))


def test_it_computes_what_its_parts_say(model, backend):
    images = images_on(backend)
    first, second = (model.get_submodule(f"convolutions.{number}") for number in (0, 3))
    hidden, last = model.hidden[2], model.output

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


@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_backend_gives_the_same_numbers(kind, batch_norm, backend):
    def numbers(device):
        tg.manual_seed(0)
        model = small(kind, batch_norm=batch_norm, dropout=0.5, mean=0.3, std=0.2).to(device)
        images, labels = (part.to(device) for part in small_batch())
        loss, shown = model.training_step((images, labels))
        return [
            loss.detach(), shown["accuracy"], model.eval()(images).detach(),
            model.predict_proba(images), model.features(images), model.predict(images),
        ]  # fmt: skip

    for expected, computed in zip(numbers("cpu"), numbers(backend.device), strict=True):
        assert computed.device == backend.device
        np.testing.assert_allclose(computed.cpu(), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_parameter_has_the_right_slope(kind, batch_norm):
    """In float64, along a random direction, by central differences."""
    model = small(kind, batch_norm=batch_norm, dropout=0.2, std=0.5).to(tg.float64)
    batch, chance = small_batch(4, np.float64), np.random.default_rng(0)

    def loss():
        tg.manual_seed(1)  # the same units drop out each time
        return model.training_step(batch)[0]

    loss().backward()

    for name, parameter in model.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        eps = 1e-6 / np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            parameter.data += sign * eps * direction
            parameter.bump_version()
            losses.append(loss().item())
            parameter.data -= sign * eps * direction
            parameter.bump_version()
        slope = (losses[0] - losses[1]) / 2e-6
        computed = (parameter.grad.numpy() * direction).sum() / np.linalg.norm(direction)
        assert computed == pytest.approx(slope, rel=1e-4, abs=1e-9), name
        assert np.abs(parameter.grad.numpy()).max() > 0, name


# ---- learning ------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_norm", [False, True])
def test_at_first_it_knows_nothing(kind, batch_norm):
    model = kind(batch_norm=batch_norm)
    images = tg.rand(64, *model.picture_shape)

    loss, _ = model.training_step((images, tg.tensor([number % 10 for number in range(64)])))

    assert loss.item() == pytest.approx(math.log(10), abs=0.2)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_it_learns_twenty_pictures_by_heart(kind, batch_norm):
    model = kind(classes=4, dropout=0.0, batch_norm=batch_norm, picture_shape=(1, 16, 16), mean=0.5)
    images = tg.rand(20, 1, 16, 16)
    labels = tg.tensor([number % 4 for number in range(20)])
    optimizer = Adam(model.parameters(), lr=0.003)

    for _ in range(40):
        loss, numbers = model.training_step((images, labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.05
    assert numbers["accuracy"].item() == 1


def test_a_step_gives_the_cross_entropy_and_the_share_of_right_answers(kind):
    model = small(kind, dropout=0.0, batch_norm=False)
    images, labels = small_batch()

    loss, numbers = model.training_step((images, labels))

    logits = outputs(model, images).astype(np.float64)
    right = logits[np.arange(6), labels.numpy()]
    nats = np.log(np.exp(logits).sum(axis=1)) - right
    assert loss.item() == pytest.approx(nats.mean(), rel=1e-5)
    assert numbers["accuracy"].item() == pytest.approx((right == logits.max(axis=1)).mean())
    assert not numbers["accuracy"].requires_grad


def test_nothing_cuts_the_logits(kind):
    """A ReLU on the last layer leaves no logit below 0, and half of the right ones no slope."""
    model = small(kind).eval()
    images, _ = small_batch()
    before = outputs(model, images)

    with tg.no_grad():
        model.output.weight.mul_(-1)
        model.output.bias.mul_(-1)

    assert before.min() < 0 or outputs(model, images).min() < 0
    np.testing.assert_allclose(outputs(model, images), -before, rtol=1e-5)


def test_layers_are_made_once(kind):
    """Layers that are made anew at each call have new weights each time, and none is kept."""
    model = small(kind).eval()
    images, _ = small_batch()
    parameters = size(model)

    first, second = outputs(model, images), outputs(model, images)

    assert np.array_equal(first, second)
    assert size(model) == parameters


def test_dropout_acts_in_training_only(kind):
    model = small(kind, dropout=0.5, batch_norm=False)
    images, _ = small_batch()

    first, second = outputs(model, images), outputs(model, images)
    assert not np.array_equal(first, second)

    model.eval()
    first, second = outputs(model, images), outputs(model, images)
    assert np.array_equal(first, second)


def test_batch_normalization_is_there_if_asked_for(kind):
    with_it, without = small(kind, batch_norm=True), small(kind, batch_norm=False)
    convolutions = sum(len(shape) == 4 for shape in weights(without))

    names = [name for name, _ in with_it.named_buffers() if name.endswith("running_var")]
    assert len(names) == convolutions
    assert not any(name.endswith("running_var") for name, _ in without.named_buffers())


# ---- what goes in --------------------------------------------------------------------------------


def test_each_channel_is_standardized_by_its_own_numbers(kind):
    model = kind(picture_shape=(3, 12, 12), mean=[0.1, 0.2, 0.3], std=[1.0, 2.0, 4.0]).eval()
    plain = kind(picture_shape=(3, 12, 12)).eval()
    state = model.state_dict()
    plain.load_state_dict({**state, "mean": plain.mean.numpy(), "std": plain.std.numpy()})
    images = np.random.default_rng(0).random((2, 3, 12, 12), np.float32)
    by_hand = (images - np.float32([[[0.1]], [[0.2]], [[0.3]]])) / np.float32([[[1]], [[2]], [[4]]])

    computed, expected = outputs(model, tg.tensor(images)), outputs(plain, tg.tensor(by_hand))
    np.testing.assert_allclose(computed, expected, rtol=1e-4, atol=1e-6)


def test_mean_and_std_are_saved_but_not_trained(kind):
    model = kind(mean=0.25, std=0.5)

    assert {"mean", "std"} <= set(model.state_dict())
    assert {"mean", "std"}.isdisjoint(name for name, _ in model.named_parameters())


# ---- use -----------------------------------------------------------------------------------------


def test_it_predicts_the_most_probable_class(kind):
    model = small(kind)
    images, _ = small_batch()

    classes, probabilities = model.predict(images).numpy(), model.predict_proba(images).numpy()

    logits = outputs(model.eval(), images).astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert classes.dtype == np.int64
    assert np.array_equal(classes, logits.argmax(axis=1))
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4)


def test_features_are_what_the_last_layer_sees(kind):
    model = small(kind)
    images, _ = small_batch()

    features = model.features(images)

    assert features.shape == (6, model.output.in_features)
    np.testing.assert_allclose(
        outputs(model.output, features), outputs(model.eval(), images), rtol=1e-4, atol=1e-6
    )


def test_gradients_flow_through_forward_features_only():
    model = small(FastCNN)
    images, _ = small_batch()
    images.requires_grad_()

    model.forward_features(images).sum().backward()

    assert np.abs(images.grad.numpy()).max() > 0
    assert not model.features(images).requires_grad
    assert not model.predict_proba(images).requires_grad


@pytest.mark.parametrize("use", ["predict", "predict_proba", "features"])
def test_use_does_not_change_the_model(kind, use):
    model = small(kind, dropout=0.5, batch_norm=True)
    frozen = model.convolutions[1].eval()  # one part may be in another mode than the whole
    before = model.state_dict()

    first, second = (getattr(model, use)(small_batch()[0]).numpy() for _ in range(2))

    assert np.array_equal(first, second)
    assert all(np.array_equal(before[name], kept) for name, kept in model.state_dict().items())
    assert model.training
    assert model.hidden.training
    assert not frozen.training


def test_many_pictures_are_looked_at_some_at_a_time():
    tg.manual_seed(0)
    model, images = small(FastCNN), tg.rand(2 * CHUNK + 1, 1, 12, 12)
    counts = []
    model.output.register_forward_hook(lambda _, __, logits: counts.append(len(logits)))

    classes = model.predict(images)

    assert counts == [CHUNK, CHUNK, 1]
    assert np.array_equal(classes.numpy(), outputs(model.eval(), images).argmax(axis=1))


@pytest.mark.parametrize("options", [{}, {"batch_norm": True, "mean": 0.3, "std": 0.2}])
def test_a_saved_model_gives_the_same_probabilities(kind, options, tmp_path):
    arguments = {"classes": 3, "picture_shape": [1, 12, 12], **options}
    model = kind(**arguments)
    model.training_step(small_batch())  # moves the running statistics
    path = tmp_path / "model.npz"
    save_checkpoint(path, model=model, architecture=kind.name, arguments=arguments)

    again = kind.from_checkpoint(path)

    images, _ = small_batch()
    assert not again.training
    expected = model.predict_proba(images).numpy()
    assert np.array_equal(again.predict_proba(images).numpy(), expected)


def test_a_model_can_be_made_by_its_name():
    assert isinstance(create("cnn", classes=36), FastCNN)
    assert all(inspect.getdoc(kind) for kind in MODELS.values())


# ---- what makes no sense -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: create("cmn"), "did you mean 'cnn'"),
        (lambda: FastCNN(picture_shape=(1, 11, 28)), "FastCNN needs pictures of at least 12 x 12"),
        (lambda: LeNet5(picture_shape=(1, 28, 11)), "LeNet5 needs pictures of at least 12 x 12"),
        (lambda: ResNet(blocks=0), "at least one block"),
        (lambda: FastCNN(std=0.0), "FastCNN divides by std, which must be positive"),
        (lambda: ResNet(mean=[0.1, 0.2]), "ResNet: pictures of 3 channels"),
        (lambda: FiveBlockCNN(dropout=1.5), "p is a probability"),
        (lambda: LeNet5(classes=0), "must be a positive integer"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("use", ["predict", "predict_proba", "features"])
@pytest.mark.parametrize(
    ("pictures", "error", "message"),
    [
        (tg.rand(2, 3, 12, 12), ValueError, r"takes pictures of shape \(N, 1, 12, 12\)"),
        (tg.rand(2, 12, 12), ValueError, "unsqueeze"),
        (tg.rand(1, 12, 12), ValueError, "one picture needs a batch"),
        (tg.rand(2, 1, 12, 12) * 255, ValueError, "divide bytes by 255"),
        (tg.randint(0, 255, (2, 1, 12, 12)), TypeError, "floats from 0 to 1"),
    ],
)
def test_what_are_no_pictures_of_this_model_is_refused(use, pictures, error, message):
    with pytest.raises(error, match=message):
        getattr(small(FastCNN), use)(pictures)


def test_the_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    save_checkpoint(path, model=LeNet5(), architecture="lenet", arguments={})

    with pytest.raises(CheckpointError, match="holds a 'lenet', not a 'cnn'"):
        FastCNN.from_checkpoint(path)
