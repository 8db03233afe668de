"""Finding things in pictures: boxes, what is in them, and how sure that is.

The tool for it is a detector in one stage, :func:`detect`. The others are there to be compared
with: :func:`sliding_window` needs nothing but a classifier of single digits, :func:`centre_box`
hardly looks, and :func:`localize` makes boxes of what a classifier looks at that has never been
told where anything is.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> len(detect(create("detector"), tg.rand(3, 1, 64, 96)))
3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygen.data import boxes_in
from tinygen.metrics import COCO_THRESHOLDS, batched_nms, mean_average_precision, nms
from tinygen.models import Classifier
from tinygen.models.detector import USUAL_SIZE, Detector
from tinygen.nn import functional as F
from tinygen.tasks.explain import grad_cam
from tinygen.tensors import Tensor, tensor

__all__ = [
    "Found", "Precision", "centre_box", "detect", "localize", "precision_of", "sliding_window",
]  # fmt: skip

SIDES = (20, 28, 36)
"""Sides of the windows in pixels; a digit fills 20/28 of a side in MNIST."""

STEPS = 7
"""A window moves on by its side divided by this: a seventh is what a digit's place varies by."""

EDGE = 10
"""A window's edge is as wide as its side divided by this."""

WHOLE = 0.8
"""Windows with a smaller share of their ink inside of the edge show no whole digit."""

INK = 0.2
"""From this brightness on a pixel is ink."""

SEEN_APART = 0.3
"""Windows may overlap by this IoU before the less sure one is taken for the same digit."""

AT_ONCE = 50
"""Canvases whose windows are looked at together; it bounds the memory."""


