"""``tinygen train``: a training run that can be stopped and resumed."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tinygen import backend
from tinygen.cli.cores import say_if_busy
from tinygen.cli.errors import INTERRUPTED, UsageError
from tinygen.cli.output import prepare
from tinygen.cli.recipe import (
    Card,
    Recipe,
    in_batches,
    new_model,
    new_trainer,
    read_card,
    size_of,
    split,
    training_batches,
)
from tinygen.cli.sets import load
from tinygen.io.messages import text
from tinygen.train.trainer import BEST, LAST, Trainer

__all__ = ["run"]

CURVES = "curves.png"

OPTIONS = {"use_all": "all"}
"""Options whose names are not those of the recipe's fields."""


def run(options: Namespace) -> int:
    """Train, or go on training.

    Parameters
    ----------
    options : Namespace
        The fields of a :class:`Recipe` (None where nothing was said), ``resume``, ``out``,
        ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is a run in the folder already, or none to resume, or another one.
    BackendError
        If there is no GPU to be used.
    DataError, CheckpointError, NonFiniteLossError, OSError
        If something fails.
    """
    backend.get(options.device)
    recipe = _recipe(options)
    prepare(options.out)
    say_if_busy()
    pictures = load(recipe.data, options.offline)
    parts = split(pictures, recipe.use_all)
    print(
        text(
            "train data", name=pictures.name, learned=len(parts.train_labels),
            validated=len(parts.validation_labels), classes=len(pictures.classes),
        )
    )  # fmt: skip
    model, arguments = new_model(recipe, parts.train_images, len(pictures.classes))
    print(text("train model", model=type(model).__name__, size=size_of(model)))

    card = Card(recipe, arguments, pictures.classes)
    trainer = new_trainer(
        model, recipe, len(parts.train_labels), (), options.device, options.out, card=card
    )
    batches = training_batches(recipe, parts.train_images, parts.train_labels)
    validation = (
        in_batches(parts.validation_images, parts.validation_labels)
        if len(parts.validation_labels)
        else None
    )
    history = trainer.fit(
        batches, recipe.epochs, validation, resume=options.out / LAST if options.resume else None
    )
    if history.interrupted:
        print(text("train stopped", model=recipe.model, folder=options.out))
        return INTERRUPTED
    _report(trainer, recipe, pictures.name, options.out)
    return 0


def _recipe(options: Namespace) -> Recipe:
    """What was asked for; of a resumed run, what it was begun with."""
    last = options.out / LAST
    fields = asdict(Recipe())
    given = {name: value for name in fields if (value := getattr(options, name)) is not None}
    if not options.resume:
        if last.exists():
            raise UsageError(text("train in the way", path=last))
        return replace(Recipe(), **given)
    if not last.is_file():
        raise UsageError(text("train nothing to resume", path=last))
    saved = read_card(last).recipe
    _check_same(asdict(saved), given, last)
    return saved


def _check_same(saved: Mapping[str, Any], given: Mapping[str, Any], path: Path) -> None:
    """Refuse options that contradict the run that shall be resumed."""
    differences = [
        text(
            "train other option", option=OPTIONS.get(name, name).replace("_", "-"),
            saved=saved[name], given=value,
        )
        for name, value in given.items()
        if value != saved[name]
    ]  # fmt: skip
    if differences:
        raise UsageError(text("train other recipe", path=path, differences="; ".join(differences)))


def _report(trainer: Trainer, recipe: Recipe, data: str, out: Path) -> None:
    """Say what came of it, and draw the curves."""
    from tinygen.plots import metric_curves

    column = "val_loss" if "val_loss" in trainer.history else "loss"
    best = trainer.best
    assert best.value is not None  # no epoch ends with a loss that is not finite
    print(text("train best", column=column, value=best.value, epoch=best.epoch))
    metric_curves(
        trainer.history,
        names=[name for name in trainer.history if name.endswith(("loss", "accuracy"))],
        title=text("curves title", model=recipe.model, data=data),
        file=out / CURVES,
    )
    files = ", ".join([BEST, LAST, "history.csv", CURVES])
    print(text("train files", files=files, folder=out))
    print(text("train next", checkpoint=out / BEST))
