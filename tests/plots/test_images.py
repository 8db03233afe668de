"""Grids, differences and film strips: every pixel is compared with what it should be."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.plots.rendering import as_floats, enlarged, pixels, random_pictures, words
from tinygen.plots import before_after_difference, film_strip, image_grid, tile_images
from tinygen.plots.table import MARGIN

GREY = random_pictures(6, 5, 4)
COLOUR = random_pictures(6, 5, 4, 3)


def plain_page(pictures: np.ndarray, columns: int, padding: int, zoom: int) -> np.ndarray:
    """A page without words, put together naively."""
    count, height, width = pictures.shape[:3]
    rows, gap = -(-count // columns), padding * zoom
    down = 2 * MARGIN + rows * (height * zoom + gap) - gap
    across = 2 * MARGIN + columns * (width * zoom + gap) - gap
    page = np.full((down, across, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        top = MARGIN + number // columns * (height * zoom + gap)
        left = MARGIN + number % columns * (width * zoom + gap)
        page[top : top + height * zoom, left : left + width * zoom] = enlarged(picture, zoom)
    return page


LAYOUTS = {
    "NHW": (GREY, GREY),
    "N1HW": (GREY[:, None], GREY),
    "NHW1": (GREY[..., None], GREY),
    "N3HW": (COLOUR.transpose(0, 3, 1, 2), COLOUR),
    "NHW3": (COLOUR, COLOUR),
    "floats": (as_floats(GREY), GREY),
    "float64": (GREY / 255, GREY),
    "tensor": (tg.tensor(as_floats(GREY[:, None])), GREY),
    "tensor with a graph": (tg.tensor(as_floats(GREY[:, None]), requires_grad=True) * 1.0, GREY),
    "list of tensors": ([tg.tensor(picture) for picture in as_floats(GREY)], GREY),
    "bool": (GREY > 99, np.uint8(255) * (GREY > 99)),
    "not contiguous": (GREY[::-1, ::-1], GREY[::-1, ::-1]),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_pixel_is_a_square_of_its_shade(name: str) -> None:
    images, shades = LAYOUTS[name]
    page = pixels(image_grid(images, columns=4, padding=2, zoom=3))
    np.testing.assert_array_equal(page, plain_page(shades, 4, 2, 3))


@pytest.mark.parametrize(("columns", "padding", "zoom"), [(1, 0, 1), (6, 3, 7), (5, 1, 10)])
def test_columns_padding_and_zoom_are_as_asked_for(columns: int, padding: int, zoom: int) -> None:
    page = pixels(image_grid(GREY, columns, padding=padding, zoom=zoom))
    np.testing.assert_array_equal(page, plain_page(GREY, columns, padding, zoom))


def test_with_titles_the_pictures_are_still_exact() -> None:
    figure = image_grid(GREY, 3, titles="abcdef", title="Letters", zoom=12)
    page = pixels(figure)
    found = 0
    for picture in GREY:
        block = enlarged(picture, 12)
        height, width = block.shape[:2]
        found += any(
            np.array_equal(page[top : top + height, left : left + width], block)
            for top, left in np.argwhere((page == block[0, 0]).all(axis=-1))
        )
    assert found == 6
    assert words(figure) == ["Letters", *"abcdef"]


def test_titles_are_written_as_they_are() -> None:
    assert words(image_grid(GREY[:2], titles=["$5_a$", "100 %"], zoom=20)) == ["$5_a$", "100 %"]


def test_a_long_title_is_shortened_and_a_long_heading_widens_the_page() -> None:
    figure = image_grid(GREY[:2], titles=["a very long name indeed"] * 2, title="H" * 90, zoom=10)
    heading, *names = words(figure)
    assert heading == "H" * 90
    assert all(name.startswith("a") and name.endswith("…") for name in names)


def test_a_grid_fills_a_column_and_is_never_blurred() -> None:
    for count in (1, 7, 40, 100, 400):
        width = image_grid(np.zeros((count, 28, 28))).get_size_inches()[0]
        assert width <= 7
        assert count < 10 or width > 3.5


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (10, 10), (12, 4), (40, 7), (100, 10)])
def test_by_default_few_stand_in_a_row_and_many_in_a_square(count: int, columns: int) -> None:
    assert tile_images(np.zeros((count, 3, 3)), padding=0).shape[1] == 3 * columns


def test_tile_images_gives_the_page_itself() -> None:
    page = tile_images(COLOUR, columns=4, padding=2, background=9)
    expected = np.full((5 + 2 + 5, 4 * 4 + 3 * 2, 3), 9, np.uint8)
    for number, picture in enumerate(COLOUR):
        top, left = number // 4 * 7, number % 4 * 6
        expected[top : top + 5, left : left + 4] = picture
    np.testing.assert_array_equal(page, expected)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((4, 784)), ValueError, r"got \(4, 784\): .* reshape\(-1, 1, 28, 28\)"),
        (np.zeros((28, 20)), ValueError, r"for a single picture pass image\[None\]"),
        (np.zeros((4, 16, 8, 8)), ValueError, r"feature maps use activations\(\)"),
        (np.zeros((2, 4, 1, 8, 8)), ValueError, "join the first two axes"),
        (np.zeros((0, 1, 8, 8)), ValueError, "hold nothing to draw"),
        (np.full((1, 2, 2), 200.0), ValueError, r"to 200: if they go to 255, divide by 255"),
        (np.array([[[-1.0, 1.0]]]), ValueError, r"from -1 to 1: after tanh use \(images \+ 1\)"),
        (np.array([[[-3.0, 2.0]]]), ValueError, "apply sigmoid to logits"),
        (np.array([[[np.nan, 2.0]]]), ValueError, "1 values that are NaN or infinite"),
        (np.zeros((1, 2, 2), np.int64), TypeError, r"int64, .* use .astype\('uint8'\)"),
        (np.zeros((1, 2, 2), complex), TypeError, "complex128: it draws floats and uint8"),
    ],
)
def test_what_is_no_picture_is_refused_with_advice(
    images: np.ndarray, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        image_grid(images)


def test_other_arguments_are_checked_too() -> None:
    with pytest.raises(ValueError, match="3 titles for 6 images"):
        image_grid(GREY, titles="abc")
    with pytest.raises(ValueError, match="at least one column, got 0"):
        image_grid(GREY, columns=0)
    with pytest.raises(ValueError, match="padding -1"):
        image_grid(GREY, padding=-1)


def test_rounding_beyond_the_range_is_no_error() -> None:
    np.testing.assert_array_equal(
        tile_images(np.array([[[-1e-4, 1 + 1e-4]]]))[..., 0], np.array([[0, 255]])
    )


# ---- before, after, difference ---------------------------------------------------------------


def shade_at(page: np.ndarray, row: int, column: int, figure_rows: int) -> np.ndarray:
    """The colour at the middle of a picture of one shade, found by the outlines' grey."""
    outline = (page == 208).all(axis=-1)
    tops = np.flatnonzero(outline.mean(axis=1) > 0.3)[::2]
    lefts = np.flatnonzero(outline.mean(axis=0) > 0.3)[::2]
    assert len(tops) == figure_rows
    return page[tops[row] + 20, lefts[column] + 20]


