from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tinygen import metrics
from tinygen.metrics import UndefinedMetricWarning

HERE, THERE, AWAY = [0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 60]


@st.composite
def boxes(draw, largest=8):
    """Boxes with whole corners on a small grid."""
    corners = st.integers(0, largest)
    drawn = draw(st.lists(st.tuples(corners, corners, corners, corners), min_size=1, max_size=4))
    return [[min(a, c), min(b, d), max(a, c), max(b, d)] for a, b, c, d in drawn]


def painted(box, largest=8):
    """The box as cells of the grid."""
    canvas = np.zeros((largest, largest), bool)
    canvas[box[1] : box[3], box[0] : box[2]] = True
    return canvas


# ---- IoU -----------------------------------------------------------------------------------------


@given(boxes(), boxes())
def test_iou_is_the_share_of_common_cells(first, second):
    iou = metrics.box_iou(first, second)

    for i, a in enumerate(first):
        for j, b in enumerate(second):
            union = (painted(a) | painted(b)).sum()
            expected = (painted(a) & painted(b)).sum() / union if union else 0.0
            assert iou[i, j] == pytest.approx(expected)


def test_iou_does_not_depend_on_place_and_size():
    first, second = np.array([[1.0, 2, 5, 6]]), np.array([[3.0, 3, 8, 7]])

    moved = metrics.box_iou(3 * first + 7, 3 * second + 7)

    np.testing.assert_allclose(moved, metrics.box_iou(first, second))


def test_no_boxes_overlap_nothing():
    assert metrics.box_iou([], [HERE]).shape == (0, 1)
    assert metrics.box_iou(np.zeros((2, 4)), np.zeros((0, 4))).shape == (2, 0)


# ---- average precision of one class --------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["voc", "coco"])
class TestBothProtocols:
    def test_finding_everything_scores_one(self, protocol):
        found = metrics.average_precision_detection(
            [[HERE, THERE], [AWAY]], [[THERE, HERE], [AWAY]], [[0.3, 0.2], [0.9]], protocol=protocol
        )

        assert found == 1.0

    def test_finding_nothing_scores_zero(self, protocol):
        assert metrics.average_precision_detection([[HERE]], [[]], [[]], protocol=protocol) == 0.0
        assert (
            metrics.average_precision_detection([[HERE]], [[AWAY]], [[1.0]], protocol=protocol) == 0
        )

    def test_without_true_boxes_it_is_nan(self, protocol):
        with pytest.warns(UndefinedMetricWarning, match="no true boxes"):
            found = metrics.average_precision_detection([[]], [[HERE]], [[1]], protocol=protocol)
        assert math.isnan(found)

    def test_a_box_found_twice_is_false_the_second_time(self, protocol):
        """By falling score right, false, right: recall 1/2 at precision 1, 1 at 2/3."""
        found = metrics.average_precision_detection(
            [[HERE, THERE]], [[HERE, HERE, THERE]], [[0.9, 0.8, 0.7]], protocol=protocol
        )

        exact = 1 / 2 * 1 + 1 / 2 * 2 / 3
        at_101 = (51 * 1 + 50 * 2 / 3) / 101
        assert found == pytest.approx(exact if protocol == "voc" else at_101)

    def test_a_false_box_of_low_score_costs_nothing(self, protocol):
        found = metrics.average_precision_detection(
            [[HERE]], [[HERE, AWAY]], [[0.9, 0.1]], protocol=protocol
        )

        assert found == 1.0

    def test_boxes_of_other_images_do_not_count(self, protocol):
        found = metrics.average_precision_detection(
            [[HERE], []], [[], [HERE]], [[], [0.9]], protocol=protocol
        )

        assert found == 0.0

    def test_scores_are_compared_between_images(self, protocol):
        """The false box of the second image comes first: precision 1/2 at recall 1."""
        found = metrics.average_precision_detection(
            [[HERE], []], [[HERE], [AWAY]], [[0.5], [0.9]], protocol=protocol
        )

        assert found == 0.5

    def test_the_threshold_itself_is_enough(self, protocol):
        half = [0, 0, 10, 5]

        def found(threshold):
            return metrics.average_precision_detection(
                [[HERE]], [[half]], [[1]], iou_threshold=threshold, protocol=protocol
            )

        assert found(0.5) == 1.0
        assert found(0.51) == 0.0


def test_protocols_differ_where_the_best_box_is_taken():
    """Both found boxes overlap the first true box most; the second overlaps another as well."""
    true = [[0, 0, 10, 10], [0, 4, 10, 14]]
    boxes = [[0, 0, 10, 10], [0, 1.9, 10, 11.9]]
    iou = metrics.box_iou(boxes, true)
    assert iou[1, 0] > iou[1, 1] >= 0.5

    def found(protocol):
        return metrics.average_precision_detection([true], [boxes], [[0.9, 0.8]], protocol=protocol)

    assert found("voc") == 0.5
    assert found("coco") == 1.0


