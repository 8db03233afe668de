"""The content of one picture in the style of another."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import create
from tinygen.tasks.edit.style import (
    classifier_maps,
    gram_matrix,
    random_maps,
    style_losses,
    style_transfer,
)


def noise(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).random(shape, np.float32))


def stripes(size, width):
    """Upright ones, black and white, so many pixels wide."""
    row = (np.arange(size) // width % 2).astype(np.float32)
    return tg.tensor(np.broadcast_to(row, (1, 1, size, size)).copy())


def few_maps(channels):
    return random_maps(channels, sizes=(3, 5), filters=4)


# ---- maps --------------------------------------------------------------------------------------


def test_random_filters_keep_the_size_and_respond_to_what_is_there():
    maps = random_maps(3, sizes=(3, 7), filters=5)(noise(2, 3, 9, 8))
    assert [layer.shape for layer in maps] == [(2, 5, 9, 8)] * 2
    assert all(layer.min().item() == 0 < layer.max().item() for layer in maps)


def test_one_filter_in_four_sees_how_light_it_is_the_others_what_changes():
    (seen,) = random_maps(1, sizes=(3,), filters=400)(tg.full((1, 1, 9, 9), 0.5))
    inside = seen[0, :, 4, 4].numpy()
    np.testing.assert_allclose(np.delete(inside, np.s_[::4]), 0, atol=1e-6)
    # The sum of the weights of a random direction is about N(0, 1), its positive part 0.4.
    assert inside[::4].mean() == pytest.approx(0.5 * 0.4, rel=0.4)
    assert 0.35 < (inside[::4] > 0).mean() < 0.65


def test_a_filter_is_of_length_one():
    point = tg.zeros(1, 1, 5, 5)
    point[0, 0, 2, 2] = 1
    maps = random_maps(1, sizes=(3,), filters=8, seed=4)
    (light,), (dark,) = maps(point), maps(-point)
    lengths = ((light - dark) ** 2).sum((0, 2, 3)).numpy()
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)


def test_a_seed_means_the_same_filters():
    picture = noise(1, 1, 8, 8)
    one, again, other = (random_maps(1, seed=seed)(picture)[0].numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"sizes": (3, 4)}, r"odd sizes.*\(3, 4\)"), ({"sizes": ()}, "one at least"),
     ({"filters": 0}, "filters=0")],
)  # fmt: skip
def test_filters_have_a_middle(options, message):
    with pytest.raises(ValueError, match=message):
        random_maps(1, **options)


def test_the_maps_of_a_classifier_are_those_behind_its_activations():
    model, picture = create("cnn").eval(), noise(2, 1, 28, 28)
    first, last = classifier_maps(model)(picture)
    assert first.shape == (2, 24, 12, 12)
    with tg.no_grad():
        wanted = model.convolutions((picture - model.mean) / model.std)
    np.testing.assert_array_equal(last.detach().numpy(), wanted.numpy())


def test_the_maps_of_a_residual_network_are_those_of_its_blocks():
    model = create("resnet", blocks=1)
    shapes = [layer.shape[1:] for layer in classifier_maps(model)(noise(1, 3, 48, 40))]
    assert shapes == [(16, 48, 40), (16, 48, 40), (32, 24, 20), (64, 12, 10)]
    assert model.training


def test_what_has_no_convolutions_has_no_maps():
    with pytest.raises(TypeError, match="RowLSTM has no convolutions"):
        classifier_maps(create("row-lstm"))
    with pytest.raises(TypeError, match="works with the models cnn, .*got a VAE"):
        classifier_maps(create("vae"))


# ---- losses ------------------------------------------------------------------------------------


def test_the_gram_matrix_is_what_its_definition_says():
    maps = np.random.default_rng(0).random((2, 3, 4, 5))
    wanted = np.zeros((2, 3, 3))
    for row in range(4):
        for column in range(5):
            place = maps[:, :, row, column]
            wanted += place[:, :, None] * place[:, None, :] / 20
    np.testing.assert_allclose(gram_matrix(tg.tensor(maps)).numpy(), wanted)


def test_where_something_is_is_no_matter_of_style():
    maps = noise(1, 6, 4, 4)
    chance = np.random.default_rng(0).permutation(16)
    moved = maps.reshape(1, 6, 16)[:, :, chance].reshape(1, 6, 4, 4)
    np.testing.assert_allclose(gram_matrix(moved).numpy(), gram_matrix(maps).numpy(), rtol=1e-5)


def test_a_picture_has_its_own_content_and_its_own_style():
    content, style = noise(2, 3, 8, 8), noise(2, 3, 8, 8, seed=1)
    losses = style_losses(content, content, style, few_maps(3))
    np.testing.assert_array_equal(losses.content.numpy(), 0)
    assert (losses.style.numpy() > 0).all()
    losses = style_losses(style, content, style, few_maps(3))
    np.testing.assert_allclose(losses.style.numpy(), 0, atol=1e-12)
    assert (losses.content.numpy() > 0).all()


def test_losses_are_relative_squared_distances():
    content, style = noise(1, 1, 6, 6), noise(1, 1, 6, 6, seed=1)

    def twice(pictures):
        return [2 * pictures, 3 * pictures]

    losses = style_losses(1.5 * content, content, style, twice)
    np.testing.assert_allclose(losses.content.numpy(), 0.25, rtol=1e-5)
    brightness = [(picture**2).mean().item() for picture in (1.5 * content, style)]
    wanted = (brightness[0] / brightness[1] - 1) ** 2
    np.testing.assert_allclose(losses.style.numpy(), wanted, rtol=1e-4)


def test_stripes_are_a_style_of_their_width():
    maps = random_maps(1)
    narrow, wide = stripes(24, 2), stripes(24, 4)
    shifted = tg.tensor(np.roll(narrow.numpy(), 2, 3))
    near, far = (
        style_losses(narrow, narrow, other, maps).style.item() for other in (shifted, wide)
    )
    assert near < 0.1 * far


def test_gradients_flow_through_the_losses():
    chance = np.random.default_rng(0)
    pictures, content, style = (tg.tensor(chance.random((2, 1, 5, 4))) for _ in range(3))
    weights = tg.tensor(chance.standard_normal((3, 1, 3, 3)))

    def smooth(given):
        return [tg.nn.functional.conv2d(given, weights).tanh()]

    def total(given):
        losses = style_losses(given, content, style, smooth)
        return losses.content.sum() + 3 * losses.style.sum()

    assert tg.gradcheck(total, [pictures.requires_grad_()])


# ---- the transfer ------------------------------------------------------------------------------


def test_pictures_get_the_style_and_keep_the_content():
    content, style = noise(1, 1, 20, 20).round(), stripes(24, 3)
    seen_by_others = random_maps(1, seed=9)
    after = style_transfer(content, style, steps=40, lr=0.05)
    before = style_losses(content, content, style, seen_by_others)
    reached = style_losses(after, content, style, seen_by_others)
    swapped = style_losses(style[:, :, :20, :20], content, style, seen_by_others)
    assert reached.style.item() < 0.2 * before.style.item()
    assert reached.content.item() < 0.8 * swapped.content.item()
    assert after.min().item() >= 0
    assert after.max().item() <= 1


def test_without_a_weight_on_the_style_nothing_changes():
    content, style = noise(2, 1, 8, 8), stripes(8, 2)
    after = style_transfer(content, style, few_maps(1), weight=0, steps=5)
    np.testing.assert_array_equal(after.numpy(), content.numpy())
    after = style_transfer(content, style, few_maps(1), steps=0)
    np.testing.assert_array_equal(after.numpy(), content.numpy())


def test_each_picture_is_changed_for_itself():
    content = noise(2, 1, 10, 10)
    styles = tg.cat([stripes(12, 2), stripes(12, 3)])
    together = style_transfer(content, styles, few_maps(1), steps=10)
    for place in range(2):
        part = slice(place, place + 1)
        alone = style_transfer(content[part], styles[part], few_maps(1), steps=10)
        np.testing.assert_allclose(together[part].numpy(), alone.numpy(), atol=1e-4)


def test_all_devices_see_alike(backend):
    content, style = noise(1, 3, 10, 10), noise(1, 3, 12, 12, seed=1)
    here = style_transfer(content, style, few_maps(3), steps=3)
    maps = random_maps(3, sizes=(3, 5), filters=4, device=backend.device)
    there = style_transfer(content.to(backend.device), style.to(backend.device), maps, steps=3)
    assert there.device == backend.device
    np.testing.assert_allclose(there.numpy(), here.numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("content", "style", "options", "message"),
    [
        (
            (1, 3, 8, 8),
            (1, 1, 8, 8),
            {},
            r"as many channels, got \(1, 3.* and \(1, 1",
        ),
        ((3, 8, 8), (3, 8, 8), {}, r"\(N, C, H, W\)"),
        (
            (3, 1, 8, 8),
            (2, 1, 8, 8),
            {},
            "3 pictures take one style for all or .* got 2",
        ),
        ((1, 1, 8, 8), (1, 1, 8, 8), {"weight": -1.0}, "at least 0, got -1.0 and 150"),
        ((1, 1, 8, 8), (1, 1, 8, 8), {"steps": -1}, "at least 0, got 30.0 and -1"),
    ],
)
def test_what_does_not_fit_is_refused(content, style, options, message):
    with pytest.raises(ValueError, match=message):
        style_transfer(tg.rand(*content), tg.rand(*style), **options)
