from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.io import save_checkpoint
from tinygen.models import create, from_checkpoint
from tinygen.models.damage import edge_map, luminance, missing, shrink
from tinygen.models.unet import AT_ONCE, TASKS, UNet, UNetwork
from tinygen.nn import functional as F
from tinygen.optim import Adam

every_task = pytest.mark.parametrize("task", TASKS)

SIDES = (8, 12)


def new(task, sides=SIDES, width=3, seed=0, **more):
    tg.manual_seed(seed)
    shape = (3 if task == "colourize" else 1, *sides)
    return UNet(task, width=width, picture_shape=shape, **more)


def stirred(model, seed=1):
    """The model with biases, and weights in its last layer: no map is 0 where its input is."""
    chance = np.random.default_rng(seed)
    with tg.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias") or name == "network.output.weight":
                drawn = 0.3 * chance.standard_normal(parameter.shape)
                parameter.copy_(tg.tensor(drawn.astype(parameter.dtype), device=parameter.device))
    return model


def clean_for(model, count=4, seed=0):
    like = next(model.parameters())
    pictures = np.random.default_rng(seed).random((count, *model.picture_shape))
    return tg.tensor(pictures.astype(like.dtype), device=like.device)


def damaged_for(model, count=4):
    """Something to restore, and a mask if it needs one."""
    tg.manual_seed(5)
    return model.damage(clean_for(model, count))


# ---- the network -------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [(4, 4), (8, 12), (28, 28), (32, 32)])
def test_maps_are_as_large_as_what_goes_in(sides):
    assert UNetwork(2, 3, 4)(tg.rand(5, 2, *sides)).shape == (5, 3, *sides)


def test_it_sees_the_levels_and_links_of_a_u():
    """What each convolution gets: the links double the channels on the way up."""
    network = UNetwork(1, 1, 4)
    seen = {}
    for name, layer in network.named_modules():
        layer.register_forward_hook(
            lambda _, inputs, __, name=name: seen.update({name: inputs[0].shape[1:]})
        )

    network(tg.rand(1, 1, 16, 16))

    assert seen["down_fine"] == (1, 16, 16)
    assert seen["down_middle"] == (4, 8, 8)
    assert seen["bottom"] == (8, 4, 4)
    assert seen["up_middle"] == (16, 8, 8)
    assert seen["up_fine"] == (8, 16, 16)
    assert seen["output"] == (4, 16, 16)


def test_what_is_fine_goes_past_the_bottom():
    """Without the maps from below the picture still reaches the output, pixel by pixel."""
    network = UNetwork(1, 1, 4)
    with tg.no_grad():
        network.to_fine.weight.zero_()
        network.to_fine.bias.zero_()
    picture = tg.rand(1, 1, 16, 16)
    other = picture.clone()
    other[0, 0, 0, 0] += 1.0

    difference = (network(other) - network(picture)).detach().numpy()[0, 0]

    assert np.abs(difference[:3, :3]).max() > 0
    assert not difference[3:].any()
    assert not difference[:, 3:].any()


def test_a_pixel_far_away_is_seen_from_below():
    network = UNetwork(1, 1, 8)
    picture = tg.rand(1, 1, 28, 28)
    other = picture.clone()
    other[0, 0, 0, 14] += 1.0

    difference = (network(other) - network(picture)).detach().numpy()[0, 0]

    assert np.abs(difference[12:]).max() > 0


# ---- what it learns from -----------------------------------------------------------------------


def test_pictures_are_damaged_as_the_task_says(backend):
    for task in TASKS:
        model = new(task).to(backend.device)
        clean = clean_for(model)

        tg.manual_seed(3)
        damaged, mask = model.damage(clean)

        assert tuple(damaged.shape) == (4, *model.damaged_shape)
        assert damaged.device == backend.device
        assert damaged.dtype == np.float32
        assert (mask is not None) == (task == "inpaint")
        if task in ("enlarge", "colourize", "edges"):
            damage = {"enlarge": shrink, "colourize": luminance, "edges": edge_map}[task]
            assert np.array_equal(values(damaged), values(damage(clean)))
    assert model.damaged_shape == (1, *SIDES)


