"""``tinygen generate``, and how all commands draw pictures with a model."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tinygen as tg
from tinygen import backend
from tinygen.cli.checkpoints import GENERATORS, model_file
from tinygen.cli.errors import UsageError
from tinygen.cli.output import prepare
from tinygen.cli.sets import load
from tinygen.data import ImageSet
from tinygen.io import load_checkpoint, whole_file
from tinygen.io.messages import text
from tinygen.models import Model, from_checkpoint
from tinygen.models.made import Autoregressive
from tinygen.tasks.generate import generate
from tinygen.train.recipe import Card, card_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SAMPLES", "classes_in_turn", "draw", "draw_grid", "run", "show"]

SAMPLES = "samples.png"
"""The file of the grid."""

SHOWN = 64
"""Pictures in the grid of a model without classes."""

ACROSS = 12
"""So many classes at most have a column of the grid each."""

ROWS = 8


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
        from tinygen.cli.tasks.assessing import write_report

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


# ---- for all commands --------------------------------------------------------------------------


def classes_in_turn(count: int, classes: int) -> list[int]:
    """The labels 0, 1, 2, ... and again from 0 on."""
    return [number % classes for number in range(count)]


def draw(model: Any, count: int, labels: Sequence[int] | None, **options: Any) -> np.ndarray:
    """New pictures of a model, with the noise of :func:`tinygen.manual_seed`.

    Parameters
    ----------
    model : Model
        One with a method ``sample``.
    count : int
    labels : sequence of int, optional
        Of that length, for a conditional model.
    **options
        What else ``sample`` shall be told.

    Returns
    -------
    float32 array of shape (count, C, H, W)
        From 0 to 1.
    """
    return generate(model, count, labels, **options).numpy()


def draw_grid(
    pictures: np.ndarray,
    labels: Sequence[int] | None,
    names: Sequence[str],
    title: str,
    path: Path,
) -> Figure:
    """Draw pictures in rows; if they show classes in turn, each class has its column.

    Parameters
    ----------
    pictures : array of shape (N, C, H, W)
    labels : sequence of int, optional
        What they show.
    names : sequence of str
        Of the classes; may be empty.
    title : str
    path : Path

    Returns
    -------
    matplotlib.figure.Figure
    """
    from tinygen.plots import image_grid

    columns = titles = None
    if labels is not None:
        turn = len(set(labels))
        columns = turn if 1 < turn <= ACROSS else None
        titles = [names[label] if names else label for label in labels]
    return image_grid(pictures, columns=columns, titles=titles, title=title, file=path)


def show(model: Any, names: Sequence[str], seed: int, folder: Path) -> Path:
    """Draw some pictures of a model into ``samples.png``: of each class as many.

    Parameters
    ----------
    model : Model
        One with a method ``sample``.
    names : sequence of str
        Of the classes of the data.
    seed : int
        Of the noise.
    folder : Path

    Returns
    -------
    Path
        The file.
    """
    classes: int | None = model.classes
    count = ROWS * classes if classes and classes <= ACROSS else SHOWN
    labels = None if classes is None else classes_in_turn(count, classes)
    tg.manual_seed(seed)
    title = text("samples title", model=model.name, seed=seed)
    path = folder / SAMPLES
    draw_grid(draw(model, count, labels), labels, names, title, path)
    return path
