from __future__ import annotations

import numpy as np
import pytest

from tinygen.data import (
    ImageSet,
    boxes_in,
    canvases,
    draw_canvases,
    draw_glyphs,
    draw_strips,
    make_canvases,
    make_strips,
    place_on_canvases,
    write_in_strips,
)


def blocks():
    """Three 'digits': filled boxes of different sizes and brightness, off the middle."""
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 3:20, 5:11] = 100
    images[1, 6:24, 8:22] = 150
    images[2, 10:14, 1:21] = 200
    return images, np.array([4, 7, 9])


SIZES = {4: (6, 17), 7: (14, 18), 9: (20, 4)}
"""Width and height of the blocks by their labels."""


def overlap(one, other):
    """Intersection over union of two boxes, counted pixel by pixel."""
    counts = np.zeros((64, 64), int)
    for x1, y1, x2, y2 in (one.astype(int), other.astype(int)):
        counts[y1:y2, x1:x2] += 1
    return (counts == 2).sum() / (counts > 0).sum()


# ---- canvases ----------------------------------------------------------------------------------


def test_canvases_have_one_to_four_digits_and_a_box_for_each():
    drawn = draw_canvases(200, seed=0)

    amounts = [len(labels) for labels in drawn.labels]
    assert (drawn.images.shape, drawn.images.dtype) == ((200, 64, 64), np.uint8)
    assert set(amounts) == {1, 2, 3, 4}
    assert [boxes.shape for boxes in drawn.boxes] == [(amount, 4) for amount in amounts]
    assert {boxes.dtype for boxes in drawn.boxes} == {np.dtype(np.float32)}
    assert {labels.dtype for labels in drawn.labels} == {np.dtype(np.int64)}
    assert set(np.concatenate(drawn.labels)) == set(range(10))
    assert len(drawn) == 200


def test_no_digit_covers_much_of_another():
    for boxes in draw_canvases(200, seed=0).boxes:
        for number, box in enumerate(boxes):
            for other in boxes[:number]:
                assert overlap(box, other) <= canvases.MOST_OVERLAP


def test_few_digits_find_no_place():
    drawn = draw_canvases(2000, seed=0)

    found = sum(map(len, drawn.labels))
    assert found / 2000 == pytest.approx(2.5, abs=0.08)  # deviation of the mean 0.025


def test_drawn_digits_are_of_many_sizes():
    boxes = np.concatenate(draw_canvases(300, seed=0).boxes)

    heights = boxes[:, 3] - boxes[:, 1]
    assert heights.min() < 15
    assert heights.max() > 24


def test_all_ink_is_in_the_boxes_and_a_lone_digit_fills_its_own():
    drawn = draw_canvases(100, seed=0)
    for image, boxes in zip(drawn.images, drawn.boxes, strict=True):
        outside = image.copy()
        for x1, y1, x2, y2 in boxes.astype(int):
            outside[y1:y2, x1:x2] = 0
        assert not outside.any()
        if len(boxes) == 1:
            rows, columns = np.nonzero(image)
            tight = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_array_equal(boxes[0], tight)


def test_digits_of_ones_own_keep_their_labels_and_sizes():
    images, labels = blocks()

    placed = place_on_canvases(images, labels, 60, seed=0)

    for image, boxes, own in zip(placed.images, placed.boxes, placed.labels, strict=True):
        for (x1, y1, x2, y2), label in zip(boxes.astype(int), own, strict=True):
            assert (x2 - x1, y2 - y1) == SIZES[label]
            brightness = {4: 100, 7: 150, 9: 200}[label]
            assert image[y1:y2, x1:x2].min() == brightness or len(own) > 1
    assert set(np.concatenate(placed.labels)) == {4, 7, 9}


def test_drawing_more_canvases_does_not_change_the_first_ones():
    images, labels = draw_glyphs(30, 0, "0123456789")
    for draw in (draw_canvases, lambda n, seed: place_on_canvases(images, labels, n, seed)):
        few, many = draw(10, 3), draw(40, 3)
        np.testing.assert_array_equal(few.images, many.images[:10])
        for one, other in zip(few.boxes, many.boxes, strict=False):
            np.testing.assert_array_equal(one, other)


def test_boxes_that_touch_do_not_overlap():
    corner, size = np.array([2, 3]), np.array([4, 5])

    assert canvases._overlap(corner, size, np.array([6, 3]), size) == 0
    assert canvases._overlap(corner, size, corner, size) == 1
    assert canvases._overlap(corner, size, np.array([4, 3]), size) == pytest.approx(10 / 30)


