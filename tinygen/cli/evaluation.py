"""``tinygen evaluate``, and how good a classifier is in numbers.

What is said of other models stands in ``likelihoods.py`` and ``judging.py``.
"""

from __future__ import annotations

import math
import warnings
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygen as tg
from tinygen import backend, metrics
from tinygen.cli import drawing, judging, likelihoods
from tinygen.cli.checkpoints import model_file
from tinygen.cli.errors import UsageError
from tinygen.cli.output import prepare
from tinygen.cli.sets import load
from tinygen.cli.tables import print_table
from tinygen.cli.tasks import comparing, detect, recognize
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models import GAN, Embedder, Model, Pix2Pix, UNet, from_checkpoint
from tinygen.models.made import Autoregressive
from tinygen.models.pretrained import PRETRAINED
from tinygen.models.vae import VariationalAutoencoder
from tinygen.nn import Module
from tinygen.train.recipe import (
    Card,
    check_labels,
    in_batches,
    labels_read_by,
    pictures_of,
    read_card,
)

__all__ = ["Scores", "classify", "interval", "run", "scores_of"]

Z = 1.959964
"""Of a normal variable, 95 % lie within so many standard deviations."""

DRAWN = 10_000
"""Pictures of a GAN that are judged."""

ESTIMATED, CODES = 200, 500
"""For so many pictures a VAE's likelihood is estimated, with so many codes each."""


def run(options: Namespace) -> int:
    """Test a model, and draw what there is to be seen of it.

    Parameters
    ----------
    options : Namespace
        ``checkpoint``, ``data``, ``pictures``, ``samples``, ``out``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no such checkpoint, or the data or the options do not fit the model.
    BackendError
        If there is no GPU to be used.
    CheckpointError, DataError, OSError
        If the files are damaged, or the picture cannot be written.
    """
    backend.get(options.device)
    with model_file(options.checkpoint) as path:
        card = read_card(path)
        model = from_checkpoint(path, options.device)
    _check_options(model, options)
    out = options.out or _usual_folder(options.checkpoint)
    prepare(out)
    pictures = load(options.data or card.recipe.data, options.offline)
    _check_fit(pictures, _classes_of(model, card), model.picture_shape)
    try:
        check_labels(model, pictures)
    except ValueError as error:
        raise UsageError(str(error)) from error
    print(
        text(
            "evaluate what", checkpoint=options.checkpoint, model=model.name,
            total=len(pictures.test_images), name=pictures.name,
        )
    )  # fmt: skip
    if labels_read_by(model) == "boxes":
        detect.evaluate(model, pictures, card.classes, out)
        return 0
    if labels_read_by(model) == "text":
        recognize.evaluate(model, pictures, out)
        return 0
    if isinstance(model, Embedder):
        recognize.evaluate_pairs(model, pictures)
        return 0
    if isinstance(model, UNet | Pix2Pix):
        comparing.evaluate(model, pictures)
        return 0
    if isinstance(model, VariationalAutoencoder):
        likelihoods.evaluate_vae(
            model, pictures, out, options.device, options.pictures or ESTIMATED,
            options.samples or CODES,
        )  # fmt: skip
    elif isinstance(model, Autoregressive):
        likelihoods.evaluate_autoregressive(model, pictures, options.device)
    elif isinstance(model, GAN):
        judging.evaluate_gan(model, pictures, options.pictures or DRAWN)
    else:
        _evaluate_classifier(model, card, pictures, options.device, out)
        return 0
    print(text("picture", path=drawing.show(model, card.classes, judging.SEED, out)))
    return 0


def _usual_folder(source: str) -> Path:
    return Path(f"tinygen-{source}") if source in PRETRAINED else Path(source).parent


def _check_options(model: Model, options: Namespace) -> None:
    """Refuse options that mean nothing for a model."""
    refused = []
    if options.samples is not None and not isinstance(model, VariationalAutoencoder):
        refused.append("--samples")
    if options.pictures is not None and not isinstance(model, VariationalAutoencoder | GAN):
        refused.append("--pictures")
    if refused:
        raise UsageError(text("option in vain", option=" ".join(refused), model=model.name))


def _classes_of(model: Model, card: Card) -> Sequence[str] | None:
    """What the labels mean to a model; None if it does not look at them."""
    return None if labels_read_by(model) is None else card.classes


def _evaluate_classifier(
    model: Model, card: Card, pictures: ImageSet, device: str, out: Path
) -> None:
    """Print how often it is right, and draw its confusion matrix."""
    from tinygen.plots import confusion_matrix

    probabilities = classify(model, pictures.test_images, device)
    scores = scores_of(pictures.test_labels, probabilities)
    _print(scores)
    picture = out / "confusion-matrix.png"
    guesses, labels = probabilities.argmax(axis=1), range(len(card.classes))
    confusion_matrix(
        metrics.confusion_matrix(pictures.test_labels, guesses, labels=labels),
        names=card.classes,
        title=text("confusion title", name=pictures.name, accuracy=scores.accuracy),
        file=picture,
    )
    print(text("picture", path=picture))


