"""PixelCNN. What it promises as an autoregressive model is checked in test_made.py."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.models.pixelcnn import FIRST_ABOVE, FIRST_ASIDE, PixelCNN

WIDE = (1, 4, 15)
"""Wider than two layers see to one side."""


def made(shape=WIDE, **given):
    """A small model whose pixels depend on each other visibly."""
    tg.manual_seed(0)
    model = PixelCNN(**{"units": 8, "layers": 2, "picture_shape": shape, **given})
    with tg.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


def bits(*shape, seed=0):
    return (np.random.default_rng(seed).random(shape) < 0.5).astype(np.float32)


def one_after_another(model, pictures, known, labels=None, temperature=1.0):
    """Draw each value by a pass over the whole picture: what drawing must come to."""
    count, channels, height, width = pictures.shape
    noise = values(tg.rand(count, height, width * channels))
    noise = noise.reshape(count, height, width, channels).transpose(0, 3, 1, 2)
    drawn = pictures * known
    for row, column, channel in np.ndindex(height, width, channels):
        at = slice(None), channel, row, column
        if not known[channel, row, column]:
            with tg.no_grad():
                logits = values(model(tg.tensor(drawn), labels)[at])
            drawn[at] = noise[at] < 1 / (1 + np.exp(-logits / temperature))
    return drawn


# ---- drawing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [WIDE, (1, 9, 3), (2, 3, 10)], ids=str)
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_drawing_row_by_row_comes_to_the_same_as_a_whole_pass_for_each_value(shape, temperature):
    model, labels = made(shape, classes=3), [0, 1, 2, 1, 0]

    tg.manual_seed(7)
    expected = one_after_another(
        model, np.zeros((5, *shape), np.float32), np.zeros(shape, bool), labels, temperature
    )
    tg.manual_seed(7)
    drawn = values(model.sample(5, labels=labels, temperature=temperature))

    assert np.array_equal(drawn, expected)
    assert 0.1 < drawn.mean() < 0.9


def test_so_does_completing(backend):
    model, pictures = made(), bits(6, *WIDE)
    known = bits(*WIDE, seed=1) > 0

    tg.manual_seed(7)
    expected = one_after_another(model, pictures, known)
    tg.manual_seed(7)
    model.to(backend.device)
    given = tg.tensor(pictures).to(backend.device)
    completed = values(model.complete(given, mask=tg.tensor(known).to(backend.device)))

    assert np.array_equal(completed, expected)
    assert np.array_equal(completed[:, known], pictures[:, known])


def test_each_row_is_looked_at_once_and_of_its_own_row_a_pixel_sees_what_is_near():
    model = made()
    rows, columns = [], []
    model.vertical.register_forward_pre_hook(lambda _, given: rows.append(given[0].shape))
    model.horizontal.register_forward_pre_hook(lambda _, given: columns.append(given[0].shape))

    model.sample(3)

    _, height, width = WIDE
    assert rows == [(3, 1, 1, width)] * height
    reach = FIRST_ASIDE + 2
    assert columns == [(3, 1, 1, min(place, reach) + 1) for place in range(width)] * height


def test_nothing_is_computed_for_what_is_known():
    model, asked = made(), []
    model.horizontal.register_forward_pre_hook(lambda *_: asked.append(1))
    known = np.ones(WIDE[1:], bool)
    known[2, 3:5] = False

    model.complete(tg.tensor(bits(2, *WIDE)), mask=tg.tensor(known))

    assert len(asked) == 2


# ---- what a pixel sees -------------------------------------------------------------------------


def seen(model, row, column, channel=0):
    """Which values of a picture the logit of one depends on, for any of many pictures."""
    pictures = tg.tensor(bits(40, *model.picture_shape), requires_grad=True)
    (slopes,) = tg.grad(model(pictures)[:, channel, row, column].sum(), pictures)
    return (values(slopes) != 0).any(0)


@pytest.mark.parametrize(("row", "column"), [(5, 0), (5, 3), (5, 6), (4, 5), (1, 1), (0, 4)])
def test_it_has_no_blind_spot(row, column):
    model = made((1, 6, 7))
    places = np.arange(6 * 7).reshape(1, 6, 7)

    assert np.array_equal(seen(model, row, column), places < places[0, row, column])


def test_of_a_large_picture_it_sees_what_its_layers_reach():
    model = made((1, 17, 29), layers=3)
    far = 1 + 2 + 4
    above, aside = FIRST_ABOVE + far, FIRST_ASIDE + far

    expected = np.zeros((17, 29), bool)
    expected[14 - above : 14, 14 - aside : 14 + aside + 1] = True
    expected[14, 14 - FIRST_ASIDE - 3 : 14] = True
    assert np.array_equal(seen(model, 14, 14)[0], expected)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_colour_sees_those_before_it_of_its_own_pixel(channel):
    found = seen(made((3, 2, 3)), 1, 1, channel)

    assert found[:, 0].all()
    assert found[:, 1, 0].all()
    assert found[:, 1, 1].tolist() == [other < channel for other in range(3)]
    assert not found[:, 1, 2].any()


# ---- the network -------------------------------------------------------------------------------


def test_its_layers():
    model = PixelCNN()
    shapes = {name: tuple(values.shape) for name, values in model.named_parameters()}
    weights = [shape for name, shape in shapes.items() if name.endswith("weight")]

    vertical = [(16, 1, 4, 9), *[(16, 16, 2, 3)] * 4, *[(16, 16, 1, 1)] * 5]
    horizontal = [(16, 1, 1, 9), *[(16, 16, 1, 3)] * 4, (1, 16, 1, 1)]
    assert weights == vertical + horizontal


def test_a_picture_of_more_channels_has_more_units():
    model = PixelCNN(units=5, picture_shape=(3, 8, 8))

    assert model.vertical.first.conv.out_channels == 15
    assert model.horizontal.output.out_channels == 3


def test_without_layers_after_the_first_it_is_a_small_one():
    model = made(layers=0)

    assert model.sample(2).shape == (2, *WIDE)
    assert seen(model, 3, 9).any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"units": 0}, "units must be at least 1, got 0"),
        ({"layers": -1}, "layers must be at least 0, got -1"),
        ({"classes": 0}, "None for an unconditional model, got 0"),
    ],
)
def test_a_model_that_cannot_be_made_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        PixelCNN(**given)
