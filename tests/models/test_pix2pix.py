from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.io import save_checkpoint
from tinygen.models import create, from_checkpoint
from tinygen.models.damage import edge_map
from tinygen.models.gan_loss import LOSSES
from tinygen.models.pix2pix import Pix2Pix
from tinygen.models.unet import AT_ONCE
from tinygen.optim import SGD
from tinygen.train import Trainer

SHAPE = (1, 8, 12)


def new(shape=SHAPE, seed=0, **more):
    tg.manual_seed(seed)
    return stirred(Pix2Pix(width=4, picture_shape=shape, **more))


def stirred(model):
    """With biases, and weights in the generator's last layer: no map is 0 where its input is."""
    chance = np.random.default_rng(1)
    with tg.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias") or name == "generator.output.weight":
                drawn = 0.3 * chance.standard_normal(parameter.shape)
                parameter.copy_(tg.tensor(drawn.astype(parameter.dtype)))
    return model


def clean_for(model, count=4, seed=0):
    like = next(model.parameters())
    pictures = np.random.default_rng(seed).random((count, *model.picture_shape))
    return tg.tensor(pictures.astype(like.dtype), device=like.device)


def pairs_for(model, count=4):
    """Edges, pictures, and what the generator makes of the edges."""
    clean = clean_for(model, count)
    edges = edge_map(clean)
    return edges, clean, model(edges)


def state(network):
    """All parameters, buffers and gradients, as bytes."""
    kept = {name: array.tobytes() for name, array in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        gradient = parameter.grad
        kept[f"{name}.grad"] = None if gradient is None else values(gradient).tobytes()
    return kept


def play(model, steps=1, **settings):
    step = model.adversarial_step(model.configure_optimizers(**settings))
    for number in range(steps):
        loss, numbers = step(model, (clean_for(model, seed=number), None))
    return loss, numbers


# ---- turns -------------------------------------------------------------------------------------


def test_a_step_of_the_discriminator_leaves_the_generator_byte_for_byte():
    model = new()
    play(model, 2)  # so that there are gradients and running statistics
    before, other = state(model.generator), state(model.discriminator)

    optimizer = model.configure_optimizers()["discriminator"]
    model.discriminator_step(*pairs_for(model), optimizer)

    assert state(model.generator) == before
    assert state(model.discriminator) != other


def test_a_step_of_the_generator_leaves_the_discriminator_byte_for_byte():
    model = new()
    play(model, 2)
    before, other = state(model.discriminator), state(model.generator)
    assert before["1.weight.grad"] is not None

    optimizer = model.configure_optimizers()["generator"]
    model.generator_step(*pairs_for(model), optimizer)

    assert state(model.discriminator) == before
    assert state(model.generator) != other


def test_both_learn_in_a_turn_and_say_so():
    model = new()
    players = model.generator, model.discriminator
    before = [state(player) for player in players]

    loss, numbers = play(model)

    assert all(state(player) != kept for player, kept in zip(players, before, strict=True))
    assert set(numbers) == {"discriminator", "generator", "l1", "real", "fake"}
    assert loss.item() == numbers["discriminator"].item()


def test_evaluation_shows_the_same_numbers_and_trains_nothing():
    model = new()
    before = state(model)
    clean = clean_for(model)

    loss, numbers = model.eval().training_step((clean, None))

    assert state(model) == before
    assert loss.item() == numbers["discriminator"].item()
    edges = edge_map(clean)
    assert numbers["l1"].item() == pytest.approx(
        np.abs(values(model(edges)) - clean.numpy()).mean(), rel=1e-5
    )
    assert set(numbers) == {"discriminator", "generator", "l1", "real", "fake"}


def test_a_trainer_trains_it():
    model = new()
    optimizers = model.configure_optimizers(1e-3)
    batches = [(clean_for(model, seed=number), tg.zeros(4)) for number in range(3)]

    trainer = Trainer(
        model, optimizers, step=model.adversarial_step(optimizers), progress=None, diagnose=False
    )
    history = trainer.fit(batches, 2)

    assert len(history.rows) == 2
    assert all(math.isfinite(row["l1"]) for row in history.rows)


@pytest.mark.parametrize("names", [[], ["generator"], ["generator", "critic"]])
def test_there_must_be_an_optimizer_for_each(names):
    model = new()
    optimizers = {name: SGD(model.parameters(), lr=0.1) for name in names}

    with pytest.raises(ValueError, match="one for 'discriminator', got .*configure_optimizers"):
        model.adversarial_step(optimizers)


# ---- losses ------------------------------------------------------------------------------------


def test_where_the_discriminator_knows_nothing_its_loss_is_ln_2():
    """Isola et al. halve the objective, 2 ln 2 there."""
    model = new()
    last = list(model.discriminator)[-1]
    with tg.no_grad():
        last.weight.zero_()
        last.bias.zero_()

    loss, numbers = model.training_step((clean_for(model), None))

    assert loss.item() == pytest.approx(math.log(2), rel=1e-5)
    assert numbers["generator"].item() == pytest.approx(math.log(2), rel=1e-5)
    assert numbers["real"].item() == numbers["fake"].item() == 0.5


def test_at_first_the_edges_are_the_answer():
    model = Pix2Pix(width=4, picture_shape=SHAPE)
    edges, clean, made = pairs_for(model)

    assert np.array_equal(values(made), values(edges))
    _, numbers = model.training_step((clean, None))
    expected = np.abs(values(edges) - values(clean)).mean()
    assert numbers["l1"].item() == pytest.approx(expected, rel=1e-5)


def test_every_patch_has_a_score_of_its_own():
    model = new((1, 28, 28)).eval()
    edges, clean, _ = pairs_for(model, 1)
    other = clean.clone()
    other[0, 0, 0, 0] += 1.0

    scores = [values(model.discriminator(tg.cat([edges, one], 1))) for one in (clean, other)]

    changed = scores[0] != scores[1]
    assert changed.shape == (1, 1, 7, 7)
    assert changed[0, 0, 0, 0]
    assert not changed[0, 0, 3:].any()
    assert not changed[0, 0, :, 3:].any()


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_every_parameter_has_the_right_slope(player):
    """In float64, along a random direction, by central differences of what the player minimizes."""
    model = new(l1=3.0, seed=1).to(tg.float64)
    clean = clean_for(model)
    edges = edge_map(clean)
    losses, network = LOSSES["non-saturating"], getattr(model, player)

    def scores(pictures):
        return model.discriminator(tg.cat([edges, pictures], 1))

    def loss():
        made = model(edges)
        if player == "discriminator":
            return losses.discriminator(scores(clean), scores(made)).item() / 2
        error = np.abs(values(made) - values(clean)).mean()
        return losses.generator(scores(made)).item() + 3.0 * error

    step = model.discriminator_step if player == "discriminator" else model.generator_step
    step(edges, clean, model(edges), SGD(network.parameters(), lr=0.0))
    chance = np.random.default_rng(0)
    for name, parameter in network.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        direction /= np.linalg.norm(direction)
        around = []
        for sign in (1, -1):
            with tg.no_grad():
                parameter.add_(tg.tensor(sign * 1e-6 * direction))
                around.append(loss())
                parameter.sub_(tg.tensor(sign * 1e-6 * direction))
        computed = (parameter.grad.numpy() * direction).sum()
        assert computed == pytest.approx((around[0] - around[1]) / 2e-6, rel=1e-4, abs=1e-8), name
        assert np.abs(parameter.grad.numpy()).max() > 0, name


def test_it_learns_twenty_pictures_by_heart():
    tg.manual_seed(0)
    model = Pix2Pix(width=8, picture_shape=(1, 8, 8))
    chance = np.random.default_rng(0)
    pictures = np.zeros((20, 1, 8, 8), np.float32)
    for picture in pictures:
        top, left = chance.integers(0, 4, 2)
        picture[0, top : top + 4, left : left + 4] = 0.8
    batch = tg.tensor(pictures), None
    step = model.adversarial_step(model.configure_optimizers(lr=0.01))

    errors = [step(model, batch)[1]["l1"].item() for _ in range(60)]

    assert errors[-1] < 0.3 * errors[0]


# ---- use ---------------------------------------------------------------------------------------


def test_every_backend_gives_the_same_numbers(backend):
    results = []
    for device in ("cpu", backend.device):
        model = new().to(device)
        _, numbers = play(model, 2, lr=1e-3)
        made = model.restore(edge_map(clean_for(model)))
        assert made.device == device
        results.append(([value.item() for value in numbers.values()], values(made)))

    (one, pictures), (other, other_pictures) = results
    np.testing.assert_allclose(one, other, rtol=1e-3)
    np.testing.assert_allclose(pictures, other_pictures, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 8, 12), (3, 32, 32)])