def _check_fit(
    pictures: ImageSet, classes: Sequence[str] | None, picture_shape: Sequence[int]
) -> None:
    """Refuse pictures that the model was not made for."""
    if not len(pictures.test_images):
        raise UsageError(text("no test pictures", name=pictures.name))
    if classes is not None and tuple(classes) != pictures.classes:
        raise UsageError(
            text(
                "other classes", known=len(classes), model_classes=_listed(classes),
                name=pictures.name, found=len(pictures.classes),
                data_classes=_listed(pictures.classes),
            )
        )  # fmt: skip
    if tuple(picture_shape) != pictures.picture_shape:
        raise UsageError(
            text(
                "other shape", wanted=tuple(picture_shape), name=pictures.name,
                found=pictures.picture_shape,
            )
        )  # fmt: skip


def _listed(names: Sequence[str], most: int = 5) -> str:
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])


def classify(model: Module, images: np.ndarray, device: str = "cpu") -> np.ndarray:
    """The probability of each class for each picture.

    Parameters
    ----------
    model : Module
    images : uint8 array of shape (N, H, W) or (N, C, H, W)
    device : {"cpu", "cuda"}
        Where the model is.

    Returns
    -------
    float32 array of shape (N, classes)
    """
    model.eval()
    with tg.no_grad():
        batches = [
            tg.softmax(model(batch.to(device)), dim=1).numpy()
            for batch, _ in in_batches(pictures_of(images), np.zeros(len(images), np.int64))
        ]
    return np.concatenate(batches)


# ---- numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scores:
    """How good a classifier is.

    Attributes
    ----------
    right, total : int
    low, high : float
        Between them lies the true accuracy, with 95 % confidence.
    precision, recall, f1 : float
        The means over the classes; one that is never guessed has precision 0.
    auc : float
        The mean over the classes of the area below the ROC curve against all others; NaN if only
        one class occurs.
    log_loss : float
        In nats.
    calibration : float
        The expected calibration error.
    """

    right: int
    total: int
    low: float
    high: float
    precision: float
    recall: float
    f1: float
    auc: float
    log_loss: float
    calibration: float

    @property
    def accuracy(self) -> float:
        """The share that was right."""
        return self.right / self.total


def scores_of(labels: np.ndarray, probabilities: np.ndarray) -> Scores:
    """Compare what a classifier says with what is true.

    Parameters
    ----------
    labels : int64 array of shape (N,)
    probabilities : array of shape (N, classes)

    Returns
    -------
    Scores
    """
    guesses = probabilities.argmax(axis=1)
    right = int((guesses == labels).sum())
    # Of classes that do not occur nothing is asked.
    macro: dict[str, Any] = {
        "labels": np.unique(labels), "average": "macro", "zero_division": 0,
    }  # fmt: skip
    low, high = interval(right, len(labels))
    return Scores(
        right=right,
        total=len(labels),
        low=low,
        high=high,
        precision=metrics.precision_score(labels, guesses, **macro),
        recall=metrics.recall_score(labels, guesses, **macro),
        f1=metrics.f1_score(labels, guesses, **macro),
        auc=_area_below_roc(labels, probabilities),
        log_loss=metrics.log_loss(labels, probabilities, labels=range(probabilities.shape[1])),
        calibration=metrics.expected_calibration_error(labels, probabilities),
    )


def _area_below_roc(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean over the classes for which there are both examples and others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", metrics.UndefinedMetricWarning)
        areas = metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average=None)
    defined = areas[~np.isnan(areas)]
    return float(defined.mean()) if len(defined) else math.nan


def interval(right: int, total: int) -> tuple[float, float]:
    """Between which bounds the true accuracy lies, with 95 % confidence.

    With p = right / total and z = 1.96, the bounds are the solutions q of
    (p - q)^2 = z^2 q (1 - q) / total (E. B. Wilson, "Probable inference, the law of succession,
    and statistical inference", 1927).

    Parameters
    ----------
    right, total : int
        How many guesses were right, and how many there were, at least 1.

    Returns
    -------
    tuple of two float
        The lower and the upper bound.
    """
    share, weight = right / total, Z * Z / total
    centre = share + weight / 2
    reach = math.sqrt(weight * (share * (1 - share) + weight / 4))
    return (centre - reach) / (1 + weight), (centre + reach) / (1 + weight)


def _print(scores: Scores) -> None:
    """A line for each number."""
    accuracy = text(
        "score accuracy value", accuracy=scores.accuracy, right=scores.right, total=scores.total,
        low=scores.low, high=scores.high,
    )  # fmt: skip
    rows = {
        "score accuracy": accuracy,
        "score precision": text("score percent", value=scores.precision),
        "score recall": text("score percent", value=scores.recall),
        "score f1": text("score percent", value=scores.f1),
        "score auc": text("score undefined")
        if math.isnan(scores.auc)
        else text("score plain", value=scores.auc),
        "score log loss": text("score nats", value=scores.log_loss),
        "score calibration": text("score percent", value=scores.calibration),
    }
    print_table(rows)