def test_noise_is_as_strong_as_it_happens_to_be():
    model = new("denoise", sides=(40, 40), sigma=0.2)
    tg.manual_seed(0)

    noise = model.damage(tg.full((400, 1, 40, 40), 0.5))[0].numpy() - 0.5

    strength = noise.std(axis=(1, 2, 3))
    assert strength.max() < 0.21
    assert strength.min() < 0.01
    assert strength.mean() == pytest.approx(0.1, rel=0.15)


def test_what_is_missing_is_not_shown():
    model = new("inpaint")
    clean = clean_for(model)

    damaged, mask = model.damage(clean)

    hidden = mask.numpy()
    assert not damaged.numpy()[hidden].any()
    assert np.array_equal(damaged.numpy()[~hidden], clean.numpy()[~hidden])


def test_the_first_answer_is_the_input_or_its_interpolation(backend):
    answers = {}
    for task in TASKS:
        model = new(task).to(backend.device)
        damaged, mask = damaged_for(model)
        answers[task] = (values(model(damaged, mask)), values(damaged))

    for task in ("denoise", "inpaint", "edges"):
        assert np.array_equal(*answers[task])
    made, damaged = answers["enlarge"]
    curves = F.interpolate(tg.tensor(damaged), scale_factor=2, mode="bicubic").numpy()
    np.testing.assert_allclose(made, curves, rtol=1e-5, atol=1e-6)
    made, damaged = answers["colourize"]
    assert np.array_equal(made, np.repeat(damaged, 3, axis=1))


def expected_losses(model, clean):
    """What a step should minimize at first, when nothing is learned, by NumPy."""
    tg.manual_seed(7)
    damaged, mask = model.damage(clean)
    made, clean = values(model(damaged, mask)), values(clean)
    if model.task == "inpaint":
        hidden = values(mask)
        return (clean**2)[hidden].mean()
    if model.task in ("colourize", "edges"):
        return np.abs(made - clean).mean()
    return ((made - clean) ** 2).mean()


@every_task
def test_the_first_loss_is_that_of_the_first_answer(task):
    model = new(task)
    clean = clean_for(model)
    expected = expected_losses(model, clean)

    tg.manual_seed(7)
    loss, numbers = model.training_step((clean, tg.zeros(4)))

    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert numbers == {}


def test_of_uniform_pictures_the_first_losses_are_known():
    """The mean square of uniform pixels is 1/3; noise of all strengths to s has s^2 / 3."""
    clean = tg.tensor(np.random.default_rng(0).random((200, 1, 28, 28)).astype(np.float32))
    middle = 0.5 + 0.001 * (clean - 0.5)  # far from black and white, which would cut the noise

    inpaint, _ = new("inpaint", sides=(28, 28)).training_step((clean, None))
    denoise, _ = new("denoise", sides=(28, 28), sigma=0.1).training_step((middle, None))

    assert inpaint.item() == pytest.approx(1 / 3, rel=0.01)
    assert denoise.item() == pytest.approx(0.01 / 3, rel=0.1)


@every_task
def test_every_parameter_has_the_right_slope(task):
    """In float64, along a random direction, by central differences."""
    model = stirred(new(task, seed=1).to(tg.float64))
    batch = clean_for(model), None
    chance = np.random.default_rng(0)

    def loss():
        tg.manual_seed(1)  # the same damage each time
        return model.training_step(batch)[0]

    loss().backward()

    for name, parameter in model.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        direction /= np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            parameter.data += sign * 1e-6 * direction
            parameter.bump_version()
            losses.append(loss().item())
            parameter.data -= sign * 1e-6 * direction
            parameter.bump_version()
        slope = (losses[0] - losses[1]) / 2e-6
        computed = (parameter.grad.numpy() * direction).sum()
        assert computed == pytest.approx(slope, rel=1e-4, abs=1e-8), name
        assert np.abs(parameter.grad.numpy()).max() > 0, name


