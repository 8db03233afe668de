"""Boxes found in images. A box is (x1, y1, x2, y2), with x1 <= x2 and y1 <= y2."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygen.metrics.checks import labels_of, numbers_of, one_of, undefined

__all__ = [
    "COCO_THRESHOLDS", "MeanAveragePrecision", "average_precision_detection", "batched_nms",
    "box_iou", "mean_average_precision", "nms",
]  # fmt: skip

COCO_THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""0.5, 0.55, ..., 0.95."""


def box_iou(boxes1: Any, boxes2: Any) -> np.ndarray:
    """The intersection over the union of the areas, for all pairs of boxes.

    Parameters
    ----------
    boxes1 : array of shape (n, 4)
    boxes2 : array of shape (m, 4)

    Returns
    -------
    float64 array of shape (n, m)
        From 0 to 1; 0 where both boxes have no area.

    Examples
    --------
    >>> box_iou([[0, 0, 2, 2]], [[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]]).round(3)
    array([[1.   , 0.333, 0.   ]])
    """
    first, second = _boxes(boxes1, "boxes1"), _boxes(boxes2, "boxes2")
    low = np.maximum(first[:, np.newaxis, :2], second[:, :2])
    high = np.minimum(first[:, np.newaxis, 2:], second[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    areas1, areas2 = ((each[:, 2:] - each[:, :2]).prod(axis=1) for each in (first, second))
    union = areas1[:, np.newaxis] + areas2 - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def nms(boxes: Any, scores: Any, iou_threshold: float) -> np.ndarray:
    """Non-maximum suppression: of boxes that overlap, the one with the highest score.

    Boxes are taken by falling score (equal scores in the order given); each takes away all later
    ones whose IoU with it is above the threshold. A box that is taken away takes none away.

    Parameters
    ----------
    boxes : array of shape (n, 4)
        x1, y1, x2, y2.
    scores : array of shape (n,)
    iou_threshold : float
        From 0 to 1. As in torchvision, boxes at exactly this IoU both stay.

    Returns
    -------
    int64 array of shape (kept,)
        The numbers of the boxes that stay, by falling score.

    Raises
    ------
    ValueError
        If there is not a score for each box, a box ends before it begins, or the threshold is not
        from 0 to 1.

    Examples
    --------
    >>> nms([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], [0.8, 0.9, 0.3], 0.5)
    array([1, 2])
    """
    boxes = _boxes(boxes, "boxes")
    scores = _one_for_each_box(numbers_of(scores, "scores"), boxes, "scores")
    return _survivors(box_iou(boxes, boxes) > _from_0_to_1(iou_threshold), scores)


def batched_nms(boxes: Any, scores: Any, idxs: Any, iou_threshold: float) -> np.ndarray:
    """:func:`nms` for each class, or each image, on its own.

    Parameters
    ----------
    boxes : array of shape (n, 4)
    scores : array of shape (n,)
    idxs : array of shape (n,)
        The class of each box: boxes of different ones do not take each other away.
    iou_threshold : float
        From 0 to 1.

    Returns
    -------
    int64 array of shape (kept,)
        The numbers of the boxes that stay, by falling score.

    Raises
    ------
    ValueError
        As for :func:`nms`.
    """
    boxes = _boxes(boxes, "boxes")
    scores = _one_for_each_box(numbers_of(scores, "scores"), boxes, "scores")
    kinds = _one_for_each_box(labels_of(idxs, "idxs"), boxes, "idxs")
    overlaps = box_iou(boxes, boxes) > _from_0_to_1(iou_threshold)
    return _survivors(overlaps & (kinds[:, np.newaxis] == kinds), scores)


def _survivors(overlaps: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """By falling score, those that no survivor before them overlaps."""
    free, kept = np.ones(len(scores), bool), []
    for box in np.argsort(-scores, kind="stable"):
        if free[box]:
            kept.append(box)
            free &= ~overlaps[box]
    return np.array(kept, np.int64)


def _from_0_to_1(threshold: float) -> float:
    if not 0 <= threshold <= 1:
        raise ValueError(f"iou_threshold must be from 0 to 1, got {threshold}")
    return threshold


def average_precision_detection(
    true_boxes: Sequence[Any],
    boxes: Sequence[Any],
    scores: Sequence[Any],
    *,
    iou_threshold: float = 0.5,
    protocol: str = "voc",
) -> float:
    """The area below the precision-recall curve of boxes of one class, found in several images.

    Boxes are taken by falling score (equal scores in the order given), and matched to true boxes
    of their image at an IoU of at least the threshold, each true box once; what is left over is
    false. The two protocols differ in detail:

    - ``"voc"``: a box is compared with the true box that it overlaps most, and is false if that one
      is taken. The area is exact, with precision made to fall (M. Everingham et al., "The PASCAL
      Visual Object Classes Challenge", as computed since 2010).
    - ``"coco"``: a box is compared with the free true box that it overlaps most. The area is the
      mean precision at the recalls 0, 0.01, ..., 1 (T.-Y. Lin et al., "Microsoft COCO", 2014).

    Parameters
    ----------
    true_boxes : sequence of arrays of shape (t_i, 4)
        One for each image; shape (0, 4), or an empty list, where there are none.
    boxes : sequence of arrays of shape (b_i, 4)
        What was found in each image.
    scores : sequence of arrays of shape (b_i,)
        How sure the detector is of each box.
    iou_threshold : float
        From 0 to 1, 0 excluded.
    protocol : {"voc", "coco"}

    Returns
    -------
    float
        NaN, with a warning, if there are no true boxes at all: there is nothing to find.
    """
    if not len(true_boxes) == len(boxes) == len(scores):
        raise ValueError(
            f"one entry for each image is needed: true_boxes has {len(true_boxes)}, boxes "
            f"{len(boxes)}, scores {len(scores)}"
        )
    images = []
    for place, (true, found, sure) in enumerate(zip(true_boxes, boxes, scores, strict=True)):
        found = _boxes(found, f"boxes[{place}]")
        sure = _one_for_each_box(numbers_of(sure, f"scores[{place}]"), found, f"scores[{place}]")
        images.append(Found(_boxes(true, f"true_boxes[{place}]"), found, sure))
    precision = float(_average_precisions(images, [iou_threshold], protocol)[0])
    if math.isnan(precision):
        undefined("there are no true boxes: average precision is NaN")
    return precision


class MeanAveragePrecision(NamedTuple):
    """The mean over the classes, and the average precision of each class."""

    mean: float
    per_class: dict[Any, float]


def mean_average_precision(
    targets: Sequence[Mapping[str, Any]],
    predictions: Sequence[Mapping[str, Any]],
    *,
    iou_thresholds: float | Sequence[float] = 0.5,
    protocol: str = "voc",
) -> MeanAveragePrecision:
    """The mean over classes, and over IoU thresholds, of the average precision.

    Classes without any true box are left out: their precision is not defined.

    Parameters
    ----------
    targets : sequence of mappings
        For each image ``"boxes"`` of shape (t_i, 4) and ``"labels"`` of shape (t_i,).
    predictions : sequence of mappings
        For each image ``"boxes"`` of shape (b_i, 4), ``"scores"`` and ``"labels"`` of shape (b_i,).
    iou_thresholds : float or sequence of float
        :data:`COCO_THRESHOLDS` for the mean over ten.
    protocol : {"voc", "coco"}
        See :func:`average_precision_detection`.

    Returns
    -------
    MeanAveragePrecision
        ``mean`` (NaN, with a warning, if there are no true boxes) and ``per_class``, a dictionary
        from labels to average precisions.
    """
    if len(targets) != len(predictions):
        raise ValueError(
            f"one entry for each image is needed: targets has {len(targets)}, predictions "
            f"{len(predictions)}"
        )
    thresholds = [iou_thresholds] if isinstance(iou_thresholds, (int, float)) else iou_thresholds
    true = [_labelled_boxes(each, f"targets[{i}]") for i, each in enumerate(targets)]
    found = [_labelled_boxes(each, f"predictions[{i}]") for i, each in enumerate(predictions)]
    scores = [
        _one_for_each_box(
            numbers_of(_part(each, "scores", f"predictions[{i}]"), f"predictions[{i}]['scores']"),
            found[i][0],
            f"predictions[{i}]['scores']",
        )
        for i, each in enumerate(predictions)
    ]
    per_class = {}
    for label in sorted({label for _, labels in true for label in labels.tolist()}):
        images = [
            Found(true_boxes[true_labels == label], boxes[labels == label], sure[labels == label])
            for (true_boxes, true_labels), (boxes, labels), sure in zip(
                true, found, scores, strict=True
            )
        ]
        per_class[label] = float(_average_precisions(images, thresholds, protocol).mean())
    if not per_class:
        undefined("there are no true boxes: mean average precision is NaN")
        return MeanAveragePrecision(math.nan, per_class)
    return MeanAveragePrecision(float(np.mean(list(per_class.values()))), per_class)


# ---- matching and ranking --------------------------------------------------------------------


class Found(NamedTuple):
    """The boxes of one class in one image: those that are there, and those that were found."""

    true: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray


def _average_precisions(
    images: Sequence[Found], thresholds: Sequence[float], protocol: str
) -> np.ndarray:
    """The average precision at each IoU threshold; NaN if there is nothing to find."""
    one_of(protocol, ("voc", "coco"), "protocol")
    if not len(thresholds) or not all(0 < threshold <= 1 for threshold in thresholds):
        raise ValueError(f"IoU thresholds must be above 0 and at most 1, got {thresholds}")
    present = sum(len(image.true) for image in images)
    if not present:
        return np.full(len(thresholds), math.nan)
    scores = np.concatenate([image.scores for image in images])
    hits = np.concatenate([_hits(image, thresholds, protocol) for image in images], axis=1)
    ranked = hits[:, np.argsort(-scores, kind="stable")]
    area = _exact_area if protocol == "voc" else _area_at_101_recalls
    return np.array([area(row, present) for row in ranked])


def _hits(image: Found, thresholds: Sequence[float], protocol: str) -> np.ndarray:
    """Whether each box is right: shape (thresholds, boxes), in the order of the boxes."""
    overlaps = box_iou(image.boxes, image.true)
    hits = np.zeros((len(thresholds), len(image.boxes)), bool)
    if not len(image.true):
        return hits
    for row, threshold in zip(hits, thresholds, strict=True):
        free = np.ones(len(image.true), bool)
        for box in np.argsort(-image.scores, kind="stable"):
            candidates = overlaps[box] * free if protocol == "coco" else overlaps[box]
            best = candidates.argmax()
            if candidates[best] >= threshold and free[best]:
                row[box], free[best] = True, False
    return hits


def _precision_and_recall(hits: np.ndarray, present: int) -> tuple[np.ndarray, np.ndarray]:
    """Recall after each box, and the best precision at that recall or a higher one."""
    right = np.cumsum(hits)
    precision = right / np.arange(1, len(hits) + 1)
    return np.maximum.accumulate(precision[::-1])[::-1], right / present


def _exact_area(hits: np.ndarray, present: int) -> float:
    """The sum of the steps of recall times precision."""
    precision, recall = _precision_and_recall(hits, present)
    return float(np.dot(np.diff(recall, prepend=0.0), precision))


def _area_at_101_recalls(hits: np.ndarray, present: int) -> float:
    """The mean precision at 101 recalls; 0 at those that are not reached."""
    precision, recall = _precision_and_recall(hits, present)
    places = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.append(precision, 0.0)[places].mean())


# ---- what is accepted ------------------------------------------------------------------------


def _boxes(values: Any, name: str) -> np.ndarray:
    """Boxes in float64; an empty list is no boxes."""
    boxes = numbers_of(values, name)
    if not boxes.size:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{name} must have shape (boxes, 4), got {boxes.shape}")
    wrong = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if wrong.any():
        raise ValueError(
            f"{name} holds {wrong.sum()} boxes that end before they begin, such as "
            f"{boxes[wrong][0].tolist()}: a box is (x1, y1, x2, y2), not (x, y, width, height)"
        )
    return boxes


def _labelled_boxes(image: Mapping[str, Any], name: str) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of an image and their labels."""
    boxes = _boxes(_part(image, "boxes", name), f"{name}['boxes']")
    labels = labels_of(_part(image, "labels", name), f"{name}['labels']")
    return boxes, _one_for_each_box(labels, boxes, f"{name}['labels']")


def _part(image: Mapping[str, Any], key: str, name: str) -> Any:
    if key not in image:
        raise ValueError(f"{name} has no {key!r}, only {sorted(image)}")
    return image[key]


def _one_for_each_box(values: np.ndarray, boxes: np.ndarray, name: str) -> np.ndarray:
    """The values, if there are as many as boxes."""
    if values.shape != (len(boxes),):
        raise ValueError(f"{name} has shape {values.shape} for {len(boxes)} boxes")
    return values