def test_the_difference_is_white_where_nothing_changed_and_coloured_elsewhere() -> None:
    before = np.full((3, 8, 8), 0.5)
    after = before + np.array([0.0, 0.25, -0.25])[:, None, None]

    page = pixels(before_after_difference(before, after))

    same, lighter, darker = (shade_at(page, 2, column, 3).astype(int) for column in range(3))
    assert same.tolist() == [255, 255, 255]
    assert lighter[0] > lighter[2] + 60  # orange
    assert darker[2] > darker[0] + 60  # blue
    assert shade_at(page, 0, 1, 3).tolist() == [128] * 3
    assert shade_at(page, 1, 1, 3).tolist() == [191] * 3


def test_the_scale_says_what_the_colours_mean() -> None:
    before = np.zeros((1, 4, 4))
    written = words(before_after_difference(before, before + 0.5, ("blurred", "restored")))
    assert {"blurred", "restored", "difference", "0.5", "0", "−0.5"} <= set(written)
    assert "1" in words(before_after_difference(before, before + 0.5, limit=1.0))


def test_two_pictures_that_are_alike_have_a_scale_as_well() -> None:
    assert {"1", "0", "−1"} <= set(words(before_after_difference(GREY, GREY)))


def test_many_pictures_stand_below_each_other() -> None:
    pictures = np.zeros((13, 4, 4))
    width, height = before_after_difference(pictures, pictures).get_size_inches()
    assert height > 2 * width


def test_differences_need_pictures_of_one_size() -> None:
    with pytest.raises(ValueError, match=r"shapes \(6, 5, 4\) and \(6, 4, 5\): resize"):
        before_after_difference(GREY, GREY.transpose(0, 2, 1))
    with pytest.raises(ValueError, match="above 0; got 0"):
        before_after_difference(GREY, GREY, limit=0)


# ---- film strips -----------------------------------------------------------------------------


def test_a_film_shows_the_first_and_the_last_time_and_some_between() -> None:
    samples = [np.full((2, 4, 4), time / 99) for time in range(100)]
    figure = film_strip(samples, columns=4, unit="step")
    assert words(figure) == ["step", "1", "34", "67", "100"]


def test_time_runs_to_the_right_and_a_row_is_a_sample() -> None:
    samples = np.stack([GREY[:3], GREY[3:]])  # two times, three samples
    figure = film_strip(samples, [0, 10])
    shown = [image.get_array()[..., 0] for image in figure.axes[0].images]
    expected = [GREY[0], GREY[3], GREY[1], GREY[4], GREY[2], GREY[5]]
    for picture, wanted in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(picture, wanted)


def test_samples_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 5, 4\) .* first and \(2, 5, 4\) in place 1"):
        film_strip([GREY[:3], GREY[:2]])
    with pytest.raises(ValueError, match="1 times for 2 sets"):
        film_strip([GREY, GREY], times=[1])
    with pytest.raises(ValueError, match="no samples"):
        film_strip([])
