from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import tinygen as tg
from tests.plots.rendering import CODES, decode, drawn_texts, pixels, words
from tinygen.plots import interpolation_strip, latent_codes, latent_plane, traversal
from tinygen.plots.latent import ABOVE, LEFT, arc, line


def shades(figure: Any) -> np.ndarray:
    """The shade of each picture, in the order of drawing."""
    return np.array([int(image.get_array()[0, 0, 0]) for image in figure.axes[0].images])


def shade(number: float) -> int:
    """What ``decode`` makes of the first number of a code."""
    return math.floor((np.float32(number) + 3) / 6 * 255 + 0.5)


# ---- the plane -------------------------------------------------------------------------------


@pytest.mark.parametrize("span", [None, 2.0])
def test_the_plane_is_decoded_pixel_by_pixel(span: float | None) -> None:
    steps = 5
    page = pixels(latent_plane(decode, steps, span=span))
    zoom = 620 // (7 * steps)
    width, height = 5 * zoom, 7 * zoom
    if span is None:
        axis = [NormalDist().inv_cdf((k + 0.5) / steps) for k in range(steps)]
    else:
        axis = [-2.0, -1.0, 0.0, 1.0, 2.0]
    for row in range(steps):
        for column, number in enumerate(axis):
            top, left = ABOVE + row * height, LEFT + column * width
            block = page[top : top + height, left : left + width]
            assert abs(int(block[0, 0, 0]) - shade(number)) <= 1
            assert (block == block[0, 0]).all()


def test_the_second_number_grows_upwards() -> None:
    def decode_second(codes: Any) -> Any:
        return decode(codes[:, 1:])

    page = pixels(latent_plane(decode_second, 3, span=1.0))
    zoom = 620 // 21
    column = [int(page[ABOVE + row * 7 * zoom, LEFT, 0]) for row in range(3)]
    assert column == [shade(1), shade(0), shade(-1)]


def test_codes_beside_the_plane_have_axes_of_their_own() -> None:
    assert len(latent_plane(decode, 3).axes) == 1
    figure = latent_plane(decode, 3, codes=CODES, labels=np.repeat([0, 1, 2], 20))
    assert len(figure.axes) == 2
    assert "shown left" in words(figure)


def test_decode_is_called_once_with_float32_and_without_a_graph() -> None:
    calls = []

    def watched(codes: Any) -> Any:
        calls.append((codes.shape, codes.dtype, tg.is_grad_enabled()))
        return decode(codes)

    latent_plane(watched, 4)
    traversal(watched, np.zeros(3))
    assert calls == [((16, 2), np.float32, False), ((27, 3), np.float32, False)]


# ---- codes -----------------------------------------------------------------------------------


def test_every_class_has_a_colour_and_its_name() -> None:
    figure = latent_codes(CODES, np.repeat([0, 1, 4], 20), names=list("abcde"))
    points = [c.get_offsets() for c in figure.axes[0].collections]
    np.testing.assert_allclose(points[1], CODES[20:40])
    assert len({tuple(c.get_facecolor()[0]) for c in figure.axes[0].collections}) == 3
    assert {"a", "b", "e"} <= set(words(figure))
    assert "c" not in words(figure)


def test_names_of_classes_that_lie_on_each_other_are_moved_apart() -> None:
    codes = np.random.default_rng(0).normal(size=(200, 2))
    figure = latent_codes(codes, np.arange(200) % 10)
    names = [text for text in drawn_texts(figure) if text.get_weight() == "bold"]
    boxes = [name.get_window_extent() for name in names]
    assert len(boxes) == 10
    assert not any(a.overlaps(b) for a in boxes for b in boxes if a is not b)


def test_without_labels_there_is_one_kind_of_point() -> None:
    assert len(latent_codes(tg.tensor(CODES)).axes[0].collections) == 1


# ---- sweeps ----------------------------------------------------------------------------------