def test_what_it_draws_are_pictures(shape):
    model = new(shape)
    with tg.no_grad():
        model.generator.output.bias.fill_(0.9)  # far out of the range

    made = model.restore(edge_map(clean_for(model)))

    assert tuple(made.shape) == (4, *shape)
    assert not made.requires_grad
    model.check_pictures(made)
    assert model.training


def test_many_pictures_are_drawn_some_at_a_time():
    model = new((1, 4, 4))
    counts = []
    model.generator.register_forward_hook(lambda _, __, maps: counts.append(len(maps)))

    assert len(model.restore(tg.zeros(AT_ONCE + 1, 1, 4, 4))) == AT_ONCE + 1
    assert counts == [AT_ONCE, 1]


def test_a_saved_model_draws_the_same(tmp_path):
    model = new()
    play(model)
    path = tmp_path / "model.npz"
    arguments = {"width": 4, "picture_shape": list(SHAPE)}
    save_checkpoint(path, model=model, architecture="pix2pix", arguments=arguments)

    again = from_checkpoint(path)

    assert isinstance(again, Pix2Pix)
    edges = edge_map(clean_for(model))
    assert np.array_equal(again.restore(edges).numpy(), model.restore(edges).numpy())


def test_it_is_small_enough_to_be_shipped():
    size = sum(parameter.numel() for parameter in Pix2Pix().parameters())

    assert 2 * size < 250_000  # bytes of 16-bit floats


# ---- what makes no sense -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: create("pix2pix", width=0), "Pix2Pix: width must be at least 1, got 0"),
        (lambda: Pix2Pix(l1=-1.0), "Pix2Pix: l1 must be at least 0, got -1.0"),
        (lambda: Pix2Pix(picture_shape=(1, 30, 28)), "4 must divide them, got 30 x 28"),
        (lambda: new().restore(tg.zeros(2, 1, 28, 28)), r"Pix2Pix takes .*\(N, 1, 8, 12\), got"),
        (lambda: new().restore(2 * tg.ones(2, 1, 8, 12)), "from 0 to 1, got values from 2 to 2"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_edges_are_floats():
    with pytest.raises(TypeError, match="takes floats from 0 to 1, got int64"):
        new().restore(tg.randint(0, 2, (2, 1, 8, 12)))
