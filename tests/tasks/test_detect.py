from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.data import place_on_canvases
from tinygen.models import Classifier, create
from tinygen.models.detector import Candidates, Detector
from tinygen.nn import Conv2d, Dense, GlobalAvgPool2d
from tinygen.tasks.detect import (
    Found,
    centre_box,
    detect,
    localize,
    precision_of,
    sliding_window,
)

# ---- stand-ins ---------------------------------------------------------------------------------


class Proposing(Detector):
    """Proposes the same in every picture, whatever is in it."""

    def __init__(self, boxes, scores):
        super().__init__(classes=len(scores[0]), width=1, picture_shape=(1, 16, 16))
        self.proposed = np.array(boxes, np.float32), np.array(scores, np.float32)

    def predict(self, pictures):
        self.check_pictures(pictures)
        return Candidates(
            *(
                tg.tensor(np.stack([part] * len(pictures)), device=pictures.device)
                for part in self.proposed
            )
        )


class Reader(Classifier):
    """Takes what is brighter than 0.7 on average, where there is ink, for a 1, other ink for a 0;
    the more of the ink is in the middle of the picture, the surer it is."""

    name = "reader"

    def __init__(self):
        super().__init__((1, 28, 28), 0.0, 1.0)

    def forward(self, images):
        pixels = images.numpy()[:, 0]
        ink = pixels > 0.3
        brightness = (pixels * ink).sum((1, 2)) / np.maximum(ink.sum((1, 2)), 1)
        centred = ink[:, 6:22, 6:22].sum((1, 2)) / np.maximum(ink.sum((1, 2)), 1)
        logits = np.where(brightness > 0.7, 1, -1) * (1 + 3 * centred)
        return tg.tensor(np.stack([-logits, logits], axis=1).astype(np.float32))


class Bright(Classifier):
    """Its only map is the picture itself, which speaks for class 1 and against class 0."""

    name = "bright"

    def __init__(self, shape=(1, 12, 16)):
        super().__init__(shape, 0.0, 1.0)
        self.convolutions = tg.nn.Sequential(Conv2d(1, 1, 1, bias=False))
        self.hidden = GlobalAvgPool2d()
        self.output = Dense(1, 2)
        with tg.no_grad():
            self.convolutions[0].weight.fill_(1.0)
            self.output.weight.copy_(tg.tensor([[-1.0], [1.0]]))
            self.output.bias.zero_()


def squares(*places, side=64, size=16):
    """A canvas with filled squares: x, y and brightness of each."""
    canvas = np.zeros((1, 1, side, side), np.float32)
    for x, y, brightness in places:
        canvas[0, 0, y : y + size, x : x + size] = brightness
    return tg.tensor(canvas)


# ---- the detector ------------------------------------------------------------------------------


HERE, NEAR, AWAY = [0, 0, 10, 10], [1, 0, 11, 10], [4, 12, 9, 16]


def test_what_is_unsure_is_left_out_and_what_overlaps_is_one_thing(backend):
    model = Proposing(
        [HERE, NEAR, AWAY, HERE, HERE], [[0.6, 0.1], [0.9, 0.1], [0.3, 0.5], [0.2, 0.8], [0.4, 0]]
    ).to(backend.device)

    first, second = detect(model, tg.zeros(2, 1, 16, 16, device=backend.device))

    assert first.boxes.tolist() == [NEAR, HERE, AWAY]  # two classes may be in one place
    assert first.labels.tolist() == [0, 1, 1]
    assert first.scores.tolist() == pytest.approx([0.9, 0.8, 0.5])
    assert [part.dtype for part in first] == [np.float32, np.int64, np.float32]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_both_thresholds_can_be_chosen():
    model = Proposing([HERE, NEAR, AWAY], [[0.9], [0.8], [0.1]])
    picture = tg.zeros(1, 1, 16, 16)

    def found(**thresholds):
        return detect(model, picture, **thresholds)[0].boxes.tolist()

    assert found(threshold=0.05) == [HERE, AWAY]
    assert found(threshold=0.85) == [HERE]
    assert found(threshold=0.95) == []
    assert found(iou=0.9) == [HERE, NEAR]


def test_boxes_without_an_area_are_nothing():
    model = Proposing([[5, 5, 5, 9], [3, 4, 9, 4], AWAY], [[0.9], [0.9], [0.9]])

    assert detect(model, tg.zeros(1, 1, 16, 16))[0].boxes.tolist() == [AWAY]


def test_nothing_is_an_empty_answer():
    (found,) = detect(Proposing([HERE], [[0.2]]), tg.zeros(1, 1, 16, 16))

    assert [part.shape for part in found] == [(0, 4), (0,), (0,)]


def test_pictures_of_any_size_are_looked_at():
    found = detect(create("detector", width=1), tg.rand(2, 1, 100, 37), threshold=0)

    assert len(found) == 2
    assert max(one.boxes[:, 3].max() for one in found) <= 100
    assert max(one.boxes[:, 2].max() for one in found) <= 37


def test_a_model_without_boxes_is_refused_with_what_would_do():
    with pytest.raises(TypeError, match="FastCNN has no boxes.*train detector.*sliding_window"):
        detect(create("cnn"), tg.zeros(1, 1, 28, 28))


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"threshold": 50}, "threshold is a probability, from 0 to 1, got 50"),
        ({"iou": -1}, "iou_threshold must be from 0 to 1, got -1"),
    ],
)
def test_thresholds_are_shares(thresholds, message):
    with pytest.raises(ValueError, match=message):
        detect(Proposing([HERE], [[0.9]]), tg.zeros(1, 1, 16, 16), **thresholds)


# ---- how good boxes are ------------------------------------------------------------------------