def naive_average_precision(true, found, scores, threshold):
    """The VOC rules as a list of steps, in exact areas below the best precision to come."""
    ranked = sorted(
        ((s, i, b) for i, image in enumerate(found) for s, b in zip(scores[i], image, strict=True)),
        key=lambda entry: -entry[0],
    )
    taken, right, curve = set(), 0, []
    for rank, (_, image, box) in enumerate(ranked, start=1):
        overlaps = [metrics.box_iou([box], [other])[0, 0] for other in true[image]]
        best = max(range(len(overlaps)), key=lambda i: overlaps[i], default=None)
        if best is not None and overlaps[best] >= threshold and (image, best) not in taken:
            taken.add((image, best))
            right += 1
        curve.append((right / sum(map(len, true)), right / rank))
    area, reached = 0.0, 0.0
    for place, (recall, _) in enumerate(curve):
        area += (recall - reached) * max(precision for _, precision in curve[place:])
        reached = recall
    return area


@given(st.integers(0, 10_000))
def test_average_precision_is_that_of_the_published_rules(seed):
    rng = np.random.default_rng(seed)

    def random_boxes(count):
        corners = rng.integers(0, 6, (count, 2))
        return np.hstack([corners, corners + rng.integers(2, 5, (count, 2))])

    true = [random_boxes(n) for n in (2, 0, 3)]
    found = [random_boxes(n) for n in (4, 2, 3)]
    scores = np.split(rng.permutation(9) / 9, [4, 6])

    measured = metrics.average_precision_detection(true, found, scores, iou_threshold=0.4)

    assert measured == pytest.approx(naive_average_precision(true, found, scores, 0.4))


# ---- the mean over classes -----------------------------------------------------------------------


def test_the_mean_is_over_the_classes_that_there_are():
    targets = [{"boxes": [HERE, THERE], "labels": [1, 2]}]
    predictions = [{"boxes": [HERE, AWAY], "labels": [1, 7], "scores": [0.9, 0.8]}]

    found = metrics.mean_average_precision(targets, predictions)

    assert found.per_class == {1: 1.0, 2: 0.0}
    assert found.mean == 0.5


def test_a_box_of_another_class_is_no_match():
    targets = [{"boxes": [HERE], "labels": [1]}]
    predictions = [{"boxes": [HERE], "labels": [2], "scores": [0.9]}]

    assert metrics.mean_average_precision(targets, predictions).mean == 0.0


def test_the_mean_over_thresholds():
    """IoU 0.7: right at 0.5, 0.55, 0.6, 0.65 and 0.7, of ten."""
    targets = [{"boxes": [[0, 0, 10, 10]], "labels": ["digit"]}]
    predictions = [{"boxes": [[0, 0, 10, 7]], "labels": ["digit"], "scores": [0.9]}]

    found = metrics.mean_average_precision(
        targets, predictions, iou_thresholds=metrics.COCO_THRESHOLDS, protocol="coco"
    )

    assert found.mean == 0.5
    assert found.per_class == {"digit": 0.5}


def test_no_true_boxes_of_any_class():
    with pytest.warns(UndefinedMetricWarning, match="no true boxes"):
        found = metrics.mean_average_precision(
            [{"boxes": [], "labels": []}], [{"boxes": [], "labels": [], "scores": []}]
        )
    assert math.isnan(found.mean)
    assert found.per_class == {}


def test_images_without_anything_are_welcome():
    targets = [{"boxes": [], "labels": []}, {"boxes": [HERE], "labels": [0]}]
    predictions = [
        {"boxes": [], "labels": [], "scores": []},
        {"boxes": [HERE], "labels": [0], "scores": [1]},
    ]

    assert metrics.mean_average_precision(targets, predictions).mean == 1.0


# ---- what is refused -----------------------------------------------------------------------------


