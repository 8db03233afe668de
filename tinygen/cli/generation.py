"""``tinygen generate``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import tinygen as tg
from tinygen import backend
from tinygen.cli.checkpoints import GENERATORS, model_file
from tinygen.cli.drawing import SAMPLES, classes_in_turn, draw, draw_grid
from tinygen.cli.errors import UsageError
from tinygen.cli.output import prepare
from tinygen.cli.sets import load
from tinygen.cli.tasks.assessing import write_report
from tinygen.data import ImageSet
from tinygen.io import load_checkpoint, whole_file
from tinygen.io.messages import text
from tinygen.models import Model, from_checkpoint
from tinygen.models.made import Autoregressive
from tinygen.train.recipe import Card, card_in

__all__ = ["run"]


def run(options: Namespace) -> int:
    """Draw new pictures with a trained model.

    Parameters
    ----------
    options : Namespace
        ``source``, ``n``, ``label``, ``labels``, ``seed``, ``temperature``, ``each``, ``report``,
        ``out``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no such model, or it cannot do what is asked for.
    BackendError
        If there is no GPU to be used.
    CheckpointError, DataError, OSError
        If the file is damaged, the pictures for a report cannot be had, or one cannot be written.
    """
    backend.get(options.device)
    with model_file(options.source) as path:
        saved = load_checkpoint(path)
        model = from_checkpoint(path, options.device)
    if not hasattr(model, "sample"):
        raise UsageError(
            text(
                "cannot generate", source=options.source, model=model.name,
                able=", ".join(GENERATORS),
            )
        )  # fmt: skip
    card = card_in(saved)
    names = card.classes if card else ()
    labels = _labels(model, options, names)
    more = _temperature(model, options)
    learned = _learned(model, card, options) if options.report else None
    prepare(options.out)

    tg.manual_seed(options.seed)
    pictures = draw(model, options.n, labels, **more)
    title = text("samples title", model=model.name, seed=options.seed)
    grid = draw_grid(pictures, labels, names, title, options.out / SAMPLES)
    print(text("generated", count=options.n, source=options.source, path=options.out / SAMPLES))
    if options.each:
        _write_each(pictures, options.out)
    if learned is not None:
        write_report(model, tg.tensor(pictures), labels, grid, learned, options, **more)
    return 0


def _learned(model: Model, card: Card | None, options: Namespace) -> ImageSet:
    """The pictures that a model has learned from."""
    if card is None:
        raise UsageError(text("assess no data", source=options.source))
    learned = load(card.recipe.data, options.offline)
    now = learned.picture_shape, learned.classes
    if now != (model.picture_shape, tuple(card.classes)) or not len(learned.test_images):
        raise UsageError(text("assess other data", source=options.source, name=learned.name))
    return learned


def _labels(model: Model, options: Namespace, names: Sequence[str]) -> list[int] | None:
    """What each picture shall show; None for a model that cannot be told."""
    classes: int | None = getattr(model, "classes", None)
    asked = [options.label] if options.label is not None else options.labels
    if classes is None:
        if asked:
            raise UsageError(text("no labels", source=options.source, model=model.name))
        return None
    if not asked:
        return classes_in_turn(options.n, classes)
    turn = [_label(given, classes, names) for given in asked]
    return [turn[number % len(turn)] for number in range(options.n)]


def _label(given: str, classes: int, names: Sequence[str]) -> int:
    """A class by its name or its number."""
    if given in names:
        return names.index(given)
    if given.isdecimal() and int(given) < classes:
        return int(given)
    known = text("classes named", names=", ".join(names)) if names else ""
    raise UsageError(text("no such label", given=given, last=classes - 1, known=known))


def _temperature(model: Model, options: Namespace) -> dict[str, float]:
    if options.temperature is None:
        return {}
    if not isinstance(model, Autoregressive):
        raise UsageError(text("no temperature", source=options.source, model=model.name))
    return {"temperature": options.temperature}


def _write_each(pictures: np.ndarray, folder: Path) -> None:
    """Every picture in its own size in a file of its own, whole or not at all."""
    from PIL import Image

    digits = len(str(len(pictures) - 1))
    paths = [folder / f"sample-{number:0{digits}}.png" for number in range(len(pictures))]
    for picture, path in zip(np.rint(pictures * 255).astype(np.uint8), paths, strict=True):
        grey = len(picture) == 1
        with whole_file(path) as file:
            Image.fromarray(picture[0] if grey else picture.transpose(1, 2, 0)).save(file, "PNG")
    print(text("generated each", first=paths[0], last=paths[-1].name))
