"""A masked convolution sees what comes before a pixel in reading order, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn
from tinygen.nn.masked import MaskedConv2d

A = [
    [1, 1, 1],
    [1, 0, 0],
    [0, 0, 0],
]
B = [
    [1, 1, 1],
    [1, 1, 0],
    [0, 0, 0],
]


@pytest.mark.parametrize(("mask_type", "expected"), [("A", A), ("B", B)])
def test_the_masks_of_the_paper(mask_type, expected):
    mask = values(MaskedConv2d(mask_type, 2, 3, 3).mask)

    assert np.array_equal(mask, np.broadcast_to(expected, (3, 2, 3, 3)))


@pytest.mark.parametrize("colours", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(1, 5), (5, 1), (3, 7), (1, 1)])
@pytest.mark.parametrize("mask_type", ["A", "B"])
def test_each_connection_leads_from_earlier_to_later(mask_type, kernel, colours):
    """One by one: a tap above, or to the left, or a colour before one's own (B: or that one)."""
    of, to = 2 * colours, 3 * colours
    mask = values(MaskedConv2d(mask_type, of, to, kernel, colours).mask)

    for (o, i, row, column), connected in np.ndenumerate(mask):
        place = row - kernel[0] // 2, column - kernel[1] // 2
        own, other = o // 3, i // 2  # the colour of each channel
        before = place < (0, 0) or (place == (0, 0) and other < own + (mask_type == "B"))
        assert connected == before


def test_it_is_a_convolution_by_the_weights_that_are_not_masked(rng, backend):
    layer = MaskedConv2d("A", 2, 4, (3, 5), colours=2).to(backend.device)
    x = normal(rng, 3, 2, 6, 5, dtype=np.float32)

    y = layer(x.to(backend.device))

    weight, bias = tg.tensor(values(layer.weight) * values(layer.mask)), layer.bias.detach().cpu()
    expected = F.conv2d(x, weight, bias, padding=(1, 2))
    assert y.shape == (3, 4, 6, 5)
    np.testing.assert_allclose(values(y), values(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mask_type", ["A", "B"])
def test_no_value_depends_on_a_later_one(rng, mask_type):
    """The values in reading order, the colours of a pixel one after another."""
    layer = MaskedConv2d(mask_type, 2, 2, 3, colours=2)
    x = normal(rng, 1, 2, 3, 4, dtype=np.float32, requires_grad=True)

    slopes = []
    for value in layer(x)[0].permute(1, 2, 0).flatten():
        (to_x,) = tg.grad(value, x, retain_graph=True)
        slopes.append(values(to_x)[0].transpose(1, 2, 0).flatten())

    assert not np.triu(slopes, 1).any()
    assert np.diag(slopes).all() == (mask_type == "B")
    assert np.tril(slopes, -1).any(1)[1:].all()


def test_gradients_go_through_connections_only(rng):
    layer = MaskedConv2d("B", 2, 2, 3, bias=False)

    layer(normal(rng, 2, 2, 5, 5, dtype=np.float32)).sum().backward()

    assert np.array_equal(values(layer.weight.grad) != 0, values(layer.mask) == 1)


def test_its_gradients_are_right(rng):
    layer = MaskedConv2d("A", 2, 4, (3, 3), colours=2).double()
    x = normal(rng, 2, 2, 4, 3, requires_grad=True)

    assert gradients_are_right(lambda: layer(x), x, *layer.parameters())


def test_layers_of_them_never_see_some_pixels_above_and_to_the_right(rng):
    """The blind spot, for which PixelCNN has two stacks of layers (van den Oord et al., 2016b)."""
    layers = nn.Sequential(
        MaskedConv2d("A", 1, 8, 3), *(MaskedConv2d("B", 8, 8, 3) for _ in range(8))
    )
    x = normal(rng, 1, 1, 6, 6, dtype=np.float32, requires_grad=True)

    (slopes,) = tg.grad(layers(x)[:, :, 4, 2].sum(), x)

    seen = values(slopes)[0, 0] != 0
    assert seen.tolist() == [
        [True] * 6,
        [True, True, True, True, True, True],
        [True, True, True, True, True, False],
        [True, True, True, True, False, False],
        [True, True, False, False, False, False],
        [False] * 6,
    ]


def test_a_mask_is_saved_but_not_trained():
    layer = MaskedConv2d("A", 1, 2, 3)

    assert set(layer.state_dict()) == {"weight", "bias", "mask"}
    assert {name for name, _ in layer.named_parameters()} == {"weight", "bias"}


def test_it_can_be_read():
    assert nn.MaskedConv2d is MaskedConv2d
    assert repr(MaskedConv2d("B", 2, 4, 3, colours=2, bias=False)) == (
        "MaskedConv2d('B', 2, 4, kernel_size=(3, 3), colours=2, bias=False)"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaskedConv2d("C", 1, 1, 3), "mask_type is 'A' or 'B', got 'C'"),
        (lambda: MaskedConv2d("A", 1, 1, (3, 2)), r"sides are odd, got \(3, 2\)"),
        (lambda: MaskedConv2d("A", 3, 4, 3, colours=3), "3 and 4 channels cannot be divided"),
        (lambda: MaskedConv2d("A", 1, 1, 3, colours=0), "colours=0"),
        (lambda: MaskedConv2d("A", 0, 1, 3), "in_channels must be a positive integer"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
