from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, values
from tinygen import nn
from tinygen.data import draw_ring
from tinygen.io import CheckpointError, save_checkpoint
from tinygen.models import gan
from tinygen.models.gan import DCGAN, WGANGP, ConditionalGAN, DenseGAN, PointGAN
from tinygen.optim import SGD
from tinygen.train import Trainer

SMALL = {"picture_shape": (1, 16, 16), "latent": 5, "width": 3}
"""Two convolutions deep, so that the discriminator has batch norm."""

KINDS = {
    "dense": (DenseGAN, {"picture_shape": (1, 6, 6), "latent": 4, "hidden": (7, 8)}),
    "dense, conditional": (
        DenseGAN,
        {"picture_shape": (1, 6, 6), "latent": 4, "hidden": [8], "classes": 3, "pack": 2},
    ),
    "convolutional": (DCGAN, SMALL),
    "conditional": (ConditionalGAN, {**SMALL, "classes": 3}),
    "packed": (DCGAN, {**SMALL, "pack": 2, "loss": "least-squares", "classes": 3}),
    "spectral norm": (DCGAN, {**SMALL, "spectral_norm": True, "loss": "hinge"}),
    "r1": (ConditionalGAN, {**SMALL, "classes": 3, "r1": 5.0}),
    "wasserstein": (WGANGP, SMALL),
    "hidden layer": (DCGAN, {**SMALL, "hidden": 7, "r1": 0.2}),
    "points": (PointGAN, {"latent": 3, "hidden": (6, 5), "pack": 2}),
}

every_kind = pytest.mark.parametrize("kind", KINDS)


def new(kind, **more):
    make, arguments = KINDS[kind]
    tg.manual_seed(0)
    return make(**{**arguments, **more})


def batch_for(model, n=6, seed=0):
    """Samples, and the labels 0, 1, 2, 0, 1, 2, ..."""
    like = next(model.parameters())
    shape = (2,) if isinstance(model, PointGAN) else model.picture_shape
    samples = np.random.default_rng(seed).random((n, *shape)).astype(like.dtype)
    labels = np.arange(n) % (model.classes or 3)
    return tg.tensor(samples, device=like.device), tg.tensor(labels, device=like.device)


