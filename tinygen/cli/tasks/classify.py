"""``tinygen classify``: what pictures show, and how often a classifier is right."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygen.cli.options import Commands
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.cli.evaluation import Scores
    from tinygen.cli.tasks.inputs import Given
    from tinygen.models import Classifier

__all__ = ["add_arguments", "class_names", "run"]

MODEL = "judge"
"""The classifier that comes with tinygen."""

COUNT = 500
"""Test pictures that are looked at."""

SHOWN = 24
"""Pictures on the page; of test pictures no more are written either."""

BEST = 3
"""Classes that are told of each picture."""

LEARNED = 20_000
"""Training pictures that the linear model learns from."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    task_command(commands, "classify")


def run(options: Namespace) -> int:
    """Say what the user's pictures show, or how often test pictures are told right.

    Parameters
    ----------
    options : Namespace
        ``images``, ``model``, ``out``, ``seed``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model, or nothing to look at.
    BackendError, CheckpointError, DataError, OSError
        If something fails.
    """
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import Report
    from tinygen.models import Classifier
    from tinygen.tasks.classify import classify

    model: Any = given_model(
        options, MODEL, Classifier, text("classify to classify"), "tinygen train cnn"
    )
    names = class_names(options.model or MODEL, model)
    given = given_pictures(options, model.picture_shape, COUNT)
    report = Report(
        "classify",
        options.out,
        text("classify title"),
        text("classify lead", model=model.name, count=len(given.pictures), source=given.source),
    )
    with refusing():
        guesses = classify(model, given.pictures, min(BEST, len(names)))
    told = [
        [(names[label], share) for label, share in zip(*one, strict=True)]
        for one in zip(guesses.labels.tolist(), guesses.probabilities.tolist(), strict=True)
    ]
    report.numbers(
        model=model.name, source=given.source, count=len(told),
        pictures=[
            {"name": name, "guesses": [{"class": c, "probability": p} for c, p in one]}
            for name, one in zip(given.names, told, strict=True)
        ],
    )  # fmt: skip
    if given.labels is not None:
        _compare(report, model, names, given)
    _show(report, given, told, names)
    for note in given.notes:
        report.note(note)
    report.save()
    return 0


def class_names(source: str, model: Classifier) -> list[str]:
    """What the classes of a model are called; by their numbers if its file does not say.

    Parameters
    ----------
    source : str
        The name of a model that comes with tinygen, or a checkpoint.
    model : Classifier
        The one of this file.

    Returns
    -------
    list of str
    """
    from tinygen.cli.checkpoints import model_file
    from tinygen.io import load_checkpoint
    from tinygen.train.recipe import card_in

    with model_file(source) as path:
        card = card_in(load_checkpoint(path))
    return list(card.classes) if card else [str(n) for n in range(model.output.out_features)]


# ---- what they show ----------------------------------------------------------------------------


def _show(
    report: Any,
    given: Given,
    told: Sequence[Sequence[tuple[str, float]]],
    names: Sequence[str],
) -> None:
    """Print and put into the report what the first pictures show, or all of the user's."""
    from tinygen.plots import image_grid

    rows = [
        [name, *(text("classify guess", name=what, share=share) for what, share in one)]
        for name, one in zip(given.names, told, strict=True)
    ]
    shown = rows[:SHOWN]
    if given.labels is None:
        shown = rows
        for name, *guesses in rows:
            print(text("classify told", name=name, guesses=", ".join(guesses)))
    titles = [row[1] for row in rows[:SHOWN]]
    if given.labels is not None:
        truth = [names[label] for label in given.labels[:SHOWN].tolist()]
        titles = [
            title if one[0][0] == true else text("classify mistake", guess=title, truth=true)
            for title, one, true in zip(titles, told, truth, strict=False)
        ]
    report.figure(
        "guesses",
        text("classify heading guesses"),
        text("classify caption guesses"),
        image_grid(given.pictures[:SHOWN], columns=min(6, len(titles)), titles=titles, zoom=4),
        text("classify alt guesses"),
    )
    head = [text("classify column picture")]
    head += [text(f"classify column {place}") for place in ("first", "second", "third")]
    report.table(text("classify heading told"), head[: len(shown[0])], shown, is_last_row_own=False)
    report.pictures(
        text("classify heading pictures"),
        text("classify caption pictures"),
        {"pictures": given.pictures[: len(shown)]},
        given.names[: len(shown)],
    )


# ---- how good that is --------------------------------------------------------------------------


def _compare(report: Any, model: Any, names: Sequence[str], given: Given) -> None:
    """Accuracies on test pictures beside those of the simplest guessers."""
    import numpy as np

    from tinygen.cli.baselines import linear_accuracy
    from tinygen.cli.evaluation import scores_of
    from tinygen.cli.tables import print_table
    from tinygen.cli.tasks.retrieve import training_pictures

    assert given.labels is not None
    known = training_pictures(model.picture_shape, offline=True)
    if tuple(names) != known.classes:
        report.note(text("classify other classes", source=given.source))
        return
    images, labels = known.train_images[:LEARNED], known.train_labels[:LEARNED]
    tested = np.rint(given.pictures.numpy() * 255).astype(np.uint8)
    usual = np.eye(len(names))[np.full(len(tested), np.bincount(labels).argmax())]
    constant = scores_of(given.labels, usual)
    linear = linear_accuracy(images, labels, tested, given.labels)
    scores = scores_of(given.labels, model.predict_proba(given.pictures).numpy())
    cells = {
        "classify constant": _cells(constant),
        "classify linear": [_share(linear), "", ""],
        "classify reached": _cells(scores),
    }
    head = [text(f"classify column {column}") for column in ("what", "accuracy", "f1", "auc")]
    report.table(
        text("classify heading numbers", count=len(tested)),
        head,
        [[text(key), *row] for key, row in cells.items()],
        text("classify note numbers", count=len(labels)),
    )
    report.numbers(
        accuracy=scores.accuracy, f1=scores.f1, auc=scores.auc,
        baselines={"constant": constant.accuracy, "linear": linear},
    )  # fmt: skip
    print_table({key: row[0] for key, row in cells.items()})


def _cells(scores: Scores) -> list[str]:
    return [_share(scores.accuracy), _share(scores.f1), text("classify area", value=scores.auc)]


def _share(value: float) -> str:
    return text("classify share", value=value)
