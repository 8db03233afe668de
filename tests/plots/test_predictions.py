from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tinygen.plots import plot_predictions, save_figure


def probabilities_for(guesses, confidence, classes=3):
    """Rows that give the guess its confidence and share the rest."""
    rest = (1 - np.asarray(confidence)) / (classes - 1)
    rows = np.repeat(rest[:, None], classes, axis=1)
    rows[np.arange(len(guesses)), guesses] = confidence
    return rows


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def pictures(figure):
    """The shade of each picture, in the order of drawing; they are all of one shade."""
    return [int(image.get_array()[0, 0]) for image in figure.axes[0].images]


def shades(n):
    return np.repeat(np.arange(n, dtype=np.uint8), 16).reshape(n, 4, 4)


def test_right_ones_come_first_a_class_at_a_time_and_then_the_surest_mistakes():
    labels = np.array([0, 0, 1, 2, 1, 0])
    guesses = np.array([0, 0, 1, 2, 0, 2])
    rows = probabilities_for(guesses, [0.9, 0.9, 0.9, 0.9, 0.6, 0.8])

    figure = plot_predictions(shades(6), labels, rows, "title", columns=3)

    assert pictures(figure) == [0, 2, 3, 1, 5, 4]


def test_label_guess_and_confidence_are_written():
    rows = probabilities_for([1, 2], [0.75, 0.5])

    figure = plot_predictions(shades(2), np.array([1, 0]), rows, "A title")

    written = texts(figure)
    assert written[0] == "A title"
    assert "Right: 1 of 2" in written
    assert "Wrong: 1 of 2" in written
    assert {"1", "75%"} <= set(written)
    assert {"2", "50%", "is 0"} <= set(written)


def test_classes_may_have_names():
    rows = probabilities_for([1], [0.75])

    figure = plot_predictions(shades(1), np.array([0]), rows, "t", names=["cat", "dog", "emu"])

    assert {"dog", "is cat"} <= set(texts(figure))


@pytest.mark.parametrize(
    ("confidence", "written"), [(0.5, "50%"), (0.994, "99.4%"), (0.9996, ">99.9%"), (1.0, ">99.9%")]
)
def test_a_confidence_is_never_rounded_up_to_certainty(confidence, written):
    rows = probabilities_for([0], [confidence])

    assert written in texts(plot_predictions(shades(1), np.array([0]), rows, "t"))


def test_a_block_without_pictures_is_left_out():
    rows = probabilities_for([0, 1], [0.9, 0.9])

    figure = plot_predictions(shades(2), np.array([0, 1]), rows, "t")

    assert not any(text.startswith("Wrong") for text in texts(figure))


def test_no_more_rows_are_drawn_than_asked_for():
    labels = np.arange(60) % 3
    guesses = np.where(np.arange(60) < 30, labels, (labels + 1) % 3)
    rows = probabilities_for(guesses, np.full(60, 0.9))

    figure = plot_predictions(shades(60), labels, rows, "t", columns=4, rows=3)

    assert len(pictures(figure)) == 2 * 4 * 3


def test_the_picture_is_as_large_as_the_figure_and_has_both_colours(tmp_path):
    rows = probabilities_for([0, 1], [0.9, 0.9])
    figure = plot_predictions(shades(2), np.array([0, 0]), rows, "t")

    path = save_figure(figure, tmp_path / "p.png", dpi=100)

    with Image.open(path) as picture:
        picture.load()
        width, height = figure.get_size_inches()
        assert picture.size == (int(100 * width), int(100 * height))
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert {(0x00, 0x72, 0xB2), (0xC4, 0x4E, 0x00), (255, 255, 255)} <= colours


@pytest.mark.parametrize(
    ("images", "labels", "rows", "message"),
    [
        (shades(2), [0], np.ones((2, 3)), "2 images, 1 labels and 2 rows"),
        (shades(2)[None], [0, 1], np.ones((2, 3)), r"shapes \(1, 2, 4, 4\)"),
        (shades(2)[:0], [], np.ones((0, 3)), "0 images"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(images, labels, rows, message):
    with pytest.raises(ValueError, match=message):
        plot_predictions(images, labels, rows, "t")