def state(network):
    """All parameters, buffers and gradients, as bytes."""
    kept = {name: array.tobytes() for name, array in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        gradient = parameter.grad
        kept[f"{name}.grad"] = None if gradient is None else values(gradient).tobytes()
    return kept


def weights(network):
    """The parameters that are no biases, as arrays."""
    named = network.named_parameters()
    return {name: values(weight).copy() for name, weight in named if weight.ndim > 1}


def play(model, steps=1, n=6, **settings):
    """Turns of both players; the last one's loss and numbers."""
    step = model.adversarial_step(model.configure_optimizers(**settings))
    for number in range(steps):
        loss, numbers = step(model, batch_for(model, n, number))
    return loss, numbers


def still(network):
    """An optimizer that moves nothing: a step then computes gradients only."""
    return SGD(network.parameters(), lr=0.0)


def verdict(model, batch, seed=0):
    """The numbers of a step of the discriminator that leaves its weights as they are."""
    tg.manual_seed(seed)
    numbers = model.discriminator_step(*batch, still(model.discriminator))
    return {name: value.item() for name, value in numbers.items()}


def generators_loss(model, labels=None, n=6, seed=0):
    """Of a step of the generator that leaves its weights as they are."""
    tg.manual_seed(seed)
    return model.generator_step(n, labels, still(model.generator))["generator"].item()


@tg.no_grad()
def without_opinion(model):
    """Let the discriminator give every sample the score 0."""
    for name, parameter in model.discriminator.named_parameters():
        if name.startswith(("score.", "class_scores.")):
            parameter.fill_(0.0)
    return model


# ---- a step of one player leaves the other alone -------------------------------------------------


@every_kind
def test_a_step_of_the_discriminator_leaves_the_generator_byte_for_byte(kind):
    model = new(kind)
    play(model, steps=2)  # so that there are gradients and running statistics
    generator, average, before = (
        state(model.generator), state(model.average), weights(model.discriminator)
    )  # fmt: skip

    optimizer = model.configure_optimizers()["discriminator"]
    model.discriminator_step(*batch_for(model), optimizer)

    assert state(model.generator) == generator
    assert state(model.average) == average
    after = weights(model.discriminator)
    assert not any(np.array_equal(before[name], after[name]) for name in before)


@every_kind
def test_a_step_of_the_generator_leaves_the_discriminator_byte_for_byte(kind):
    model = new(kind)
    play(model, steps=2)
    discriminator, average, before = (
        state(model.discriminator), state(model.average), weights(model.generator)
    )  # fmt: skip
    assert discriminator["score.bias.grad"] is not None

    optimizer = model.configure_optimizers()["generator"]
    model.generator_step(6, batch_for(model)[1], optimizer)

    assert state(model.discriminator) == discriminator
    assert state(model.average) != average
    after = weights(model.generator)
    assert not any(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_running_statistics_move_in_a_players_own_step_only(player):
    model = new("convolutional")
    networks = {"generator": model.generator, "discriminator": model.discriminator}
    before = {name: network.state_dict() for name, network in networks.items()}

    if player == "generator":
        generators_loss(model)
    else:
        verdict(model, batch_for(model))

    for name, network in networks.items():
        after = network.state_dict()
        moved = [n for n in after if not np.array_equal(after[n], before[name][n])]
        running = [n for n in after if "running" in n or "tracked" in n]
        assert moved == (running if name == player else [])


def test_in_the_others_step_a_network_normalizes_by_the_batch():
    """Running statistics change nothing there, however wrong they are."""
    right, wrong = new("convolutional"), new("convolutional")
    with tg.no_grad():
        for name, buffer in wrong.named_buffers():
            if "running" in name:
                buffer.fill_(1000.0)

    assert verdict(right, batch_for(right)) == verdict(wrong, batch_for(wrong))
    assert generators_loss(right) == generators_loss(wrong)


def test_no_gradient_is_left_over_for_the_next_step():
    """Errata G3: the generator's loss has a gradient by the discriminator, too."""
    gradients = []
    for after_others in (False, True):
        model = new("dense")
        if after_others:
            generators_loss(model)
            verdict(model, batch_for(model, seed=1))
        verdict(model, batch_for(model))
        gradients.append([values(weight.grad) for weight in model.discriminator.parameters()])

    for alone, after in zip(*gradients, strict=True):
        assert np.array_equal(alone, after)


# ---- what the losses depend on -------------------------------------------------------------------


@every_kind
def test_the_discriminators_loss_changes_when_the_real_data_change(kind):
    """Errata G1. What it says of fakes does not: real and fake samples go through it apart."""
    first, other = (verdict(new(kind), batch_for(new(kind), seed=seed)) for seed in (1, 2))

    assert first["discriminator"] != other["discriminator"]
    assert first["real"] != other["real"]
    assert first["fake"] == other["fake"]


@every_kind
def test_the_players_have_different_losses(kind):
    """Errata G2."""
    loss, numbers = play(new(kind, critic_steps=1))

    assert set(numbers) == {"discriminator", "generator", "real", "fake"}
    assert all(math.isfinite(value.item()) for value in numbers.values())
    assert abs(loss.item() - numbers["generator"].item()) > 0.01


@pytest.mark.parametrize("kind", ["dense", "convolutional", "conditional", "points"])
def test_a_discriminator_without_an_opinion_has_a_loss_of_two_ln_2(kind):
    numbers = verdict(without_opinion(new(kind)), batch_for(new(kind)))

    assert numbers["loss"] == numbers["discriminator"] == pytest.approx(2 * math.log(2))
    assert numbers["generator"] == pytest.approx(math.log(2))
    assert numbers["real"] == numbers["fake"] == 0.5


def test_the_first_loss_of_the_dense_gan_is_near_two_ln_2():
    tg.manual_seed(0)
    model = DenseGAN()

    numbers = verdict(model, batch_for(model, 32))

    assert numbers["loss"] == pytest.approx(2 * math.log(2), abs=0.1)


def test_verdicts_are_probabilities_or_scores_as_the_loss_has_it():
    model = without_opinion(new("convolutional"))
    scores = without_opinion(new("convolutional", loss="hinge"))
    with tg.no_grad():
        for one in (model, scores):
            one.discriminator.score.bias.fill_(math.log(3))

    probability, score = (verdict(one, batch_for(one))["real"] for one in (model, scores))

    assert probability == pytest.approx(0.75)
    assert score == pytest.approx(math.log(3))


@pytest.mark.parametrize(("kind", "option"), [("r1", "r1"), ("wasserstein", "gradient_penalty")])
def test_a_penalty_is_added_with_its_weight(kind, option):
    penalties = []
    for weight in (1.0, 3.0):
        model = new(kind, **{option: weight})
        numbers = verdict(model, batch_for(model))
        penalties.append(numbers["loss"] - numbers["discriminator"])

    assert penalties[0] > 0
    assert penalties[1] == pytest.approx(3 * penalties[0], rel=1e-4)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "spectral norm"])
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_every_parameter_has_the_right_slope(kind, player):
    """In float64, along a random direction, by central differences.

    Spectral norm takes its singular vectors for constants: its own tests are among those of nn.
    """
    model = new(kind).to(tg.float64)
    batch, chance = batch_for(model), np.random.default_rng(0)
    for parameter in model.parameters():  # away from the kinks, which small weights are close to
        parameter.data += 0.2 * chance.standard_normal(parameter.shape)

    def loss():
        if player == "generator":
            return generators_loss(model, batch[1])
        return verdict(model, batch)["loss"]

    loss()
    network = getattr(model, player)
    gradients = {name: values(weight.grad).copy() for name, weight in network.named_parameters()}
    for name, parameter in network.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        eps = 1e-6 / np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            parameter.data += sign * eps * direction
            parameter.bump_version()
            losses.append(loss())
            parameter.data -= sign * eps * direction
            parameter.bump_version()
        slope = (losses[0] - losses[1]) / (2 * eps)
        computed = (gradients[name] * direction).sum()
        assert computed == pytest.approx(slope, rel=1e-4, abs=1e-7), name


