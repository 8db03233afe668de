"""Edits in spaces of codes, along gradients, and from a row on."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import Classifier, create
from tinygen.nn import Dense
from tinygen.tasks.edit import (
    attribute_vector,
    blend,
    change_label,
    class_vectors,
    codes_of,
    draw,
    gradient_edit,
    interpolate,
    latent,
    move,
    pictures_of,
    random_edit,
    redraw_rows,
)

SHAPE = (1, 8, 8)


def small(name, **options):
    """A model with random weights, in training mode."""
    tg.manual_seed(1)
    sizes = {
        "vae": {"hidden": [12], "latent": 3},
        "gan": {"hidden": [12, 12], "latent": 3},
        "cgan": {"width": 4, "latent": 3, "classes": 4},
        "row-generator": {"units": 12, "head_units": 8},
    }
    return create(name, picture_shape=SHAPE, **{**sizes[name], **options})


def pictures(count, seed=0):
    return tg.tensor(np.random.default_rng(seed).random((count, *SHAPE), np.float32))


def same(first, second, **tolerance):
    np.testing.assert_allclose(first.numpy(), second.numpy(), **{"rtol": 1e-5, **tolerance})


# ---- directions --------------------------------------------------------------------------------


def test_the_vector_of_an_attribute_is_worth_one_deviation_of_it():
    chance = np.random.default_rng(0)
    values, direction = chance.standard_normal(400), np.array([3.0, 0.0, -4.0])
    codes = tg.tensor(values[:, None] * direction + [7.0, 8.0, 9.0])
    same(attribute_vector(codes, values), tg.tensor(values.std() * direction))


def test_what_has_nothing_to_do_with_the_attribute_averages_out():
    chance = np.random.default_rng(0)
    values, rest = chance.standard_normal((2, 20_000))
    codes = tg.tensor(np.stack([2 * values, rest], 1))
    same(attribute_vector(codes, values), tg.tensor([2.0, 0.0]), atol=0.04)


def test_within_classes_the_way_between_classes_is_left_out():
    chance = np.random.default_rng(0)
    labels = np.arange(2000) % 2
    inside = chance.standard_normal(2000)
    values = inside + 5 * labels  # the second class has more of it, and lies elsewhere
    codes = tg.tensor(np.stack([inside, 30.0 * labels], 1))
    same(attribute_vector(codes, values, labels), tg.tensor([inside.std(), 0.0]), atol=0.01)
    assert abs(attribute_vector(codes, values)[1].item()) > 5


def test_the_ends_are_as_large_as_one_says():
    codes, values = tg.tensor([[0.0], [1.0], [5.0], [20.0]]), np.array([3.0, 1.0, 2.0, 4.0])
    # The least is the second, the most the last: 20 - 1 for 4 - 1.
    same(attribute_vector(codes, values, share=0.25), tg.tensor([19 / 3 * values.std()]))
    # Half of them: (0 + 20) / 2 - (1 + 5) / 2 for 3.5 - 1.5.
    same(attribute_vector(codes, values, share=0.5), tg.tensor([7 / 2 * values.std()]))


@pytest.mark.parametrize(
    ("codes", "values", "more", "message"),
    [
        (4, [1.0, 2.0], {}, "4 codes and 2 values"),
        (1, [1.0], {}, "two codes at least"),
        (3, [1.0, 2.0, 3.0], {"share": 0.6}, "at most 0.5, .* got 0.6"),
        (3, [2.0, 2.0, 2.0], {}, "all values .* are the same"),
        (3, [1.0, 2.0, 3.0], {"labels": [1, 2]}, "3 codes need as many labels, got 2"),
    ],
)
def test_a_direction_needs_a_value_for_each_code(codes, values, more, message):
    with pytest.raises(ValueError, match=message):
        attribute_vector(tg.ones(codes, 2), values, **more)


def test_a_class_is_where_its_codes_are_on_average():
    codes = tg.tensor([[0.0, 0.0], [2.0, 4.0], [5.0, 5.0]])
    same(class_vectors(codes, [1, 1, 0], classes=2), tg.tensor([[5.0, 5.0], [1.0, 2.0]]))
    with pytest.raises(ValueError, match="no code of class 2"):
        class_vectors(codes, [1, 1, 0], classes=3)


# ---- codes -------------------------------------------------------------------------------------


def test_a_step_of_no_length_is_what_the_model_makes_of_the_pictures():
    model, given = small("vae"), pictures(5)
    same(move(model, given, tg.ones(3), strength=0), model.reconstruct(given))


def test_a_step_adds_so_many_vectors_to_the_code():
    model, given = small("vae"), pictures(5)
    with tg.no_grad():
        codes = model.encode(given)[0]
        wanted = model.decode(codes - 1.5 * tg.tensor([1.0, 0.0, -2.0]))
    same(move(model, given, tg.tensor([1.0, 0.0, -2.0]), strength=-1.5), wanted)


def test_each_picture_may_go_its_own_way():
    model, given = small("vae"), pictures(3)
    vectors = tg.tensor(np.eye(3, dtype=np.float32))
    together = move(model, given, vectors)
    for place in range(3):
        part = slice(place, place + 1)
        same(together[part], move(model, given[part], vectors[place]))


def test_the_same_code_under_another_label():
    model, given = small("vae", classes=4), pictures(3)
    with tg.no_grad():
        wanted = model.decode(model.encode(given, [0, 1, 2])[0], [3, 3, 0])
    same(change_label(model, given, [0, 1, 2], [3, 3, 0]), wanted)


def test_the_code_of_a_gans_picture_is_searched():
    model = small("gan", ema_decay=None)
    with tg.no_grad():
        for parameter in model.generator.parameters():
            parameter.mul_(4)  # with new weights all codes have nearly the same picture
    drawn = draw(model, 3)
    rebuilt = pictures_of(model, codes_of(model, drawn.pictures))
    other = pictures_of(model, draw(model, 3).codes)
    error, by_chance = (((one - drawn.pictures) ** 2).mean().item() for one in (rebuilt, other))
    assert error < 0.05 * by_chance


def test_the_prior_keeps_codes_where_the_gan_was_trained():
    model, given = small("gan"), pictures(3)
    lengths = []
    for prior in (0.001, 10.0):
        tg.manual_seed(0)
        codes = codes_of(model, given, steps=100, restarts=1, prior=prior)
        lengths.append(np.linalg.norm(codes.numpy(), axis=1))
    assert (lengths[1] < lengths[0]).all()


def test_a_conditional_gan_draws_the_label_that_it_is_told():
    model = small("cgan").eval()
    drawn = draw(model, 6)
    assert drawn.labels == [0, 1, 2, 3, 0, 1]
    with tg.no_grad():
        same(drawn.pictures, model.generate(drawn.codes, drawn.labels))
        wanted = model.generate(drawn.codes + 2 * tg.ones(3), [3] * 6)
    same(pictures_of(model, drawn.codes, [3] * 6, tg.ones(3), 2), wanted)


def test_a_seed_means_the_same_codes():
    model = small("vae")
    tg.manual_seed(5)
    first = draw(model, 4)
    tg.manual_seed(5)
    again = draw(model, 4)
    assert first.labels is None
    same(first.codes, again.codes, rtol=0)
    same(first.pictures, again.pictures, rtol=0)
    assert not np.allclose(first.codes.numpy(), draw(model, 4).codes.numpy())


@pytest.mark.parametrize("name", ["vae", "cgan"])
def test_many_pictures_are_made_some_at_a_time(monkeypatch, name):
    model = small(name)
    labels = None if model.classes is None else [3, 1, 2, 0, 0, 1, 3]
    codes = tg.randn(7, 3)
    together = pictures_of(model, codes, labels)
    monkeypatch.setattr(latent, "CHUNK", 3)
    same(pictures_of(model, codes, labels), together)


def test_an_interpolation_begins_and_ends_with_what_the_model_makes_of_the_two():
    model, first, last = small("vae"), pictures(2), pictures(2, seed=1)
    path = interpolate(model, first, last, steps=5)
    assert path.shape == (2, 5, *SHAPE)
    same(path[:, 0], model.reconstruct(first))
    same(path[:, 4], model.reconstruct(last))
    with tg.no_grad():
        quarter = 0.75 * model.encode(first)[0] + 0.25 * model.encode(last)[0]
        same(path[:, 1], model.decode(quarter))


def test_a_blend_is_a_bit_of_both():
    faded = blend(tg.zeros(1, 2), tg.tensor([[1.0, 4.0]]), steps=5)
    same(faded[0], tg.tensor([[0, 0], [0.25, 1], [0.5, 2], [0.75, 3], [1, 4]]))


@pytest.mark.parametrize(("count", "steps"), [(2, 1), (3, 5)])
def test_between_two_pictures_are_two_steps_at_least(count, steps):
    with pytest.raises(ValueError, match="two steps at least"):
        blend(pictures(2), pictures(count), steps)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (5, 4)])
def test_the_vector_has_to_be_of_the_same_space(shape):
    with pytest.raises(ValueError, match=r"\(5, 3\) move along a vector of shape \(3,\)"):
        move(small("vae"), pictures(5), tg.ones(*shape))


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_nothing_of_the_model_changes(name):
    model = small(name)
    assert model.training
    before = {key: value.copy() for key, value in model.state_dict().items()}
    codes = codes_of(model, pictures(2), **({"steps": 9} if name == "gan" else {}))
    moved = pictures_of(model, codes, None, tg.ones(3))
    assert model.training
    assert not moved.requires_grad
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[key], err_msg=key)
    assert all(parameter.grad is None for parameter in model.parameters())


# ---- gradients ---------------------------------------------------------------------------------


class Linear(Classifier):
    """Logits that are linear in the pixels, so that all gradients are known."""

    def __init__(self, weight):
        super().__init__((1, 1, 2), 0.0, 1.0)
        self.output = Dense(2, 2, bias=False)
        self.output.weight = tg.nn.Parameter(tg.tensor(weight))

    def forward_features(self, images):
        return images.flatten(1)


def steps_needed(difference, step, confidence):
    """How many steps along its gradient until the difference of two logits is enough."""
    wanted, per_step = math.log(confidence / (1 - confidence)), step * np.linalg.norm(difference)
    return math.ceil(wanted / per_step)


def test_a_linear_classifier_is_fooled_along_the_straight_line():
    weight = np.array([[0.0, 0.0], [12.0, -16.0]], np.float32)
    start = tg.tensor([[[[0.4, 0.3]]]])  # both logits are 0 there
    after = gradient_edit(Linear(weight), start, [1], confidence=0.9, step=0.02)
    count = steps_needed(weight[1], 0.02, 0.9)
    assert count == 6
    same(after, start + count * 0.02 * tg.tensor([0.6, -0.8]))


def test_edits_stay_between_black_and_white():
    model = Linear(np.array([[0.0, 0.0], [2.0, -2.0]], np.float32))
    after = gradient_edit(model, tg.tensor([[[[0.9, 0.5]]]]), [1], confidence=0.95, step=0.1)
    same(after, tg.tensor([[[[1.0, 0.0]]]]))  # where no more can be done


def test_pictures_that_are_read_so_already_are_left_alone():
    model = Linear(np.array([[0.0, 0.0], [12.0, -16.0]], np.float32))
    given = tg.tensor([[[[0.9, 0.1]]], [[[0.1, 0.9]]]])
    after = gradient_edit(model, given, [1, 1])
    np.testing.assert_array_equal(after[0].numpy(), given[0].numpy())
    assert not np.array_equal(after[1].numpy(), given[1].numpy())


def test_a_network_is_fooled_by_little_and_not_by_noise_as_strong():
    tg.manual_seed(0)
    model = create("cnn", classes=5, picture_shape=(1, 16, 16))
    with tg.no_grad():
        model.output.weight.mul_(100)  # new weights are sure of nothing
    given = tg.rand(6, 1, 16, 16)
    aims = (model.predict(given).numpy() + 1) % 5
    after = gradient_edit(model, given, aims, confidence=0.8, step=0.2)
    assert (model.predict_proba(after).numpy()[np.arange(6), aims] >= 0.8).all()
    assert after.min().item() >= 0
    assert after.max().item() <= 1
    noisy = random_edit(given, after)
    assert (model.predict(noisy).numpy() != aims).sum() >= 5
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_so_many_steps_at_most():
    model = Linear(np.array([[0.0, 0.0], [3.0, -4.0]], np.float32))
    start = tg.tensor([[[[0.5, 0.5]]]])
    same(
        gradient_edit(model, start, [1], step=0.01, steps=3), start + 0.03 * tg.tensor([0.6, -0.8])
    )
    same(gradient_edit(model, start, [1], steps=0), start)


@pytest.mark.parametrize(
    "options", [{"confidence": 1.0}, {"confidence": 0.0}, {"step": 0.0}, {"steps": -1}]
)
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match="confidence is between 0 and 1"):
        gradient_edit(Linear(np.eye(2, dtype=np.float32)), tg.rand(1, 1, 1, 2), [1], **options)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([2], "0 to 1, got 2"), ([-1], "0 to 1, got -1"), ([0, 1], "as many integers"), ([1.0], "as")],
)
def test_there_has_to_be_a_class_for_each_picture(labels, message):
    with pytest.raises(ValueError, match=message):
        gradient_edit(Linear(np.eye(2, dtype=np.float32)), tg.rand(1, 1, 1, 2), labels)


def test_noise_is_as_strong_as_the_edit():
    before = pictures(4)
    after = (before + 0.1 * pictures(4, seed=1)).clamp(0, 1)
    tg.manual_seed(0)
    noisy = random_edit(before, after)
    sizes = [((one - before) ** 2).sum((1, 2, 3)).sqrt().numpy() for one in (after, noisy)]
    np.testing.assert_allclose(*sizes, rtol=1e-3)
    assert noisy.min().item() >= 0
    assert noisy.max().item() <= 1
    tg.manual_seed(0)
    same(random_edit(before, after), noisy, rtol=0)
    with pytest.raises(ValueError, match="an edit keeps the shape"):
        random_edit(before, after[:2])


def test_noise_of_no_strength_changes_nothing():
    same(random_edit(pictures(2), pictures(2)), pictures(2), rtol=0)


# ---- row by row --------------------------------------------------------------------------------


def test_the_first_rows_stay_as_they_are():
    model, given = small("row-generator", classes=3), pictures(4)
    after = redraw_rows(model, given, 5, [0, 1, 2, 0], candidates=3)
    np.testing.assert_array_equal(after[:, :, :5].numpy(), (given[:, :, :5] > 0.5).numpy())
    assert set(np.unique(after.numpy())) <= {0, 1}
    assert model.training


def test_of_the_candidates_the_likeliest_of_the_class_is_kept():
    model, given, labels = small("row-generator", classes=3), pictures(4), [2, 0, 1, 1]
    binary = (given > 0.5).float()
    tg.manual_seed(3)
    drawn = model.complete(binary, rows=2, labels=labels, samples=6).reshape(4, 6, *SHAPE)
    tg.manual_seed(3)
    after = redraw_rows(model, given, 2, labels, candidates=6)
    for place, label in enumerate(labels):
        beliefs = model.predict_proba(drawn[place]).numpy()[:, label]
        same(after[place], drawn[place, int(beliefs.argmax())], rtol=0)


def test_one_candidate_is_simply_drawn():
    model, given = small("row-generator", classes=3), pictures(2)
    tg.manual_seed(3)
    drawn = model.complete((given > 0.5).float(), rows=4, labels=[1, 2])
    tg.manual_seed(3)
    same(redraw_rows(model, given, 4, [1, 2], candidates=1), drawn, rtol=0)


def test_without_classes_there_is_no_label_to_change():
    with pytest.raises(ValueError, match="unconditional, so there is no new label"):
        redraw_rows(small("row-generator"), pictures(1), 4, [1])


@pytest.mark.parametrize("rows", [-1, 9])
def test_there_are_only_so_many_rows(rows):
    with pytest.raises(ValueError, match="rows is from 0 to 8"):
        redraw_rows(small("row-generator", classes=3), pictures(1), rows, [1])


# ---- for all -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "model", "able"),
    [
        (lambda model: codes_of(model, pictures(1)), "row-generator", "vae, .*dcgan"),
        (lambda model: pictures_of(model, tg.ones(1, 3)), "row-generator", "vae, .*dcgan"),
        (lambda model: draw(model, 1), "row-generator", "vae, .*dcgan"),
        (lambda model: gradient_edit(model, pictures(1), [0]), "vae", "cnn, lenet"),
        (lambda model: redraw_rows(model, pictures(1), 1, [0]), "vae", "row-generator, made"),
    ],
)
def test_a_model_that_cannot_do_it_is_told_which_can(edit, model, able):
    with pytest.raises(TypeError, match=f"works with the models {able}.*got a"):
        edit(small(model))


def test_an_encoder_does_not_search():
    with pytest.raises(TypeError, match=r"a VAE encodes and takes no \['steps'\]"):
        codes_of(small("vae"), pictures(1), steps=5)


def test_all_devices_edit_alike(backend):
    given = pictures(3)
    vae, linear = small("vae"), Linear(np.array([[0.0, 0.0], [3.0, -4.0]], np.float32))
    start = tg.tensor([[[[0.4, 0.3]]], [[[0.2, 0.6]]]])
    here = move(vae, given, tg.ones(3)), gradient_edit(linear, start, [1, 0], step=0.02)
    place = backend.device
    there = (
        move(vae.to(place), given.to(place), tg.ones(3, device=place)),
        gradient_edit(linear.to(place), start.to(place), [1, 0], step=0.02),
    )
    for one, other in zip(here, there, strict=True):
        assert other.device == place
        same(one, other, atol=1e-6)