def bright_blocks(count, channels):
    """Pink rectangles on green, or light ones on dark: what damage leaves says where they are."""
    chance = np.random.default_rng(0)
    ground, block = np.array([0.1, 0.3, 0.1])[-channels:], np.array([0.9, 0.7, 0.9])[-channels:]
    pictures = np.ones((count, channels, 8, 8)) * ground[:, None, None]
    for picture in pictures:
        top, left = chance.integers(0, 4, 2)
        height, width = chance.integers(3, 5, 2)
        picture[:, top : top + height, left : left + width] = block[:, None, None]
    return tg.tensor(pictures.astype(np.float32))


@every_task
def test_it_learns_twenty_pictures_by_heart(task):
    model = new(task, sides=(8, 8), width=8, seed=4)
    clean, losses = bright_blocks(20, model.picture_shape[0]), []
    optimizer = Adam(model.parameters(), lr=0.01)

    for _ in range(60):
        tg.manual_seed(0)  # the same damage each time
        loss, _ = model.training_step((clean, None))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < 0.3 * losses[0]


# ---- use ---------------------------------------------------------------------------------------


@every_task
def test_every_backend_gives_the_same_numbers(task, backend):
    results = []
    for device in ("cpu", backend.device):
        model = stirred(new(task)).to(device)
        tg.manual_seed(2)
        loss, _ = model.training_step((clean_for(model), None))
        restored = model.restore(*damaged_for(model))
        assert restored.device == device
        results.append((loss.item(), values(restored)))

    (loss, pictures), (other_loss, other_pictures) = results
    assert loss == pytest.approx(other_loss, rel=1e-4)
    np.testing.assert_allclose(pictures, other_pictures, rtol=1e-3, atol=1e-5)


@every_task
def test_restored_pictures_are_pictures(task):
    model = stirred(new(task))
    with tg.no_grad():
        model.network.output.bias.fill_(0.7)  # far out of the range

    restored = model.restore(*damaged_for(model))

    assert tuple(restored.shape) == (4, *model.picture_shape)
    assert restored.dtype == np.float32
    assert not restored.requires_grad
    model.check_pictures(restored)


@every_task
def test_restoring_is_what_it_learned_kept_within_the_range(task):
    model = stirred(new(task))
    damaged, mask = damaged_for(model)

    restored = model.restore(damaged, mask).numpy()

    made = np.clip(model(damaged, mask).detach().numpy(), 0, 1)
    if mask is not None:
        made = np.where(mask.numpy(), made, damaged.numpy())
    np.testing.assert_allclose(restored, made, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["lower half", "centre", "random"])
def test_known_pixels_stay_as_they_were_bit_for_bit(kind, backend):
    model = stirred(new("inpaint")).to(backend.device)
    given = clean_for(model)
    mask = missing(kind, given)

    restored = model.restore(given, mask)

    known = ~values(mask)
    assert values(restored)[known].tobytes() == values(given)[known].tobytes()
    assert not np.array_equal(values(restored)[~known], values(given)[~known])


def test_what_lies_under_the_mask_does_not_matter():
    model = stirred(new("inpaint"))
    given = clean_for(model)
    mask = missing("centre", given)
    other = tg.where(mask, 0.9, given)

    assert np.array_equal(model.restore(given, mask).numpy(), model.restore(other, mask).numpy())


def test_one_mask_can_serve_all_pictures():
    model = stirred(new("inpaint"))
    given = clean_for(model)
    mask = missing("centre", given)

    for fewer in (mask[:1], mask[0, 0]):
        assert np.array_equal(model.restore(given, fewer).numpy(), model.restore(given, mask))


