"""What commands tell of pictures whose true ones are known: how near those that were made come."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import tinygen as tg
from tinygen.cli.tables import print_rows
from tinygen.cli.tasks.report import Report
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models import Classifier, Pix2Pix, UNet, pretrained
from tinygen.tasks.fidelity import Fidelity, fidelity
from tinygen.tasks.filters import bicubic
from tinygen.tasks.translate import source, translate
from tinygen.tensors import Tensor
from tinygen.train.recipe import pictures_of

__all__ = ["compare", "evaluate"]

COUNT, SEED = 1000, 0
"""Test pictures on which a model is evaluated, and the seed of what is done to them."""

READ = (1, 28, 28)
"""The shape of the pictures that the judge reads."""


def compare(
    report: Report, true: Tensor, labels: np.ndarray | None, made: Mapping[str, Tensor]
) -> None:
    """Put a table into a report and print it: a line for each way to make pictures.

    Parameters
    ----------
    report : Report
    true : Tensor of shape (N, C, H, W)
    labels : int array of shape (N,) or None
        What test pictures of digits show.
    made : mapping of str to Tensor of shape (N, C, H, W)
        By what they are called: the baselines, and the model's own last. Gains are counted from the
        first.
    """
    judge = _judge(true) if labels is not None else None
    scores = {name: fidelity(true, pictures, labels, judge) for name, pictures in made.items()}
    head, *rows = _table(scores)
    note = ""
    if judge is not None:
        note = text("restore note judge", share=fidelity(true, true, labels, judge).accuracy)
    report.table(text("restore heading numbers", count=len(true)), head, rows, note)
    report.numbers(
        count=len(true),
        scores={name: score._asdict() for name, score in scores.items()},
    )
    print_rows([head, *rows])


def evaluate(model: UNet | Pix2Pix, pictures: ImageSet) -> None:
    """Damage test pictures as in training, and print how near the restored ones come.

    Parameters
    ----------
    model : UNet or Pix2Pix
    pictures : ImageSet
        Like those that it has learned from.
    """
    device = next(model.parameters()).device
    images = pictures_of(pictures.test_images[:COUNT]).astype(np.float32) / 255
    true = tg.tensor(images, device=device)
    tg.manual_seed(SEED)
    if isinstance(model, UNet):
        given, mask = model.damage(true)
        after = model.restore(given, mask)
    else:
        given = source(model, true)
        after = translate(model, given)
    larger = given.shape[2:] != true.shape[2:]
    before = text("restore bicubic") if larger else text("restore given")
    made = {before: bicubic(given) if larger else given}
    made[text("restore model", model=model.name)] = after
    print(text("restore heading numbers", count=len(true)))
    print_rows(_table({name: fidelity(true, one) for name, one in made.items()}))


def _judge(true: Tensor) -> Classifier | None:
    """The classifier that reads these pictures, if there is one."""
    if tuple(true.shape[1:]) != READ:
        return None
    judge = pretrained("judge", true.device)
    assert isinstance(judge, Classifier)
    return judge


def _table(scores: Mapping[str, Fidelity]) -> list[list[str]]:
    """What stands above the columns, and a row for each way."""
    columns = ["what", "psnr", "gain", "l1"]
    first = next(iter(scores.values()))
    if first.accuracy is not None:
        columns.append("judge")
    head = [text(f"restore column {column}") for column in columns]
    return [head, *(_row(name, score, first) for name, score in scores.items())]


def _row(name: str, score: Fidelity, first: Fidelity) -> list[str]:
    row = [
        name,
        text("restore decibels", value=score.psnr),
        text("restore gain", value=score.psnr - first.psnr),
        text("restore error", value=score.l1),
    ]
    if score.accuracy is not None:
        row.append(text("restore share", value=score.accuracy))
    return row