LABELS = np.array(
    [
        [[0, 0, 10, 10, 1], [20, 20, 30, 40, 0]],
        [[5, 5, 15, 25, 1], [0, 0, 0, 0, -1]],
    ]
)


def answers(*boxes_of_pictures):
    return [
        Found(
            np.array([box[:4] for box in boxes], np.float32).reshape(-1, 4),
            np.array([box[4] for box in boxes], np.int64),
            np.ones(len(boxes), np.float32),
        )
        for boxes in boxes_of_pictures
    ]


def test_the_truth_is_perfect_and_nothing_is_worthless():
    assert precision_of(answers(LABELS[0], LABELS[1][:1]), LABELS) == (1, 1)
    assert precision_of(answers([], []), LABELS) == (0, 0)
    wrong_class = [[*box[:4], 1 - box[4]] for box in LABELS[0]]
    assert precision_of(answers(wrong_class, []), LABELS) == (0, 0)


def test_a_box_of_three_quarters_counts_for_the_thresholds_up_to_there():
    """Its IoU is 0.75: right at 0.5, 0.55, ..., 0.75, which are six thresholds of ten."""
    narrower = [[0, 0, 10, 7.5, 1], [20, 20, 30, 35, 0]]

    score = precision_of(answers(narrower, [[5, 5, 15, 20, 1]]), LABELS)

    assert score.half == 1
    assert score.strict == pytest.approx(0.6)


# ---- the sliding window ------------------------------------------------------------------------


def test_a_window_finds_things_that_stand_apart_and_reads_them():
    canvas = squares((4, 6, 1.0), (40, 38, 0.5))

    (found,) = sliding_window(Reader(), canvas)

    order = found.boxes[:, 0].argsort()
    assert found.boxes[order].tolist() == [[4, 6, 20, 22], [40, 38, 56, 54]]
    assert found.labels[order].tolist() == [1, 0]
    assert (found.scores > 0.9).all()


@pytest.mark.parametrize(("size", "side"), [(12, 20), (20, 28), (26, 36)])
def test_windows_are_of_several_sizes(size, side):
    canvas = squares((10, 20, 1.0), size=size)

    (found,) = sliding_window(Reader(), canvas)
    (alone,) = sliding_window(Reader(), canvas, sides=[side])

    for one in (found, alone):
        assert one.boxes.tolist() == [[10, 20, 10 + size, 20 + size]]


def test_things_at_the_border_are_in_a_window_too():
    (found,) = sliding_window(Reader(), squares((0, 48, 1.0)))

    assert found.boxes.tolist() == [[0, 48, 16, 64]]


def test_each_canvas_has_its_own_windows(monkeypatch):
    monkeypatch.setattr("tinygen.tasks.detect.AT_ONCE", 2)
    canvases = tg.cat([squares((10, 10, 1.0)), squares(), squares((30, 20, 0.5))])

    found = sliding_window(Reader(), canvases)

    assert [one.boxes.tolist() for one in found] == [[[10, 10, 26, 26]], [], [[30, 20, 46, 36]]]
    assert [one.labels.tolist() for one in found] == [[1], [], [0]]


def test_on_an_empty_ground_nothing_is_found():
    (found,) = sliding_window(Reader(), squares())

    assert [part.shape for part in found] == [(0, 4), (0,), (0,)]


# ---- the box in the middle ---------------------------------------------------------------------


def test_the_box_in_the_middle_says_what_the_middle_shows():
    found = centre_box(Reader(), tg.cat([squares((24, 24, 1.0)), squares((24, 24, 0.5))]))

    assert [one.boxes.tolist() for one in found] == [[[24, 22, 40, 42]]] * 2
    assert [one.labels.tolist() for one in found] == [[1], [0]]
    assert all(0.9 < one.scores[0] < 1 for one in found)


def test_it_is_right_for_few_canvases_only():
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 4:24, 6:22] = 255
    placed = place_on_canvases(images, np.array([1]), 50, seed=0)
    pictures = tg.tensor(placed.images[:, None].astype(np.float32) / 255)
    labels = np.full((50, 4, 5), -1)
    for own, boxes in zip(labels, placed.boxes, strict=True):
        own[: len(boxes), :4], own[: len(boxes), 4] = boxes, 1

    assert precision_of(centre_box(Reader(), pictures), labels).half < 0.2


# ---- class activation maps ---------------------------------------------------------------------


def bright_patch():
    """A picture in which 6 x 3 pixels are bright, and others half as bright or less."""
    picture = np.zeros((1, 1, 12, 16), np.float32)
    picture[0, 0, 1, 1] = 0.4
    picture[0, 0, 4:7, 5:11] = 0.9
    return tg.tensor(picture)


def test_the_box_is_around_what_speaks_for_the_class():
    boxes = localize(Bright(), bright_patch())

    assert boxes.tolist() == [[5, 4, 11, 7]]
    assert boxes.dtype == np.float32


def test_the_share_decides_how_much_belongs_to_it():
    assert localize(Bright(), bright_patch(), share=0.3).tolist() == [[1, 1, 11, 7]]


def test_where_nothing_speaks_for_a_class_the_box_is_the_picture():
    assert localize(Bright(), bright_patch(), labels=[0]).tolist() == [[0, 0, 16, 12]]


def test_a_residual_network_can_be_asked():
    model = create("resnet", picture_shape=(1, 16, 24))

    boxes = localize(model, tg.rand(3, 1, 16, 24))

    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert (boxes[:, 2:] <= [24, 16]).all()


def test_a_model_without_maps_and_a_share_of_everything_are_refused():
    with pytest.raises(TypeError, match="no convolutions"):
        localize(create("row-lstm"), tg.rand(1, 1, 28, 28))
    with pytest.raises(ValueError, match="from 0 to below 1, got 1"):
        localize(Bright(), bright_patch(), share=1)