def test_one_number_changes_in_a_row_and_the_others_stay() -> None:
    seen = []

    def watched(codes: Any) -> Any:
        seen.append(codes.numpy())
        return decode(codes)

    figure = traversal(watched, tg.tensor([0.5, -1.0, 2.0]), [0, 2], span=2.0, steps=5)
    codes = seen[0].reshape(2, 5, 3)
    np.testing.assert_allclose(codes[0, :, 0], [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(codes[0, :, 1:], [[-1, 2]] * 5)
    np.testing.assert_allclose(codes[1, :, 2], [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(codes[1, :, :2], [[0.5, -1]] * 5)
    assert words(figure) == ["−2", "−1", "0", "+1", "+2", "z0", "z2"]
    expected = [shade(v) for v in (-2, -1, 0, 1, 2)] + [shade(0.5)] * 5
    np.testing.assert_allclose(shades(figure), expected, atol=1)


def test_a_frame_marks_the_picture_nearest_to_the_start() -> None:
    figure = traversal(decode, [1.2, 0.0], span=2.0, steps=5)
    frames = figure.axes[0].patches
    pictures = figure.axes[0].images
    for frame, number in zip(frames, (3, 7), strict=True):
        left, right, bottom, top = pictures[number].get_extent()
        middle = frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2
        np.testing.assert_allclose(middle, ((left + right) / 2, (top + bottom) / 2))


# ---- interpolation ---------------------------------------------------------------------------


def test_a_strip_goes_from_one_code_to_the_other_in_equal_steps() -> None:
    figure = interpolation_strip(decode, [-3.0, 0.0], [3.0, 0.0], steps=5)
    np.testing.assert_allclose(shades(figure), [shade(v) for v in (-3, -1.5, 0, 1.5, 3)], atol=1)
    assert words(figure) == ["0 %", "25 %", "50 %", "75 %", "100 %"]


def test_real_pictures_stand_at_the_ends() -> None:
    ends = np.full((2, 7, 5), 10, np.uint8), np.full((2, 7, 5), 20, np.uint8)
    figure = interpolation_strip(decode, np.zeros((2, 2)), np.zeros((2, 2)), steps=2, ends=ends)
    assert shades(figure).tolist() == [10, 128, 128, 20] * 2
    assert len(figure.axes[0].patches) == 4  # frames


def test_the_arc_keeps_the_length_and_meets_both_ends() -> None:
    first, last = np.array([3.0, 0.0, 0.0]), np.array([0.0, 0.0, 3.0])
    codes = arc(first, last, np.linspace(0, 1, 7))
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 3)
    np.testing.assert_allclose(codes[[0, -1]], [first, last], atol=1e-12)
    angles = np.arccos((codes[1:] * codes[:-1]).sum(axis=1) / 9)
    np.testing.assert_allclose(angles, np.pi / 12)


@pytest.mark.parametrize("last", [[2.0, 4.0], [0.0, 0.0], [-1.0, -2.0]])
def test_codes_of_one_direction_lie_on_a_line(last: list[float]) -> None:
    first, shares = np.array([1.0, 2.0]), np.linspace(0, 1, 5)
    codes = arc(first, np.array(last), shares)
    np.testing.assert_allclose(codes, line(first, np.array(last), shares), atol=1e-9)


# ---- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: latent_plane(decode, 1), "steps >= 2 and span > 0, got 1"),
        (lambda: latent_plane(decode, span=-1.0), "got 20 and -1"),
        (lambda: latent_plane(lambda z: decode(z)[:3]), "400 codes and got 3 pictures"),
        (lambda: latent_plane(lambda z: z), r"pictures from decode of shape .* got \(400, 2\)"),
        (lambda: latent_plane(lambda z: decode(z) * 9), "wants pictures from decode from 0 to 1"),
        (lambda: latent_codes(np.zeros((5, 8))), r"got \(5, 8\): choose two"),
        (lambda: latent_codes(np.full((5, 2), np.nan)), "the encoder has diverged"),
        (lambda: latent_codes(CODES, [0, 1]), "a label for each of 60 rows"),
        (lambda: traversal(decode, np.zeros((1, 4))), r"one code of shape \(L,\), got \(1, 4\)"),
        (lambda: traversal(decode, np.zeros(4), [4]), "they count from 0 to 3"),
        (lambda: traversal(decode, np.zeros(4), steps=1), "steps >= 2"),
        (lambda: interpolation_strip(decode, [0.0, 0.0], [0.0]), r"got \(2,\) and \(1,\)"),
        (lambda: interpolation_strip(decode, [0.0], [1.0], steps=1), "2 steps at least"),
        (
            lambda: interpolation_strip(decode, [0.0], [1.0], ends=(np.zeros((1, 3, 3)),) * 2),
            r"1 pictures of 7×5 pixels at each end",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
