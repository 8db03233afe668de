"""The rows of the task: detect."""

from __future__ import annotations

import functools

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.running import PLAIN, SHARE, Numbers, Row, Run, mnist, seconds, train
from tinygen import data, metrics
from tinygen.data import boxes_in
from tinygen.data.canvases import SCALES
from tinygen.plots import draw_boxes
from tinygen.tasks.detect import (
    Precision,
    centre_box,
    detect,
    localize,
    precision_of,
    sliding_window,
)

ALL = 0.01
"""So low is the threshold where precision is measured at every recall."""

SHOWN = 12

LEARNED, TESTED = 6000, 1000
"""Canvases with a single digit, for the classifier that is never shown a box."""

SPARE = 5
"""Of so many canvases one at least has a single digit: it is one of four."""


# ---- the detector ------------------------------------------------------------------------------


def one_stage(run: Run) -> Numbers:
    """The detector on test canvases, beside what needs no training."""
    canvases = data.load("canvases", offline=True)
    model, trainer = train(
        run, run.recipe("detector"), canvases.train_images, canvases.train_labels
    )
    tested = in_floats(canvases.test_images)
    score = precision_of(detect(model, tested, ALL), canvases.test_labels)
    if run.seed == 0 and not run.short:
        found = detect(model, tested[:SHOWN])
        draw_boxes(
            tested[:SHOWN],
            [one.boxes for one in found],
            [one.labels for one in found],
            [one.scores for one in found],
            truth=boxes_in(canvases.test_labels[:SHOWN])[0],
            file=run.pictures / "detect-one-stage.png",
        )
    window, middle = baselines(100 if run.short else len(tested))
    return {
        "mAP@.5": score.half,
        "mAP@[.5:.95]": score.strict,
        "sliding window": window.half,
        "sliding window strict": window.strict,
        "centre box": middle.half,
        "seconds": seconds(trainer),
    }


@functools.cache
def baselines(count: int) -> tuple[Precision, Precision]:
    """The sliding window with the judge, and the box in the middle: no seed changes them."""
    canvases = data.load("canvases", offline=True)
    tested, labels = in_floats(canvases.test_images[:count]), canvases.test_labels[:count]
    judge = judging.judge()
    return (
        precision_of(sliding_window(judge, tested, threshold=0), labels),
        precision_of(centre_box(judge, tested), labels),
    )


def in_floats(images: np.ndarray) -> tg.Tensor:
    """Bytes (N, H, W) as pictures from 0 to 1."""
    return tg.tensor(images[:, None].astype(np.float32) / 255)


# ---- boxes of a classifier ---------------------------------------------------------------------


def activation_maps(run: Run) -> Numbers:
    """Where a classifier looks that has learned from labels alone, on canvases of one digit."""
    learned = single_digits(mnist().train_images, mnist().train_labels, LEARNED, seed=0)
    tested = single_digits(mnist().test_images, mnist().test_labels, TESTED, seed=1)
    recipe = run.recipe("resnet", epochs=3, batch_size=32)
    labels = np.concatenate(learned.labels)
    model, trainer = train(run, recipe, learned.images, labels)
    pictures, truth = in_floats(tested.images), np.concatenate(tested.boxes)
    boxes = localize(model, pictures)
    guesses = model.predict(pictures).numpy()
    if run.seed == 0 and not run.short:
        draw_boxes(
            pictures[:SHOWN], list(boxes[:SHOWN, None]), list(guesses[:SHOWN, None]),
            truth=list(truth[:SHOWN, None]), file=run.pictures / "detect-cam.png",
        )  # fmt: skip
    middle = np.concatenate([one.boxes for one in centre_box(judging.judge(), pictures)])
    return {
        "hits": hits(boxes, truth),
        "accuracy": float((guesses == np.concatenate(tested.labels)).mean()),
        "centre box": hits(middle, truth),
        "mean IoU": float(overlaps(boxes, truth).mean()),
        "seconds": seconds(trainer),
    }


def single_digits(images: np.ndarray, labels: np.ndarray, count: int, seed: int) -> data.Canvases:
    """Canvases with one digit each."""
    placed = data.place_on_canvases(images, labels, SPARE * count, seed, SCALES)
    alone = [number for number, own in enumerate(placed.labels) if len(own) == 1][:count]
    return data.Canvases(
        placed.images[alone],
        tuple(placed.boxes[number] for number in alone),
        tuple(placed.labels[number] for number in alone),
    )


def overlaps(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The IoU of each box with the true one of its picture, (N,)."""
    return np.concatenate(
        [metrics.box_iou([box], [true])[0] for box, true in zip(boxes, truth, strict=True)]
    )


def hits(boxes: np.ndarray, truth: np.ndarray) -> float:
    """How often a box shares more than half with the true one."""
    return float((overlaps(boxes, truth) > 0.5).mean())


ROWS: dict[str, Row] = {
    "detect-one-stage": Row(
        "one-stage detector, 64 x 64 canvases of 1 to 4 digits", 3, 5,
        "mAP@.5 >= .80, above the sliding window", one_stage,
        {"mAP@.5": SHARE, "sliding window": SHARE, "mAP@[.5:.95]": SHARE,
         "sliding window strict": SHARE, "centre box": SHARE},
    ),
    "detect-cam": Row(
        "boxes of class activation maps, never shown one", 3, 5,
        "above the centre box; a box around all ink is exact", activation_maps,
        {"hits": SHARE, "centre box": SHARE, "mean IoU": PLAIN, "accuracy": SHARE},
    ),
}  # fmt: skip
