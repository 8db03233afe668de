"""What ``tinygen generate --report`` tells of the pictures that it has drawn."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import tinygen as tg
from tinygen.cli.baselines import independent_pixels
from tinygen.cli.judging import judge_of, rows_of
from tinygen.cli.likelihoods import binarized, in_floats
from tinygen.cli.tables import print_table
from tinygen.cli.tasks.report import Report, difference
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models import Model
from tinygen.models.likelihood import Bernoulli
from tinygen.models.made import Autoregressive
from tinygen.models.vae import VariationalAutoencoder
from tinygen.tasks.generate import Assessment, assess, generate, log_likelihood, nearest
from tinygen.tensors import Tensor
from tinygen.train.recipe import pictures_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["write_report"]

JUDGED = 1000
"""So many pictures are judged at least: the fewer, the more the numbers are a matter of chance."""

KNOWN, ESTIMATED = 1000, 100
"""For so many test pictures the likelihood is computed, or estimated where it is not known."""


class Real(NamedTuple):
    """Pictures that the drawn ones are compared with, as a model could draw them at best."""

    train: Tensor
    train_labels: np.ndarray
    test: Tensor
    test_labels: np.ndarray


def write_report(
    model: Model,
    drawn: Tensor,
    labels: Sequence[int] | None,
    grid: Figure,
    learned: ImageSet,
    options: Namespace,
    **more: Any,
) -> Path:
    """Judge what was drawn, look up the training pictures next to it, and write a page about it.

    The numbers stand beside those of noise and of the training pictures.

    Parameters
    ----------
    model : Model
    drawn : Tensor of shape (n, C, H, W)
        Where they are few, more are drawn for the numbers.
    labels : sequence of int, optional
        What they show.
    grid : Figure
        All of them, by :func:`tinygen.cli.drawing.draw_grid`.
    learned : ImageSet
        What the model has learned from.
    options : Namespace
        ``source``, ``seed`` and ``out``.
    **more
        What else the model's ``sample`` is told.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UsageError, OSError
        As for :meth:`tinygen.cli.tasks.report.Report.save`.
    """
    report = Report(
        "generate",
        options.out,
        text("assess title", model=model.name),
        text("assess lead", count=len(drawn), source=options.source, seed=options.seed),
    )
    report.numbers(
        model=model.name, source=options.source, seed=options.seed, count=len(drawn),
        data=learned.name, labels=labels, **more,
    )  # fmt: skip
    report.figure(
        "samples", text("assess heading grid"), text("assess caption grid"), grid,
        text("assess alt grid", count=len(drawn)),
    )  # fmt: skip
    real = _real(model, learned)
    rows = _add_judgement(report, model, drawn, labels, learned, real, more)
    rows |= _add_likelihood(report, model, learned)
    if rows:
        print_table(rows)
    _add_nearest(report, drawn, labels, learned, real)
    return report.save()


def _real(model: Model, learned: ImageSet) -> Real:
    """The real pictures; black and white if the model knows no greys."""
    convert = binarized if isinstance(model, Autoregressive) else in_floats
    train, test = (
        tg.tensor(convert(pictures_of(images)))
        for images in (learned.train_images, learned.test_images)
    )
    return Real(train, learned.train_labels, test, learned.test_labels)


def _showing(real: Real, labels: Sequence[int]) -> Real:
    """Those of certain classes."""
    train, test = (np.isin(shown, labels) for shown in (real.train_labels, real.test_labels))
    return Real(
        real.train[train], real.train_labels[train], real.test[test], real.test_labels[test]
    )


# ---- the judge ---------------------------------------------------------------------------------


def _add_judgement(
    report: Report,
    model: Model,
    drawn: Tensor,
    labels: Sequence[int] | None,
    learned: ImageSet,
    real: Real,
    more: dict[str, Any],
) -> dict[str, str]:
    """A table of what the judge says, which is returned for the screen as well."""
    judge = judge_of(learned)
    if judge is None:
        report.note(text("no judge", name=learned.name))
        return {}
    if len(drawn) < JUDGED:
        labels = None if labels is None else _in_turn(labels)
        drawn = generate(model, JUDGED, labels, **more)
    if labels is not None:
        real = _showing(real, sorted(set(labels)))
    count = len(drawn)
    sets = {
        "noise": (tg.rand(*drawn.shape), labels),
        "train": (real.train[:count], None if labels is None else real.train_labels[:count]),
        "drawn": (drawn, labels),
    }
    found = {
        name: assess(pictures, real.train, real.test, judge, shown, real.test_labels)
        for name, (pictures, shown) in sets.items()
    }
    report.numbers(
        judged=count,
        assessments={name: _by_name(one) for name, one in found.items()},
    )
    rows = [[text(f"assess {name}", model=model.name), *_row(one)] for name, one in found.items()]
    columns = ["what", "confidence", "balance", "frechet", "copying", "agreement"]
    best = found["drawn"]
    note = text(
        "assess note judge", test=len(real.test), confidence=best.real_confidence,
        accuracy=best.real_agreement, expected=best.copying.expected,
    )  # fmt: skip
    if isinstance(model, Autoregressive):
        note += text("assess note binary")
    head = [text(f"assess column {column}") for column in columns[: len(rows[0])]]
    report.table(text("assess heading judge", count=count), head, rows, note)
    return rows_of(best)


def _in_turn(labels: Sequence[int]) -> list[int]:
    """The classes that were asked for, again and again."""
    turn = list(dict.fromkeys(labels))
    return [turn[number % len(turn)] for number in range(JUDGED)]


def _by_name(found: Assessment) -> dict[str, Any]:
    return {**found._asdict(), "copying": found.copying._asdict()}


def _row(found: Assessment) -> list[str]:
    row = [
        text("score percent", value=found.confidence),
        text("score plain", value=found.balance),
        text("score short", value=found.frechet),
        text("score percent", value=found.copying.nearer_to_train),
    ]
    if found.agreement is not None:
        row.append(text("score percent", value=found.agreement))
    return row


# ---- the likelihood ----------------------------------------------------------------------------


def _add_likelihood(report: Report, model: Model, learned: ImageSet) -> dict[str, str]:
    """How well it predicts test pictures, if it gives any a probability."""
    is_exact = isinstance(model, Autoregressive)
    is_vae = isinstance(model, VariationalAutoencoder) and isinstance(model.likelihood, Bernoulli)
    if not (is_exact or is_vae):
        return {}
    count = KNOWN if is_exact else ESTIMATED
    bits = binarized(pictures_of(learned.test_images[:count]))
    told = None if model.classes is None else tg.tensor(learned.test_labels[:count])
    device = next(model.parameters()).device
    found = log_likelihood(model, tg.tensor(bits, device=device), told)
    assert found is not None
    nll = float(-found.mean())
    independent = independent_pixels(pictures_of(learned.train_images), bits)
    report.numbers(nll=nll, nll_of_independent_pixels=independent, nll_pictures=len(bits))
    note = text("assess note exact" if is_exact else "assess note estimated")
    if told is not None:
        note += " " + text("likelihood conditional")
    of_pixels, own = (text("score nats short", value=value) for value in (independent, nll))
    report.table(
        text("assess heading nll", count=len(bits)),
        [text("assess column what"), text("assess column nll")],
        [[text("assess pixels"), of_pixels], [text("assess drawn", model=model.name), own]],
        note,
    )
    return {"score nll" if is_exact else "score nll estimated": own, "score independent": of_pixels}


# ---- copies ------------------------------------------------------------------------------------


def _add_nearest(
    report: Report,
    drawn: Tensor,
    labels: Sequence[int] | None,
    learned: ImageSet,
    real: Real,
) -> None:
    """Each picture beside the training picture that is nearest to it."""
    found = nearest(drawn, real.train)
    closest = real.train[found.indices[:, 0].tolist()]
    digits = len(str(len(drawn)))
    names = [f"{number + 1:0{digits}}" for number in range(len(drawn))]
    if labels is not None:
        names = [
            text("assess picture", number=number, label=learned.classes[label])
            for number, label in zip(names, labels, strict=True)
        ]
    report.numbers(
        nearest=[
            {"picture": name, "training_picture": int(index), "distance": float(distance)}
            for name, index, distance in zip(
                names, found.indices[:, 0], found.distances[:, 0], strict=True
            )
        ]
    )
    report.pictures(
        text("assess heading nearest"),
        text("assess caption nearest", distance=float(found.distances.mean())),
        {"drawn": drawn, "nearest": closest, "difference": difference(closest, drawn)},
        names,
    )
