"""What commands tell of pictures whose true ones are known: how near those that were made come."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinygen.cli.tables import print_rows
from tinygen.cli.tasks.report import Report
from tinygen.io.messages import text
from tinygen.models import Classifier, pretrained
from tinygen.tasks.fidelity import Fidelity, fidelity
from tinygen.tensors import Tensor

__all__ = ["compare"]

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
    head = [text(f"restore column {column}") for column in ("what", "psnr", "gain", "l1")]
    rows = [_row(name, score, next(iter(scores.values()))) for name, score in scores.items()]
    note = ""
    if judge is not None:
        head.append(text("restore column judge"))
        note = text("restore note judge", share=fidelity(true, true, labels, judge).accuracy)
    report.table(text("restore heading numbers", count=len(true)), head, rows, note)
    report.numbers(
        count=len(true),
        scores={name: score._asdict() for name, score in scores.items()},
    )
    print_rows([head, *rows])


def _judge(true: Tensor) -> Classifier | None:
    """The classifier that reads these pictures, if there is one."""
    if tuple(true.shape[1:]) != READ:
        return None
    judge = pretrained("judge", true.device)
    assert isinstance(judge, Classifier)
    return judge


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
