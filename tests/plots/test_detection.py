from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygen as tg
from tests.plots.rendering import drawn_texts, pixels, words
from tinygen.plots import draw_boxes

BLACK = np.zeros((1, 32, 40), np.uint8)
ORANGE, YELLOW = np.array([0xD5, 0x5E, 0x00]), np.array([0xF0, 0xE4, 0x42])


def extent(page: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """The box of all pixels of a colour: left, top, right, bottom."""
    rows, columns = (np.abs(page.astype(int) - colour).max(axis=-1) < 12).nonzero()
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def test_a_box_is_where_it_should_be() -> None:
    box = np.array([4.0, 6.0, 20.0, 30.0])
    figure = draw_boxes(BLACK, [box[None]])
    left, _, bottom, top = figure.axes[0].images[0].get_extent()
    zoom = (bottom - top) / 32
    found = extent(pixels(figure), ORANGE)
    np.testing.assert_allclose(found, box * zoom + [left, top, left, top], atol=3)


def test_true_boxes_are_yellow_and_dashed() -> None:
    figure = draw_boxes(BLACK, [[]], truth=[[[4, 6, 20, 30]]])
    page = pixels(figure)
    is_yellow = np.abs(page.astype(int) - YELLOW).max(axis=-1) < 12
    left = extent(page, YELLOW)[0]
    height = np.ptp(extent(page, YELLOW)[1::2])
    assert 0.3 * height < is_yellow[:, left + 1].sum() < 0.9 * height


def test_class_and_score_are_written() -> None:
    boxes, labels = tg.tensor([[4.0, 9.0, 12.0, 30.0], [22.0, 9.0, 30.0, 30.0]]), [1, 0]
    figure = draw_boxes(BLACK, [boxes], [labels], [[0.875, 0.5]], names=["cat", "dog"])
    assert words(figure) == ["dog: 88 %", "cat: 50 %"]
    assert words(draw_boxes(BLACK, [boxes], [labels])) == ["1", "0"]
    assert words(draw_boxes(BLACK, [boxes], scores=[[0.875, 0.5]])) == ["88 %", "50 %"]


@pytest.mark.parametrize(
    "box", [[0, 0, 6, 6], [34, 0, 40, 6], [0, 26, 6, 32], [34, 26, 40, 32], [-5, -5, 60, 60]]
)
def test_words_stay_inside_the_picture(box: list[float]) -> None:
    figure = draw_boxes(BLACK, [[box]], [[3]], [[0.99]])
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    height = pixels(figure).shape[0]
    (text,) = drawn_texts(figure)
    words_at = text.get_window_extent()
    assert left <= words_at.x0 < words_at.x1 <= right
    assert top <= height - words_at.y1 < height - words_at.y0 <= bottom


def test_words_of_boxes_beside_each_other_do_not_overlap() -> None:
    boxes = np.array([[10, 12, 18, 24], [12, 12, 20, 24], [14, 12, 22, 24]])
    figure = draw_boxes(BLACK, [boxes], [[1, 2, 3]], [[0.9, 0.8, 0.7]])
    extents = [text.get_window_extent() for text in drawn_texts(figure)]
    assert len(extents) == 3
    assert not any(a.overlaps(b) for a in extents for b in extents if a is not b)


def test_pictures_stand_in_rows() -> None:
    empty: list[Any] = [[]] * 6
    figure = draw_boxes(np.zeros((6, 3, 10, 10)), empty, columns=3)
    corners = {tuple(image.get_extent()[2:]) for image in figure.axes[0].images}
    assert len(figure.axes[0].images) == 6
    assert len(corners) == 2  # rows


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_boxes(BLACK, []), "1 images and 0 entries of boxes"),
        (lambda: draw_boxes(BLACK, [[]], truth=[]), "0 entries of truth"),
        (lambda: draw_boxes(BLACK, [[1, 2, 3, 4]]), r"shape \(M, 4\) .* got \(4,\) for image 0"),
        (lambda: draw_boxes(BLACK, [[[9, 2, 3, 4]]]), r"left < right .* \(x, y, x \+ w, y \+ h\)"),
        (lambda: draw_boxes(BLACK, [[[1, 2, 3, 4]]], [[0, 1]]), "a label for each of 1 rows"),
        (lambda: draw_boxes(BLACK, [[[1, 2, 3, 4]]], scores=[[1, 1]]), r"scores of shape \(2,\)"),
        (lambda: draw_boxes(BLACK, [[[1, 2, 3, 4]]], columns=0), "at least one column"),
    ],
)
def test_what_does_not_belong_together_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
