"""``tinygen train``: a training run that can be stopped and resumed."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinygen import backend
from tinygen.cli import drawing
from tinygen.cli.cores import say_if_busy
from tinygen.cli.errors import INTERRUPTED, UsageError
from tinygen.cli.output import prepare
from tinygen.cli.sets import load
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models.gan import TwoPlayers
from tinygen.train.evaluation import undisturbed
from tinygen.train.recipe import (
    RECIPES,
    Card,
    Parts,
    Recipe,
    check_arguments,
    check_labels,
    in_batches,
    new_model,
    new_trainer,
    options_of,
    read_card,
    size_of,
    split,
    training_batches,
)
from tinygen.train.trainer import BEST, LAST, Trainer

__all__ = ["run"]

CURVES = "curves.png"

OPTIONS = {
    "data": "data", "epochs": "epochs", "batch_size": "batch-size", "lr": "lr", "shift": "shift",
    "use_all": "all", "seed": "seed",
}  # fmt: skip
"""Fields of the recipe that have an option, and its name."""


def run(options: Namespace) -> int:
    """Train, or go on training.

    Parameters
    ----------
    options : Namespace
        ``model``, the fields of ``OPTIONS`` (None where nothing was said), ``set``, ``resume``,
        ``out``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is a run in the folder already, or none to resume, or another one, or the model
        cannot be made or trained so.
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
    trainer = _trainer(recipe, parts, pictures, options)
    print(text("train model", model=type(trainer.model).__name__, size=size_of(trainer.model)))

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
    _report(trainer, recipe, pictures, options.out)
    return 0


def _trainer(recipe: Recipe, parts: Parts, pictures: ImageSet, options: Namespace) -> Trainer:
    """A trainer with a new model; what does not fit the pictures can be said in another way."""
    try:
        model, arguments = new_model(recipe, parts.train_images, len(pictures.classes))
        check_labels(model, pictures, recipe.shift)
        return new_trainer(
            model, recipe, len(parts.train_labels), (), options.device, options.out,
            card=Card(recipe, arguments, pictures.classes),
        )  # fmt: skip
    except ValueError as error:
        raise UsageError(str(error)) from error


# ---- what was asked for ------------------------------------------------------------------------


def _recipe(options: Namespace) -> Recipe:
    """What was asked for; of a resumed run, what it was begun with."""
    last, usual = options.out / LAST, RECIPES[options.model]
    chosen = _lists(options.model, dict(options.set))
    try:
        check_arguments(options.model, chosen)
    except ValueError as error:
        raise UsageError(str(error)) from error
    given = {name: value for name in OPTIONS if (value := getattr(options, name)) is not None}
    if not options.resume:
        if last.exists():
            raise UsageError(text("train in the way", path=last))
        return replace(usual, **given, arguments={**usual.arguments, **chosen})
    if not last.is_file():
        raise UsageError(text("train nothing to resume", path=last))
    saved = read_card(last).recipe
    differences = list(_differences(saved, options.model, given, chosen))
    if differences:
        listed = "; ".join(differences)
        raise UsageError(text("train other recipe", path=last, differences=listed))
    return saved


def _lists(model: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were chosen; a number where several can stand is a list of one."""
    known = options_of(model)
    several = {name for name, option in known.items() if isinstance(option.default, tuple)}
    return {
        name: [value] if name in several and isinstance(value, int) else value
        for name, value in chosen.items()
    }


def _differences(
    saved: Recipe, model: str, given: Mapping[str, Any], chosen: Mapping[str, Any]
) -> Iterator[str]:
    """Where options contradict the run that shall be resumed."""
    if model != saved.model:
        yield text("train other model", saved=saved.model, given=model)
        return
    for name, value in given.items():
        if value != getattr(saved, name):
            was = getattr(saved, name)
            yield text("train other option", option=OPTIONS[name], saved=was, given=value)
    for name, value in chosen.items():
        default = options_of(model)[name].default
        was = saved.arguments.get(name, list(default) if isinstance(default, tuple) else default)
        if value != was:
            yield text("train other argument", name=name, saved=was, given=value)


# ---- what came of it ---------------------------------------------------------------------------


def _report(trainer: Trainer, recipe: Recipe, pictures: ImageSet, out: Path) -> None:
    """Say what came of it, draw the curves, and some pictures of a model that draws any."""
    from tinygen.plots import metric_curves

    best = trainer.best
    if not isinstance(trainer.model, TwoPlayers):
        column = "val_loss" if "val_loss" in trainer.history else "loss"
        assert best.value is not None  # no epoch ends with a loss that is not finite
        print(text("train best", column=column, value=best.value, epoch=best.epoch))
    metric_curves(
        trainer.history,
        names=[name for name in trainer.history if name.removeprefix("val_") in _curves(trainer)],
        title=text("curves title", model=recipe.model, data=pictures.name),
        file=out / CURVES,
    )
    files = [BEST, LAST, "history.csv", CURVES]
    generates = hasattr(trainer.model, "sample")
    if generates:
        with undisturbed(trainer.model, recipe.seed):
            drawing.show(trainer.model, pictures.classes, recipe.seed, out)
        files.append(drawing.SAMPLES)
    print(text("train files", files=", ".join(files), folder=out))
    print(text("train next", checkpoint=out / BEST))
    if generates:
        print(text("train next generate", checkpoint=out / BEST))


def _curves(trainer: Trainer) -> tuple[str, ...]:
    """What is worth a curve; the loss of a GAN is its discriminator's, which has one already."""
    if isinstance(trainer.model, TwoPlayers):
        return ("discriminator", "generator", "real", "fake")
    return ("loss", "accuracy", "reconstruction", "kl")