class Found(NamedTuple):
    """What was found in one picture, the surest first, as arrays on the host.

    ``found._asdict()`` is what :func:`tinygen.metrics.mean_average_precision` takes.

    Attributes
    ----------
    boxes : float32 array of shape (M, 4)
        x1, y1, x2, y2 in pixels from the upper left corner.
    labels : int64 array of shape (M,)
    scores : float32 array of shape (M,)
        From 0 to 1.
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


# ---- the detector ------------------------------------------------------------------------------


def detect(
    model: Detector, canvases: Tensor, threshold: float = 0.5, iou: float = 0.5
) -> list[Found]:
    """Find things in pictures.

    Of what each cell proposes the most probable class counts; proposals that are less sure than the
    threshold are left out, and of those of one class that overlap the surest is kept
    (:func:`tinygen.metrics.batched_nms`).

    Parameters
    ----------
    model : Detector
    canvases : float Tensor of shape (N, channels, height, width)
        From 0 to 1, of any height and width: the model looks for things of as many pixels as those
        it has learned from, wherever they are.
    threshold : float
        From 0 to 1. To measure precision at every recall it must be low, 0.01 for example.
    iou : float
        From 0 to 1: boxes that overlap by more are the same thing.

    Returns
    -------
    list of N Found

    Raises
    ------
    TypeError
        If the model is no detector, or these are no floats.
    ValueError
        If the model cannot look at the pictures, or a threshold is not from 0 to 1.
    """
    if not isinstance(model, Detector):
        raise TypeError(
            f"{type(model).__name__} has no boxes: detect needs a Detector, which `tinygen train "
            "detector` makes. sliding_window() finds digits with a classifier of single ones"
        )
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold is a probability, from 0 to 1, got {threshold}")
    candidates = model.predict(canvases)
    return [
        _chosen(boxes, scores, threshold, iou)
        for boxes, scores in zip(
            candidates.boxes.cpu().numpy(), candidates.scores.cpu().numpy(), strict=True
        )
    ]


def _chosen(boxes: np.ndarray, scores: np.ndarray, threshold: float, iou: float) -> Found:
    """What remains of the cells of one picture."""
    labels, best = scores.argmax(axis=1), scores.max(axis=1)
    sure = (best >= threshold) & (boxes[:, :2] < boxes[:, 2:]).all(axis=1)
    boxes, labels, best = boxes[sure], labels[sure], best[sure]
    kept = batched_nms(boxes, best, labels, iou)
    return Found(boxes[kept], labels[kept], best[kept])


class Precision(NamedTuple):
    """Mean average precisions over the classes, from 0 to 1.

    Attributes
    ----------
    half : float
        A box is right if its IoU with the true one is at least 0.5 (PASCAL VOC).
    strict : float
        The mean over the IoUs 0.5, 0.55, ..., 0.95 (COCO).
    """

    half: float
    strict: float


def precision_of(found: Sequence[Found], labels: np.ndarray) -> Precision:
    """How good boxes are, found with a low threshold.

    Parameters
    ----------
    found : sequence of N Found
    labels : int64 array of shape (N, K, 5)
        The truth, as in ``tinygen.data.load("canvases")``.

    Returns
    -------
    Precision
    """
    targets = [
        {"boxes": boxes, "labels": kinds}
        for boxes, kinds in zip(*boxes_in(np.asarray(labels)), strict=True)
    ]
    predictions = [one._asdict() for one in found]
    half, strict = (
        mean_average_precision(targets, predictions, iou_thresholds=thresholds).mean
        for thresholds in (0.5, COCO_THRESHOLDS)
    )
    return Precision(half, strict)


# ---- what to compare it with -------------------------------------------------------------------


def sliding_window(
    judge: Classifier,
    canvases: Tensor,
    threshold: float = 0.5,
    iou: float = SEEN_APART,
    sides: Sequence[int] = SIDES,
) -> list[Found]:
    """Find digits with a classifier of single ones, which is shown one window after the other.

    Square windows of several sizes pass over the picture in steps of a seventh of their side, and
    are brought to the size that the classifier takes. The box is the one around the ink inside of a
    window's edge, which is a tenth of its side. The score is the classifier's highest probability
    times the share of the window's brightness inside of the edge; below 0.8 there is no whole digit
    in it. Of windows whose boxes overlap the surest is kept, whatever they show.

    It is what detection was before networks gave boxes (P. Sermanet et al., "OverFeat", 2014,
    section 3, shares the work between windows). As the ink stands for the box, boxes are good where
    digits stand apart on an empty ground, and bad where a window shows parts of two.

    Parameters
    ----------
    judge : Classifier
        For pictures of one channel, such as ``pretrained("judge")``.
    canvases : float Tensor of shape (N, 1, height, width)
        From 0 to 1, light ink on a dark ground, on the classifier's device.
    threshold, iou : float
        From 0 to 1.
    sides : sequence of int
        Of the windows, in pixels.

    Returns
    -------
    list of N Found
    """
    found = []
    for start in range(0, len(canvases), AT_ONCE):
        pictures = canvases[start : start + AT_ONCE].cpu().numpy()
        views = [_windows(pictures, side, judge, canvases.device) for side in sides]
        owners, boxes, labels, scores = (
            np.concatenate(parts) for parts in zip(*views, strict=True)
        )
        for number in range(len(pictures)):
            own = np.flatnonzero((owners == number) & (scores >= threshold))
            kept = own[nms(boxes[own], scores[own], iou)]
            found.append(Found(boxes[kept], labels[kept], scores[kept]))
    return found


def _windows(
    pictures: np.ndarray, side: int, judge: Classifier, device: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of all windows of a size that may show digits: picture, box, label and score."""
    margin, step = side // 4, max(1, side // STEPS)
    padded = np.pad(pictures[:, 0], ((0, 0), (margin, margin), (margin, margin)))
    every = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    every = every[:, ::step, ::step]
    edge = max(1, side // EDGE)
    inner = every[..., edge:-edge, edge:-edge]
    whole = inner.sum((3, 4)) / np.maximum(every.sum((3, 4)), INK)
    owners, rows, columns = chosen = np.nonzero((whole >= WHOLE) & (inner >= INK).any((3, 4)))
    corner = np.stack([columns, rows], axis=1) * step - margin + edge
    boxes = (_around(inner[chosen] >= INK) + np.tile(corner, 2)).astype(np.float32)
    if not len(owners):
        return owners, boxes, owners, np.zeros(0, np.float32)
    _, height, width = judge.picture_shape
    windows = tensor(every[chosen][:, None], device=device)
    beliefs = judge.predict_proba(F.interpolate(windows, size=(height, width), mode="bilinear"))
    sure = beliefs.cpu().numpy()
    return owners, boxes, sure.argmax(axis=1), sure.max(axis=1) * whole[chosen]


def _around(marked: np.ndarray) -> np.ndarray:
    """The box around what is marked in each of some masks (M, H, W): x1, y1, x2, y2, (M, 4)."""
    sides = []
    for axis in (1, 2):
        along = np.asarray(marked.any(axis=axis))
        sides.append((along.argmax(axis=1), along.shape[1] - along[:, ::-1].argmax(axis=1)))
    (x1, x2), (y1, y2) = sides
    return np.stack([x1, y1, x2, y2], axis=1)


def centre_box(judge: Classifier, canvases: Tensor) -> list[Found]:
    """One box for each picture: of a digit's usual size, in the middle.

    Parameters
    ----------
    judge : Classifier
        It says what the window in the middle shows, and how sure that is.
    canvases : float Tensor of shape (N, 1, height, width)
        At least as large as the classifier's pictures.

    Returns
    -------
    list of N Found
    """
    height, width = canvases.shape[2:]
    _, inner_height, inner_width = judge.picture_shape
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    middle = canvases[:, :, top : top + inner_height, left : left + inner_width]
    sure = judge.predict_proba(middle).cpu().numpy()
    half_width, half_height = USUAL_SIZE[0] / 2, USUAL_SIZE[1] / 2
    box = [
        width / 2 - half_width, height / 2 - half_height,
        width / 2 + half_width, height / 2 + half_height,
    ]  # fmt: skip
    return [
        Found(np.array([box], np.float32), row.argmax(keepdims=True), row.max(keepdims=True))
        for row in sure
    ]


# ---- boxes without having learned any ----------------------------------------------------------


def localize(
    model: Classifier, pictures: Tensor, labels: Any = None, share: float = 0.5
) -> np.ndarray:
    """The box of what a classifier looks at, which has learned from labels alone.

    It is the box around all places where the map of the class is above a share of its maximum
    (B. Zhou et al., "Learning deep features for discriminative localization", 2016, section 3.2,
    with a fifth and the largest piece). The map is that of :func:`tinygen.tasks.explain.grad_cam`;
    of a network that ends with a mean over all places and one dense layer, such as ``"resnet"``, it
    is Zhou's class activation map without its negative parts.

    Parameters
    ----------
    model : Classifier
        With convolutions.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1, each of one thing.
    labels : N integers, optional
        The classes; by default those that the model takes for most probable.
    share : float
        From 0 to 1, 1 excluded.

    Returns
    -------
    float32 array of shape (N, 4)
        x1, y1, x2, y2 in pixels; the whole picture where nothing speaks for the class.

    Raises
    ------
    TypeError
        If the model has no convolutions.
    ValueError
        If the share is out of range, or these are not the model's pictures.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share is that of the largest value, from 0 to below 1, got {share}")
    maps = grad_cam(model, pictures, labels).cpu().numpy()
    highest = maps.max(axis=(1, 2), keepdims=True)
    marked = np.asarray((maps > share * highest) | (highest == 0))
    return _around(marked).astype(np.float32)