# ---- the networks --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize(
    ("make", "options"),
    [(DenseGAN, {}), (DCGAN, {"width": 4}), (ConditionalGAN, {"width": 4}), (WGANGP, {"width": 4})],
)
def test_pictures_have_the_shape_and_the_range_of_the_real_ones(make, options, shape):
    """Errata G8 and G9."""
    model = make(picture_shape=shape, **options)

    pictures = model.sample(3)

    assert pictures.shape == (3, *shape)
    assert pictures.dtype == np.float32
    model.check_pictures(pictures)
    with tg.no_grad():
        for weight in model.generator.parameters():
            weight.mul_(1e3)
    extreme = model.sample(3, average=False).numpy()
    assert extreme.min() == 0
    assert extreme.max() == 1


@every_kind
def test_the_discriminator_gives_one_score_to_each_sample(kind):
    """Errata G10; and G7: the last layer is linear, so that a bias moves every score by itself."""
    model = new(kind, pack=1).eval()
    samples, labels = batch_for(model)
    hot = nn.functional.one_hot(labels, model.classes).float() if model.classes else None
    with tg.no_grad():
        before = model.discriminator(samples, hot).numpy()
        model.discriminator.score.bias.sub_(5.0)
        after = model.discriminator(samples, hot).numpy()

    assert before.shape == (6,)
    np.testing.assert_allclose(after, before - 5, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
def test_the_discriminator_sees_where_pixels_are(kind):
    """Errata G10: a network for each pixel alone would not."""
    model = new(kind).eval()
    samples, _ = batch_for(model)

    with tg.no_grad():
        scores, turned = (model.discriminator(x).numpy() for x in (samples, samples.flip(2)))

    assert not np.allclose(scores, turned, rtol=1e-3)


@every_kind
def test_each_activation_stands_alone(kind):
    """Errata G6: a ReLU after a leaky one undoes the leak."""
    model = new(kind)
    activations = nn.ReLU | nn.LeakyReLU
    for network, wanted in ((model.generator, nn.ReLU), (model.discriminator, nn.LeakyReLU)):
        leaves = [m for m in network.modules() if not list(m.children())]
        kinds = {type(m) for m in leaves if isinstance(m, activations)}
        assert kinds == {nn.LeakyReLU if kind == "points" else wanted}
        assert all(m.negative_slope == 0.2 for m in leaves if isinstance(m, nn.LeakyReLU))
        assert not any(
            isinstance(one, activations) and isinstance(other, activations)
            for one, other in pairwise(leaves)
        )


def test_the_dense_gan_has_the_layers_of_the_article_corrected():
    shapes = [w.shape for w in DenseGAN().generator.parameters() if w.ndim > 1]
    judging = [w.shape for w in DenseGAN().discriminator.parameters() if w.ndim > 1]

    assert shapes == [(256, 64), (512, 256), (784, 512)]
    assert judging == [(512, 784), (256, 512), (1, 256)]


@pytest.mark.parametrize(
    ("shape", "generating", "judging"),
    [
        ((1, 28, 28), [(128, 64), (64, 1)], [(64, 1), (128, 64)]),
        ((3, 32, 32), [(256, 128), (128, 64), (64, 3)], [(64, 3), (128, 64), (256, 128)]),
    ],
)
def test_the_convolutions_are_those_of_radford(shape, generating, judging):
    """Kernels of 4 x 4; batch norm but at the generator's end and the discriminator's beginning."""
    model = DCGAN(picture_shape=shape)
    up, down = (
        [w.shape for w in network.parameters() if w.ndim == 4]
        for network in (model.generator, model.discriminator)
    )

    assert up == [(*channels, 4, 4) for channels in generating]
    assert down == [(*channels, 4, 4) for channels in judging]
    norms = [
        [m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        for network in (model.generator, model.discriminator)
    ]
    assert norms == [[channels[0] for channels in generating], [c[0] for c in judging[1:]]]


def test_weights_of_the_dcgan_are_drawn_from_a_narrow_normal_distribution():
    """Errata G12."""
    model = DCGAN()
    for network in (model.generator, model.discriminator):
        drawn = np.concatenate([weight.ravel() for weight in weights(network).values()])
        assert abs(drawn.mean()) < 5 * 0.02 / math.sqrt(drawn.size)
        assert drawn.std() == pytest.approx(0.02, rel=0.02)
    biases = [n for n, p in model.named_parameters() if n.endswith("bias") and p.ndim == 1]
    state_of = model.state_dict()
    assert biases
    assert not any(state_of[name].any() for name in biases)


@pytest.mark.parametrize("kind", ["wasserstein", "spectral norm", "r1", "hidden layer"])
def test_no_batch_norm_where_the_slope_of_each_picture_counts(kind):
    model = new(kind)
    samples, labels = batch_for(model)
    hot = nn.functional.one_hot(labels, model.classes).float() if model.classes else None

    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.discriminator.modules())
    model.discriminator.eval()  # spectral norm learns nothing more
    with tg.no_grad():
        together = model.discriminator(samples, hot).numpy()
        alone = model.discriminator(samples[:1], None if hot is None else hot[:1]).numpy()
    np.testing.assert_allclose(alone, together[:1], rtol=1e-4, atol=1e-6)


def test_a_hidden_layer_sees_the_whole_picture():
    layers = new("hidden layer").discriminator.layers
    samples, _ = batch_for(new("hidden layer"), n=1)
    samples.requires_grad_()

    (slopes,) = tg.grad(layers(samples)[0, :1].sum() + layers(samples)[0].abs().sum(), samples)

    assert layers(samples).shape == (1, 7)
    assert (values(slopes) != 0).all()


def test_spectral_norm_keeps_the_largest_singular_value_at_one():
    model = new("spectral norm", classes=3)
    for number in range(40):
        verdict(model, batch_for(model), seed=number)

    layers = [m for m in model.discriminator.modules() if isinstance(m, nn.Conv2d | nn.Dense)]
    assert len(layers) == 4
    for layer in layers:
        matrix = values(layer.weight).reshape(layer.weight.shape[0], -1)
        assert np.linalg.svd(matrix, compute_uv=False)[0] == pytest.approx(1, rel=0.02)
    assert not any("weight_orig" in name for name, _ in model.generator.named_parameters())


def test_the_wasserstein_gan_takes_its_papers_settings():
    model = WGANGP(**SMALL)
    optimizers = model.configure_optimizers()

    assert model.losses is gan.LOSSES["wasserstein"]
    assert model.gradient_penalty == 10
    assert model.critic_steps == 2
    for optimizer in optimizers.values():
        assert optimizer.param_groups[0]["lr"] == 1e-4
        assert optimizer.param_groups[0]["betas"] == (0.0, 0.9)


# ---- packing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dense", "convolutional", "points"])
def test_packs_are_neighbours_joined_along_the_channels(kind):
    model = new(kind, pack=3)
    samples, _ = batch_for(model, 6)
    seen = []
    model.discriminator.register_forward_pre_hook(lambda _, args: seen.append(values(args[0])))

    verdict(model, (samples, None))

    given = samples.numpy()
    expected = np.stack([np.concatenate(list(given[first : first + 3])) for first in (0, 3)])
    assert np.array_equal(seen[0], expected)
    assert seen[1].shape == expected.shape


def test_a_pack_has_a_score_for_the_class_of_each_of_its_members():
    model = new("packed")
    samples, labels = batch_for(model, 4)
    seen = []

    def remember(_, args, scores):
        seen.append(args[0].shape)

    model.discriminator.register_forward_hook(remember)
    verdict(model, (samples, labels))

    assert seen == [(2, 2, 16, 16)] * 2
    assert model.discriminator.class_scores.weight.shape[0] == 2 * 3


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_batch_that_does_not_divide_into_packs_is_refused(player):
    model = new("packed")
    batch = batch_for(model, 5)
    step = {
        "generator": lambda: generators_loss(model, n=5),
        "discriminator": lambda: verdict(model, batch),
    }[player]

    with pytest.raises(ValueError, match="packs 2 samples into one, which a batch of 5"):
        step()


# ---- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dense, conditional", "conditional"])
def test_labels_change_pictures_and_verdicts(kind):
    model = new(kind, pack=1)
    z, (samples, labels) = model.noise(6), batch_for(model)
    others = tg.tensor([1, 2, 0, 1, 2, 0])

    with tg.no_grad():
        pictures, changed = (model.generate(z, y).numpy() for y in (labels, others))
    assert all(not np.array_equal(a, b) for a, b in zip(pictures, changed, strict=True))
    first, second = (verdict(model, (samples, y))["real"] for y in (labels, others))
    assert first != second


def test_without_labels_classes_come_in_turn():
    model = new("conditional")
    pictures = []
    for labels in (None, [0, 1, 2, 0], np.array([0, 1, 2, 0]), tg.tensor([0, 1, 2, 0])):
        tg.manual_seed(3)
        pictures.append(model.sample(4, labels).numpy())

    for others in pictures[1:]:
        assert np.array_equal(pictures[0], others)


def test_a_gan_without_classes_does_not_look_at_labels_in_training():
    first, other = new("dense"), new("dense")
    samples, labels = batch_for(first)

    assert verdict(first, (samples, labels)) == verdict(other, (samples, None))
    assert generators_loss(first, labels) == generators_loss(other, None)


@pytest.mark.parametrize(
    ("make", "options", "steps"),
    [
        (DenseGAN, {"hidden": (32, 32)}, 260),
        (ConditionalGAN, {"width": 6}, 150),
        (WGANGP, {"width": 6, "critic_steps": 1}, 250),
    ],
)
def test_twenty_pictures_are_learned_with_their_labels(make, options, steps):
    """Halves of a square, a class each."""
    tg.manual_seed(0)
    model = make(picture_shape=(1, 8, 8), latent=4, classes=4, ema_decay=0.9, **options)
    patterns = np.zeros((4, 1, 8, 8), np.float32)
    patterns[0, :, :4] = patterns[1, :, 4:] = 1
    patterns[2, :, :, :4] = patterns[3, :, :, 4:] = 1
    labels = np.arange(20) % 4
    noise = 0.1 * np.random.default_rng(0).random((20, 1, 8, 8), np.float32)
    batch = tg.tensor(0.9 * patterns[labels] + noise), tg.tensor(labels)

    step = model.adversarial_step(model.configure_optimizers(lr=2e-3))
    for _ in range(steps):
        step(model, batch)

    pictures = model.sample(40).numpy()
    distances = ((pictures[:, None] - patterns) ** 2).mean(axis=(2, 3, 4))
    assert np.array_equal(distances.argmin(axis=1), np.arange(40) % 4)
    assert distances.min(axis=1).mean() < 0.05  # a grey square is 0.25 away from each


@pytest.mark.parametrize("kind", ["dense", "dense, conditional", "conditional"])
def test_the_discriminator_can_tell_twenty_samples_from_fakes(kind):
    model = new(kind)
    optimizer = model.configure_optimizers(lr=0.01)["discriminator"]
    batch = batch_for(model, 20)

    for _ in range(80):
        numbers = model.discriminator_step(*batch, optimizer)

    assert numbers["loss"].item() < 0.1


# ---- optimizers and the trainer ------------------------------------------------------------------


@every_kind
def test_each_player_has_an_optimizer_of_its_own(kind):
    """Errata G4 and G5."""
    model = new(kind)
    optimizers = model.configure_optimizers()
    before = [name for name, _ in model.named_parameters()]
    play(model, steps=2)

    assert [name for name, _ in model.named_parameters()] == before
    for name, network in (("generator", model.generator), ("discriminator", model.discriminator)):
        (group,) = optimizers[name].param_groups
        assert [id(p) for p in group["params"]] == [id(p) for p in network.parameters()]


def test_optimizers_take_other_settings():
    optimizers = new("dense").configure_optimizers(lr=0.5, betas=(0.1, 0.2))

    for optimizer in optimizers.values():
        assert optimizer.param_groups[0]["lr"] == 0.5
        assert optimizer.param_groups[0]["betas"] == (0.1, 0.2)


@pytest.mark.parametrize(("critic_steps", "moves"), [(1, 6), (2, 3), (4, 1)])
def test_the_generator_moves_after_so_many_steps_of_the_discriminator(critic_steps, moves):
    model = new("dense", critic_steps=critic_steps)
    optimizers = model.configure_optimizers()
    step = model.adversarial_step(optimizers)
    for _ in range(6):
        step(model, batch_for(model))

    assert optimizers["discriminator"].steps_taken == 6
    assert optimizers["generator"].steps_taken == moves


def trained(kind, epochs, out, resume=None):
    model = new(kind)
    optimizers = model.configure_optimizers()
    trainer = Trainer(
        model, optimizers, step=model.adversarial_step(optimizers), seed=5, out=out, progress=None,
        evaluation_step=lambda model, batch: model.training_step(batch),
    )  # fmt: skip
    batches = [batch_for(model, seed=seed) for seed in range(3)]
    return model, trainer.fit(batches, epochs, validation=batches[:1], resume=resume)


@pytest.mark.parametrize("kind", ["wasserstein", "conditional"])
def test_a_trainer_trains_both_and_can_be_resumed(kind, tmp_path):
    """Three batches an epoch, two critic steps: the second epoch begins in the midst of a turn."""
    whole, history = trained(kind, 2, tmp_path / "whole")
    trained(kind, 1, tmp_path / "parts")
    resumed, _ = trained(kind, 2, tmp_path / "parts", resume="auto")

    assert {"loss", "discriminator", "generator", "real", "fake", "val_loss"} <= set(history)
    for name, array in whole.state_dict().items():
        assert np.array_equal(array, resumed.state_dict()[name]), name


@every_kind
def test_evaluation_trains_nothing(kind):
    model = new(kind)
    play(model)
    before = state(model)

    model.eval()
    with tg.no_grad():
        loss, numbers = model.training_step(batch_for(model))

    assert state(model) == before
    assert math.isfinite(loss.item())
    assert set(numbers) == {"discriminator", "generator", "real", "fake"}


# ---- the moving average --------------------------------------------------------------------------


def test_the_average_is_what_its_formula_says():
    model = new("convolutional", ema_decay=0.8)
    step, seen = model.adversarial_step(model.configure_optimizers(lr=0.01)), []
    for number in range(5):
        step(model, batch_for(model, seed=number))
        seen.append(model.generator.state_dict())

    computed = model.average.module.state_dict()
    for name in weights(model.generator):
        first, *others = (moment[name].astype(np.float64) for moment in seen)
        expected = 0.8**4 * first
        expected = expected + sum(0.2 * 0.8 ** (3 - k) * w for k, w in enumerate(others))
        np.testing.assert_allclose(computed[name], expected, rtol=1e-4, atol=1e-7)
    running = [name for name in computed if "running" in name]
    assert running
    assert all(np.array_equal(computed[name], seen[-1][name]) for name in running)


def test_samples_are_the_averages_unless_asked_otherwise():
    model = new("dense", ema_decay=0.5)
    play(model, steps=3, lr=0.05)
    z = model.noise(2)

    with tg.no_grad():
        assert np.array_equal(model.generate(z).numpy(), model.average(z).numpy())
        assert np.array_equal(model.generate(z, average=False), model.generator(z).numpy())
        assert not np.array_equal(model.generate(z), model.generate(z, average=False))


def test_the_average_is_not_trained():
    model = new("dense")

    assert not any(weight.requires_grad for weight in model.average.parameters())
    assert all(weight.requires_grad for weight in model.generator.parameters())


def test_there_need_be_no_average():
    model = new("dense", ema_decay=None)
    play(model)

    assert model.average is None
    assert model.sample(2).shape == (2, 1, 6, 6)


# ---- sampling ------------------------------------------------------------------------------------


def test_noise_is_standard_normal_and_seeded():
    """Errata G11."""
    model = new("dense")
    z = model.noise(20_000).numpy()

    assert z.shape == (20_000, 4)
    assert abs(z.mean()) < 5 / math.sqrt(z.size)
    assert z.var() == pytest.approx(1, abs=5 * math.sqrt(2 / z.size))
    tg.manual_seed(1)
    first = model.sample(3).numpy()
    tg.manual_seed(1)
    assert np.array_equal(model.sample(3).numpy(), first)
    assert not np.array_equal(model.sample(3).numpy(), first)


@every_kind
def test_sampling_changes_nothing(kind):
    model = new(kind)
    play(model)
    model.train()
    model.discriminator.eval()
    before = state(model)

    pictures = model.sample(3)

    assert not pictures.requires_grad
    assert state(model) == before
    assert model.training
    assert model.generator.training
    assert not model.discriminator.training


def test_many_samples_are_drawn_in_parts(monkeypatch):
    model = new("conditional")
    pictures = []
    for at_once in (250, 3):
        monkeypatch.setattr(gan, "AT_ONCE", at_once)
        tg.manual_seed(0)
        pictures.append(model.sample(7, [2, 1, 0, 2, 1, 0, 2]).numpy())

    np.testing.assert_allclose(*pictures, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["dense, conditional", "conditional", "points"])
def test_pictures_have_gradients_by_their_latent_vectors(kind):
    model = new(kind).to(tg.float64).eval()
    z = model.noise(3).requires_grad_()

    assert gradients_are_right(lambda: model.generate(z).sum(0), z)


@pytest.mark.parametrize("kind", ["dense, conditional", "conditional", "wasserstein", "points"])
def test_numbers_and_pictures_are_the_same_on_every_device(kind, backend):
    results = []
    for device in ("cpu", backend.device):
        model = new(kind).to(device)
        tg.manual_seed(2)
        numbers = play(model, steps=2, lr=1e-3)[1]
        pictures = model.sample(4)
        assert pictures.device == device
        results.append((values(pictures), [value.item() for value in numbers.values()]))

    (pictures, numbers), (pictures_there, numbers_there) = results
    np.testing.assert_allclose(pictures_there, pictures, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(numbers_there, numbers, rtol=1e-3, atol=1e-4)


@every_kind
def test_a_saved_model_gives_the_same_samples(kind, tmp_path):
    model = new(kind)
    play(model, steps=3, lr=0.01)
    path, (make, arguments) = tmp_path / "gan.npz", KINDS[kind]
    save_checkpoint(path, model=model, architecture=model.name, arguments=arguments)

    loaded = make.from_checkpoint(path)

    for average in (True, False):
        samples = []
        for one in (model, loaded):
            tg.manual_seed(4)
            samples.append(one.sample(3, average=average).numpy())
        assert np.array_equal(*samples)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "gan.npz"
    save_checkpoint(path, model=new("dense"), architecture="gan", arguments=KINDS["dense"][1])

    with pytest.raises(CheckpointError, match="holds a 'gan', not a 'dcgan'"):
        DCGAN.from_checkpoint(path)


# ---- inversion -----------------------------------------------------------------------------------


def varied(kind="dense"):
    """A generator whose pictures differ much."""
    model = new(kind, ema_decay=None)
    with tg.no_grad():
        for weight in model.generator.parameters():
            weight.mul_(3.0)
    return model


def errors(pictures, others):
    return ((np.asarray(pictures) - np.asarray(others)) ** 2).reshape(len(pictures), -1).sum(axis=1)


@pytest.mark.parametrize("kind", ["dense", "dense, conditional"])
def test_the_generators_own_pictures_are_found_again(kind):
    model = varied(kind)
    labels = [2, 0, 1, 1, 2] if model.classes else None
    pictures = model.sample(5, labels)
    before = state(model)

    z, found = model.invert(pictures, labels, steps=100, restarts=4, prior=1e-4)

    assert z.shape == (5, 4)
    assert found.shape == pictures.shape
    assert not z.requires_grad
    from_mean = errors(pictures, pictures.mean(0, keepdim=True))
    assert (errors(pictures, found) < 0.2 * from_mean).all()
    model.eval()
    with tg.no_grad():
        np.testing.assert_allclose(model.generate(z, labels), found, rtol=1e-5, atol=1e-6)
    assert state(model) == before


def test_inverting_leaves_modes_and_gradients_and_needs_no_recording():
    model = varied("dense")
    play(model)
    before = state(model)
    model.generator.train()
    model.discriminator.eval()

    with tg.no_grad():
        model.invert(model.sample(2), steps=2, restarts=2)

    assert state(model) == before
    assert model.generator.training
    assert not model.discriminator.training


def test_the_best_of_several_guesses_is_kept_for_each_picture():
    model = varied()
    pictures = model.sample(6)
    results = []
    for restarts in (1, 4):
        tg.manual_seed(9)
        results.append(errors(pictures, model.invert(pictures, steps=20, restarts=restarts)[1]))

    assert (results[1] <= results[0] + 1e-6).all()
    assert (results[1] < 0.9 * results[0]).any()


def test_a_strong_prior_keeps_latent_vectors_near_zero():
    model = varied()
    pictures = model.sample(3)
    lengths = []
    for prior in (0.0, 10.0):
        tg.manual_seed(0)
        z, _ = model.invert(pictures, steps=60, restarts=1, prior=prior)
        lengths.append(z.norm(dim=1).numpy())

    assert (lengths[1] < 0.3 * lengths[0]).all()


@pytest.mark.parametrize("kind", ["dense", "conditional", "packed", "wasserstein"])
def test_pictures_that_are_taken_for_real_have_a_small_realism_loss(kind):
    model = new(kind).eval()
    labels = [0, 1, 2, 0] if model.classes else None
    pictures = model.sample(4, labels).requires_grad_()

    loss = model.realism_loss(pictures, labels)
    loss.backward(inputs=[pictures])
    with tg.no_grad():
        better = model.realism_loss(pictures - 1e-3 * pictures.grad.sign(), labels)

    classes = None if labels is None else tg.nn.functional.one_hot(tg.tensor(labels), 3).float()
    packs = model.pack
    joined = pictures.reshape(4 // packs, -1, *pictures.shape[2:])
    if classes is not None:
        classes = classes.reshape(4 // packs, -1)
    expected = model.losses.generator(model.discriminator(joined, labels=classes))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert better.item() < loss.item()


# ---- points --------------------------------------------------------------------------------------


def test_the_ring_can_be_learned_from():
    ring = draw_ring(256, seed=0)
    tg.manual_seed(0)
    model = PointGAN(pack=2)
    optimizers = model.configure_optimizers()
    step = model.adversarial_step(optimizers)

    for _ in range(20):
        loss, _ = step(model, (tg.tensor(ring.points), tg.tensor(ring.modes)))

    points = model.sample(500).numpy()
    assert math.isfinite(loss.item())
    assert points.shape == (500, 2)
    assert points.min() < 0  # no range is imposed
    assert optimizers["generator"].param_groups[0]["lr"] == 1e-3
    assert optimizers["generator"].param_groups[0]["betas"] == (0.5, 0.999)


def test_points_can_be_inverted():
    model = PointGAN(hidden=(16,))
    points = model.sample(3)

    z, found = model.invert(points, steps=100, prior=1e-4)

    assert z.shape == (3, 16)
    np.testing.assert_allclose(found, points, atol=0.05)


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DenseGAN(loss="hing"), "did you mean 'hinge'"),
        (lambda: DenseGAN(loss="x"), r"no loss 'x'\. There are: minimax"),
        (lambda: DenseGAN(latent=0), "DenseGAN: latent must be at least 1, got 0"),
        (lambda: DenseGAN(pack=0), "pack must be at least 1"),
        (lambda: DenseGAN(critic_steps=0), "critic_steps must be at least 1"),
        (lambda: DenseGAN(r1=-1.0), "r1 must be at least 0"),
        (lambda: WGANGP(gradient_penalty=math.nan), "gradient_penalty must be at least 0, got nan"),
        (lambda: DenseGAN(ema_decay=2.0), "between 0 and 1"),
        (lambda: DenseGAN(hidden=()), "one or more layers"),
        (lambda: PointGAN(hidden=(4, 0)), "one or more layers"),
        (lambda: DCGAN(width=0), "width must be at least 1"),
        (lambda: DCGAN(hidden=-1), "hidden must be at least 0"),
        (lambda: DCGAN(picture_shape=(1, 27, 28)), "even and at least 8, got 27 x 28"),
        (lambda: DCGAN(picture_shape=(1, 6, 6)), "even and at least 8, got 6 x 6"),
        (lambda: ConditionalGAN(classes=1), "classes must be at least 2"),
        (lambda: new("dense").adversarial_step({}), "'discriminator', got none"),
        (
            lambda: new("dense").adversarial_step({"critic": None, "generator": None}),
            "got 'critic', 'generator'",
        ),
        (lambda: new("dense").sample(0), "n must be at least 1"),
        (lambda: new("dense").sample(2, [0, 1]), "takes no labels"),
        (lambda: new("conditional").sample(2, [0, 3]), "labels are 0 to 2, got 3"),
        (lambda: new("conditional").sample(2, [0, -1]), "labels are 0 to 2, got -1"),
        (
            lambda: new("conditional").sample(2, [0, 1, 2]),
            r"2 pictures need labels of shape \(2,\), got \(3,\)",
        ),
        (lambda: new("dense").generate(tg.zeros(2, 5)), r"shape \(N, 4\), got \(2, 5\)"),
        (lambda: new("dense").invert(tg.full((1, 1, 6, 6), 9.0)), "divide bytes by 255"),
        (lambda: new("dense").invert(tg.zeros(6, 6)), r"shape \(N, 1, 6, 6\)"),
        (lambda: new("dense").invert(tg.zeros(1, 1, 6, 6), restarts=0), "restarts must be at"),
        (lambda: new("conditional").invert(tg.zeros(1, 1, 16, 16)), "what the pictures show"),
        (lambda: new("points").invert(tg.zeros(1, 3)), r"points of shape \(N, 2\), got \(1, 3\)"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_labels_are_integers():
    with pytest.raises(TypeError, match="labels are integers, got float32"):
        new("conditional").sample(2, [0.0, 1.0])


def test_points_are_floats():
    with pytest.raises(TypeError, match="takes floats, got int64"):
        new("points").invert(tg.zeros(1, 2).long())