def test_digits_can_be_placed_smaller_and_larger():
    images, labels = blocks()

    placed = place_on_canvases(images, labels, 300, seed=0, scales=(0.5, 2))

    boxes, kinds = np.concatenate(placed.boxes), np.concatenate(placed.labels)
    heights = (boxes[:, 3] - boxes[:, 1])[kinds == 4] / SIZES[4][1]
    assert heights.min() == pytest.approx(0.5, abs=0.12)  # a pixel more or less at both ends
    assert heights.max() > 1.5
    assert heights.max() <= 28 / 17  # what reaches beyond the picture is lost
    same = place_on_canvases(images, labels, 300, seed=0, scales=(1, 1))
    np.testing.assert_array_equal(same.images, place_on_canvases(images, labels, 300, 0).images)


def test_resizing_a_picture_mixes_neighbouring_pixels():
    picture = np.zeros((1, 5, 5), np.uint8)
    picture[0, 2, 1:4] = 80, 160, 240

    (larger,) = canvases._resized(picture, np.array([2.0]))

    np.testing.assert_array_equal(larger[2], [80, 120, 160, 200, 240])
    np.testing.assert_array_equal(larger[3], larger[2] / 2)
    assert not larger[[0, 4]].any()


def digits():
    """Blocks to learn from, and one other to be tested on."""
    images, labels = blocks()
    other = np.zeros((1, 28, 28), np.uint8)
    other[0, 5:15, 5:25] = 50
    return ImageSet(images, labels, other, np.array([2]), "Blocks", True)


def test_a_set_of_canvases_has_boxes_for_labels():
    made = make_canvases(digits(), 40, 20)

    assert repr(made) == "ImageSet(Canvases of Blocks: 40 + 20 pictures of 1 x 64 x 64, 10 classes)"
    assert made.is_real
    assert made.label_kind == "boxes"
    assert made.train_labels.shape == (40, 4, 5)
    assert made.train_labels.dtype == np.int64
    boxes, kinds = boxes_in(made.train_labels)
    assert set(np.concatenate(kinds)) == {4, 7, 9}
    for image, own, rows in zip(made.train_images, boxes, made.train_labels, strict=True):
        assert 1 <= len(own) <= 4
        assert (rows[len(own) :] == [0, 0, 0, 0, -1]).all()
        outside = image.copy()
        for x1, y1, x2, y2 in own.astype(int):
            outside[y1:y2, x1:x2] = 0
        assert not outside.any()


def test_test_canvases_have_test_digits_and_no_others():
    made = make_canvases(digits(), 5, 30)

    assert set(np.concatenate(boxes_in(made.test_labels)[1])) == {2}
    assert made.test_images.max() == 50


def test_boxes_come_out_as_they_went_in():
    drawn = draw_canvases(30, seed=0)

    boxes, kinds = boxes_in(canvases._in_rows(drawn))

    for computed, expected in zip((boxes, kinds), (drawn.boxes, drawn.labels), strict=True):
        assert [one.dtype for one in computed] == [one.dtype for one in expected]
        for one, other in zip(computed, expected, strict=True):
            np.testing.assert_array_equal(one, other)


# ---- strips ------------------------------------------------------------------------------------


def test_strips_have_three_to_six_digits_from_left_to_right():
    drawn = draw_strips(200, seed=0)

    assert (drawn.images.shape, drawn.images.dtype) == ((200, 28, 168), np.uint8)
    assert {len(text) for text in drawn.texts} == {3, 4, 5, 6}
    assert set("".join(drawn.texts)) == set("0123456789")
    for text, spans in zip(drawn.texts, drawn.spans, strict=True):
        assert spans.shape == (len(text), 2)
        gaps = spans[1:, 0] - spans[:-1, 1]
        assert 0 <= gaps.min() <= gaps.max() <= canvases.WIDEST_GAP
    assert len(drawn) == 200


def test_all_ink_of_a_strip_is_in_its_spans_and_reaches_their_ends():
    drawn = draw_strips(100, seed=0)
    for image, spans in zip(drawn.images, drawn.spans, strict=True):
        inked = image.any(axis=0)
        assert inked[spans[:, 0]].all()
        assert inked[spans[:, 1] - 1].all()
        outside = inked.copy()
        for begin, end in spans:
            outside[begin:end] = False
        assert not outside.any()


def test_digits_of_ones_own_are_written_in_the_order_of_the_text():
    images, labels = blocks()

    written = write_in_strips(images, labels, 40, seed=0)

    for image, text, spans in zip(written.images, written.texts, written.spans, strict=True):
        for digit, (begin, end) in zip(text, spans, strict=True):
            own = images[list(labels).index(int(digit))]
            left = own.any(axis=0).argmax()
            assert end - begin == SIZES[int(digit)][0]
            np.testing.assert_array_equal(image[:, begin:end], own[:, left : left + end - begin])