def test_many_pictures_are_restored_some_at_a_time():
    model = new("denoise", sides=(4, 4), width=2)
    counts = []
    model.network.register_forward_hook(lambda _, __, maps: counts.append(len(maps)))
    noisy = tg.rand(2 * AT_ONCE + 1, 1, 4, 4)

    assert np.array_equal(model.restore(noisy).numpy(), noisy.numpy())
    assert counts == [AT_ONCE, AT_ONCE, 1]


@every_task
def test_use_changes_nothing(task):
    model = stirred(new(task))
    frozen = model.network.bottom.eval()
    before = model.state_dict()

    model.restore(*damaged_for(model))

    assert all(np.array_equal(before[name], kept) for name, kept in model.state_dict().items())
    assert model.training
    assert not frozen.training


@every_task
def test_a_saved_model_restores_the_same(task, tmp_path):
    model = stirred(new(task))
    path = tmp_path / "model.npz"
    arguments = {"task": task, "width": 3, "picture_shape": list(model.picture_shape)}
    save_checkpoint(path, model=model, architecture="unet", arguments=arguments)

    again = from_checkpoint(path)

    assert isinstance(again, UNet)
    assert not again.training
    damaged, mask = damaged_for(model)
    assert np.array_equal(again.restore(damaged, mask).numpy(), model.restore(damaged, mask))


@every_task
def test_it_is_small_enough_to_be_shipped(task):
    shape = (3, 32, 32) if task == "colourize" else (1, 28, 28)
    size = sum(parameter.numel() for parameter in UNet(task, picture_shape=shape).parameters())

    assert 2 * size < 200_000  # bytes of 16-bit floats


# ---- what makes no sense -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: create("unet", task="sharpen"), "one of denoise, enlarge, .*, got 'sharpen'"),
        (lambda: UNet("colourize"), "in colour, got 1 channels: train it on cifar10 or shapes"),
        (lambda: UNet(width=0), "UNet: width must be at least 1, got 0"),
        (lambda: UNet(sigma=-1.0), "UNet: sigma must be at least 0, got -1.0"),
        (lambda: UNet(sigma=math.nan), "sigma must be at least 0, got nan"),
        (lambda: UNet(picture_shape=(1, 28, 30)), "4 must divide them, got 28 x 30: pad"),
        (lambda: new("denoise").restore(tg.rand(2, 1, 28, 28)), r"\(N, 1, 8, 12\), got \(2, 1, 28"),
        (lambda: new("enlarge").restore(tg.rand(2, 1, 8, 12)), "learned to enlarge, takes .* 4, 6"),
        (lambda: new("edges").restore(tg.rand(2, 3, 8, 12)), "learned to fill edges, takes"),
        (lambda: new("denoise").restore(255 * tg.rand(2, 1, 8, 12)), "divide bytes by 255"),
        (lambda: new("inpaint").restore(tg.rand(2, 1, 8, 12)), "needs a mask to inpaint"),
        (
            lambda: new("edges").restore(tg.zeros(2, 1, 8, 12), tg.zeros(8, 12) > 0),
            "learned to fill edges and takes no mask: one that learned task=inpaint does",
        ),
        (
            lambda: new("inpaint").restore(tg.rand(2, 1, 8, 12), tg.zeros(8, 8) > 0),
            r"a mask of shape \(8, 8\) does not fit .* broadcast to \(2, 1, 8, 12\)",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_pictures_are_floats_and_masks_are_true_or_false():
    model = new("inpaint")
    with pytest.raises(TypeError, match="takes a boolean mask, True where a pixel is missing"):
        model.restore(tg.rand(2, 1, 8, 12), tg.zeros(8, 12))
    with pytest.raises(TypeError, match="takes floats from 0 to 1, got int64"):
        model.restore(tg.randint(0, 2, (2, 1, 8, 12)), tg.zeros(8, 12) > 0)
