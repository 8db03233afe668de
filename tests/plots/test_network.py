from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygen as tg
from tests.plots.rendering import as_floats, random_pictures, small_model, words
from tinygen import nn
from tinygen.plots import activations, filters
from tinygen.plots.style import diverging_map


def tiles(figure: Any) -> list[np.ndarray]:
    """The pictures of a figure, without outlines and the scale."""
    arrays = [np.asarray(image.get_array()) for image in figure.axes[0].images]
    return [array for array in arrays if array.shape[:2] != (1, 1) and array.shape[1] > 1]


def colours(values: np.ndarray, most: float) -> np.ndarray:
    shades = diverging_map()((values + most) / (2 * most))[..., :3]
    return (shades * 255 + 0.5).astype(np.uint8)


# ---- kernels ---------------------------------------------------------------------------------


def test_kernels_of_one_channel_have_a_common_scale_about_zero() -> None:
    weight = np.random.default_rng(0).normal(size=(7, 1, 3, 5))
    figure = filters(weight)
    most = np.abs(weight).max()
    for tile, kernel in zip(tiles(figure), weight[:, 0], strict=True):
        np.testing.assert_array_equal(tile, colours(kernel, most))
    assert {f"{most:.2g}", "0", f"−{most:.2g}"} <= set(words(figure))


def test_kernels_of_three_channels_are_coloured() -> None:
    weight = np.zeros((2, 3, 2, 2))
    weight[:, 0], weight[:, 2] = 5.0, -5.0
    for tile in tiles(filters(weight)):
        np.testing.assert_array_equal(tile, np.broadcast_to([255, 128, 0], (2, 2, 3)))


def test_kernels_of_many_channels_are_a_table_of_outputs_and_inputs() -> None:
    weight = np.random.default_rng(0).normal(size=(3, 5, 2, 2))
    shown = tiles(filters(weight))
    assert len(shown) == 15
    np.testing.assert_array_equal(shown[7], colours(weight[1, 2], np.abs(weight).max()))
    assert "16 of 40 outputs, 16 of 20 inputs" in words(filters(np.ones((40, 20, 2, 2))))


def test_a_convolution_its_weight_and_an_array_give_the_same_picture() -> None:
    layer = nn.Conv2d(1, 4, 3)
    expected = tiles(filters(layer.weight.detach().numpy()))
    for source in (layer, layer.weight):
        np.testing.assert_array_equal(tiles(filters(source)), expected)


def test_what_has_no_kernels_is_refused() -> None:
    with pytest.raises(ValueError, match="Flatten has no weight of its own"):
        filters(nn.Flatten())
    with pytest.raises(ValueError, match=r"got \(10, 784\): .* weight.reshape"):
        filters(np.zeros((10, 784)))
    with pytest.raises(ValueError, match="1 of 4 weights are NaN or infinite: training has div"):
        filters(np.array([[[[0.0, np.nan], [0.0, 0.0]]]]))


# ---- activations -----------------------------------------------------------------------------

PICTURE = random_pictures(1, 28, 28)


def test_the_picture_comes_first_and_then_the_maps_of_the_layer() -> None:
    model = small_model()
    with tg.no_grad():
        maps = model[0](tg.tensor(as_floats(PICTURE)[None])).numpy()[0]
    shown = tiles(activations(model, "0", as_floats(PICTURE)))
    assert len(shown) == 5
    low, high = as_floats(PICTURE).min(), as_floats(PICTURE).max()
    stretched = ((PICTURE[0] / 255 - low) / (high - low) * 255 + 0.5).astype(np.uint8)
    np.testing.assert_allclose(shown[0][..., 0].astype(int), stretched.astype(int), atol=1)
    most = np.abs(maps).max()
    # The maps are smaller than the picture and brought to its size: compare what is in them.
    for tile, values in zip(shown[1:], maps, strict=True):
        expected = {tuple(colour) for colour in colours(values, most).reshape(-1, 3).tolist()}
        assert {tuple(colour) for colour in tile.reshape(-1, 3).tolist()} <= expected


def test_a_layer_can_be_named_or_handed_in() -> None:
    model = small_model()
    by_name = tiles(activations(model, "1", as_floats(PICTURE)))
    by_module = tiles(activations(model, model[1], as_floats(PICTURE)[None]))
    np.testing.assert_array_equal(by_name, by_module)


def test_the_model_runs_in_evaluation_mode_and_is_left_as_it_was() -> None:
    model = small_model()
    model[1].eval()
    first = tiles(activations(model, "2", as_floats(PICTURE)))
    second = tiles(activations(model, "2", as_floats(PICTURE)))
    np.testing.assert_array_equal(first, second)  # dropout is off
    assert [module.training for module in model.modules()] == [True, True, False, True, True, True]
    assert not model[2]._hooks
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_model_is_left_as_it_was_after_a_failure() -> None:
    model = small_model()
    with pytest.raises(ValueError):  # noqa: PT011
        activations(model, "0", np.zeros((3, 28, 28), np.float32))
    assert model.training
    assert not model[0]._hooks


def test_a_float64_model_gets_a_float64_picture() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3))
    for parameter in model.parameters():
        parameter.data = parameter.data.astype(np.float64)
    assert len(tiles(activations(model, "0", as_floats(PICTURE)))) == 3


def test_no_more_maps_are_drawn_than_asked_for() -> None:
    figure = activations(small_model(), "0", as_floats(PICTURE), limit=2)
    assert len(tiles(figure)) == 3
    assert any("2 of 4 feature maps (26×26) of 0" in text for text in words(figure))


def test_what_cannot_be_drawn_is_refused() -> None:
    model = small_model()
    with pytest.raises(ValueError, match=r"got \(2, 1, 28, 28\): of a batch pass images\[0\]"):
        activations(model, "0", np.zeros((2, 1, 28, 28)))
    with pytest.raises(ValueError, match=r"4 gives \(1, 10\): choose a layer before"):
        activations(model, "4", as_floats(PICTURE))
    with pytest.raises(ValueError, match="Conv2d did not run: it is not part"):
        activations(model, nn.Conv2d(1, 1, 3), as_floats(PICTURE))