def test_a_strip_is_written_by_one_hand():
    drawn = draw_strips(300, seed=0)

    heights = [
        [np.ptp(np.nonzero(image[:, begin:end].any(axis=1))[0]) for begin, end in spans]
        for image, spans in zip(drawn.images, drawn.spans, strict=True)
    ]

    within = np.mean([np.var(own) for own in heights])
    assert within < 0.5 * np.var(np.concatenate(heights))


def test_drawing_more_strips_does_not_change_the_first_ones():
    few, many = draw_strips(10, seed=3), draw_strips(40, seed=3)

    np.testing.assert_array_equal(few.images, many.images[:10])
    assert few.texts == many.texts[:10]


@pytest.mark.parametrize("lengths", [(1, 5), (2, 2), (6, 6)])
def test_strips_have_as_many_digits_as_asked_for(lengths):
    fewest, most = lengths

    for strips in (draw_strips(100, 0, lengths), write_in_strips(*blocks(), 100, 0, lengths)):
        assert {len(text) for text in strips.texts} == set(range(fewest, most + 1))
        assert [len(spans) for spans in strips.spans] == [len(text) for text in strips.texts]
        ends = [spans[-1, 1] for spans in strips.spans]
        assert max(ends) <= 168


@pytest.mark.parametrize("lengths", [(0, 3), (4, 3), (3, 7)])
def test_lengths_that_no_strip_has_room_for_are_refused(lengths):
    with pytest.raises(ValueError, match=r"draw_strips: lengths .* between 1 and 6, got \("):
        draw_strips(5, 0, lengths)
    with pytest.raises(ValueError, match="write_in_strips: lengths"):
        write_in_strips(*blocks(), 5, 0, lengths)


def test_a_set_of_strips_has_one_to_five_digits_and_the_texts_as_labels():
    made = make_strips(digits(), 60, 20)
    alike = write_in_strips(digits().train_images, digits().train_labels, 60, 0, (1, 5))

    assert repr(made) == "ImageSet(Strips of Blocks: 60 + 20 pictures of 1 x 28 x 168, 10 classes)"
    assert made.is_real
    assert made.label_kind == "text"
    assert made.train_labels.shape == (60, 5)
    assert made.train_labels.dtype == np.int64
    np.testing.assert_array_equal(made.train_images, alike.images)
    for row, text in zip(made.train_labels, alike.texts, strict=True):
        assert row.tolist() == [int(letter) for letter in text] + [-1] * (5 - len(text))
    assert {int((row >= 0).sum()) for row in made.train_labels} == {1, 2, 3, 4, 5}


def test_test_strips_have_test_digits_and_no_others():
    made = make_strips(digits(), 5, 30)

    assert set(made.test_labels.ravel()) == {2, -1}
    assert made.test_images.max() == 50


def test_strips_without_digits_of_ones_own_are_drawn():
    made = make_strips(n_train=8, n_test=4, seed=1)

    assert not made.is_real
    assert made.name == "Strips of drawn digits"
    np.testing.assert_array_equal(made.train_images, draw_strips(8, 2, (1, 5)).images)
    np.testing.assert_array_equal(made.test_images, draw_strips(4, 3, (1, 5)).images)


# ---- what cannot be placed ---------------------------------------------------------------------


@pytest.mark.parametrize("compose", [place_on_canvases, write_in_strips])
def test_an_empty_picture_is_refused(compose):
    with pytest.raises(ValueError, match="no ink"):
        compose(np.zeros((2, 28, 28), np.uint8), np.array([1, 2]), 5, seed=0)


def test_ink_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="28 wide and 28 high, and there is room for 21 x 28"):
        write_in_strips(np.ones((2, 28, 28), np.uint8), np.array([1, 2]), 5, seed=0)
    with pytest.raises(ValueError, match="70 wide and 70 high, and there is room for 64 x 64"):
        place_on_canvases(np.ones((2, 70, 70), np.uint8), np.array([1, 2]), 5, seed=0)


@pytest.mark.parametrize("compose", [place_on_canvases, write_in_strips])
@pytest.mark.parametrize(
    ("images", "labels"), [((0, 28, 28), (0,)), ((2, 3, 28, 28), (2,)), ((2, 28, 28), (3,))]
)
def test_pictures_and_labels_that_do_not_fit_each_other_are_refused(compose, images, labels):
    with pytest.raises(ValueError, match="images must be grey"):
        compose(np.ones(images, np.uint8), np.zeros(labels, np.int64), 5, seed=0)


@pytest.mark.parametrize("draw", [draw_canvases, draw_strips])
def test_negative_numbers_are_refused(draw):
    with pytest.raises(ValueError, match=f"{draw.__name__}: .*n=-1, seed=0"):
        draw(-1, 0)


@pytest.mark.parametrize("draw", [draw_canvases, draw_strips])
def test_nothing_is_drawn_when_nothing_is_wanted(draw):
    assert len(draw(0, seed=0)) == 0