def ap(true=((0, 0, 1, 1),), boxes=((0, 0, 1, 1),), scores=(1.0,), **options):
    return metrics.average_precision_detection([true], [boxes], [scores], **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.box_iou([[5, 5, 2, 2]], [HERE]), "not .x, y, width, height."),
        (lambda: metrics.box_iou([[1, 2, 3]], [HERE]), r"boxes1 must have shape \(boxes, 4\)"),
        (lambda: metrics.box_iou([[0, 0, 1, math.nan]], [HERE]), "boxes1 holds 1 NaN"),
        (lambda: ap(scores=[1, 2]), r"scores\[0\] has shape \(2,\) for 1 boxes"),
        (lambda: ap(iou_threshold=0), "above 0"),
        (lambda: ap(protocol="kitti"), "protocol must be one of"),
        (lambda: metrics.average_precision_detection([[]], [], []), "one entry for each image"),
        (lambda: metrics.mean_average_precision([{}], []), "one entry for each image"),
        (lambda: metrics.mean_average_precision([{"boxes": []}], [{}]), "has no 'labels', only"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- non-maximum suppression -------------------------------------------------------------------


def survivors_by_enumeration(boxes, scores, threshold, kinds):
    """The only set of boxes in which a box is missing just if a better one of its class, which is
    in it, overlaps it."""
    cells = [painted(box, 20) for box in boxes]
    overlaps = np.array([[(a & b).sum() / (a | b).sum() for b in cells] for a in cells])
    order = sorted(range(len(boxes)), key=lambda box: -scores[box])
    found = []
    for bits in range(2 ** len(boxes)):
        kept = [box for box in order if bits >> box & 1]
        missing = [
            box
            for place, box in enumerate(order)
            if any(
                overlaps[box, better] > threshold and kinds[box] == kinds[better]
                for better in order[:place]
                if better in kept
            )
        ]
        if sorted(kept + missing) == list(range(len(boxes))):
            found.append(kept)
    (only,) = found
    return only


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("seed", range(10))
def test_nms_keeps_the_only_set_that_it_can(threshold, seed):
    chance = np.random.default_rng(seed)
    corners, sizes = chance.integers(0, 8, (7, 2)), chance.integers(4, 12, (7, 2))
    boxes, scores = np.hstack([corners, corners + sizes]), chance.permutation(7) / 7
    kinds = chance.integers(0, 2, 7)

    alone = survivors_by_enumeration(boxes, scores, threshold, np.zeros(7))
    by_class = survivors_by_enumeration(boxes, scores, threshold, kinds)

    assert metrics.nms(boxes, scores, threshold).tolist() == alone
    assert metrics.batched_nms(boxes, scores, kinds, threshold).tolist() == by_class


def test_a_box_that_is_taken_away_takes_none_away():
    """Each overlaps the next by 2/3, and the one after that by 3/7."""
    row = [[start, 0, start + 10, 10] for start in (0, 2, 4)]

    assert metrics.nms(row, [0.9, 0.8, 0.7], 0.5).tolist() == [0, 2]
    assert metrics.nms(row, [0.8, 0.9, 0.7], 0.5).tolist() == [1]


def test_boxes_at_just_the_threshold_both_stay():
    halves = [[0, 0, 2, 1], [0, 0, 1, 1]]

    assert metrics.nms(halves, [0.9, 0.8], 0.5).tolist() == [0, 1]
    assert metrics.nms(halves, [0.9, 0.8], 0.499).tolist() == [0]


def test_tensors_of_any_device_can_be_suppressed(backend):
    boxes, scores, kinds = (
        tg.tensor(values, device=backend.device)
        for values in ([HERE, HERE, THERE], [0.5, 0.9, 0.7], [0, 1, 0])
    )

    assert metrics.nms(boxes, scores, 0.5).tolist() == [1, 2]
    assert metrics.batched_nms(boxes, scores, kinds, 0.5).tolist() == [1, 2, 0]


def test_of_equal_scores_the_first_box_stays():
    assert metrics.nms([[0, 0, 1, 1]] * 3, [0.5, 0.5, 0.5], 0.5).tolist() == [0]


def test_of_no_boxes_none_stay():
    for kept in (metrics.nms([], [], 0.5), metrics.batched_nms([], [], [], 0.5)):
        assert (kept.shape, kept.dtype) == ((0,), np.int64)


@pytest.mark.parametrize(
    ("boxes", "scores", "threshold", "message"),
    [
        ([[0, 0, 1, 1]], [0.5, 0.6], 0.5, r"scores has shape \(2,\) for 1 boxes"),
        ([[3, 0, 1, 1]], [0.5], 0.5, "end before they begin"),
        ([[0, 0, 1, 1]], [0.5], 1.5, "iou_threshold must be from 0 to 1, got 1.5"),
        ([[0, 0, 1, 1]], [float("nan")], 0.5, "scores holds 1 NaN"),
    ],
)
def test_what_cannot_be_suppressed_is_refused(boxes, scores, threshold, message):
    with pytest.raises(ValueError, match=message):
        metrics.nms(boxes, scores, threshold)
    with pytest.raises(ValueError, match=message):
        metrics.batched_nms(boxes, scores, [0] * len(boxes), threshold)
