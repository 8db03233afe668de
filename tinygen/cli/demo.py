"""``tinygen demo``: a small network learns to read, and a page shows what it learned."""

from __future__ import annotations

import statistics
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygen import __version__, backend, data, metrics
from tinygen.cli.arguments import FETCH_SECONDS
from tinygen.cli.baselines import constant_accuracy, linear_accuracy
from tinygen.cli.cores import say_if_busy
from tinygen.cli.errors import INTERRUPTED
from tinygen.cli.evaluation import Scores, classify, scores_of
from tinygen.cli.output import prepare
from tinygen.cli.page import Page, Picture, Row, render
from tinygen.cli.sets import load
from tinygen.data import ImageSet
from tinygen.io import save_checkpoint, whole_file
from tinygen.io.messages import text
from tinygen.nn import Module
from tinygen.train import Callback, Recipe, Trainer
from tinygen.train.recipe import (
    Card,
    new_model,
    new_trainer,
    pictures_of,
    size_of,
    training_batches,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["run"]

PAGE, MODEL = "index.html", "model.npz"

PEAK_RATE = 0.01


class Expected(NamedTuple):
    """What a data set usually gives with so many epochs, in percent.

    The baselines depend on nothing but the data and the rounding. Of the network it is what the
    seeds 0, 1, 2, ... gave: measured with the settings of the demo on two cores of an AMD EPYC,
    the MNIST ones by ``tinygen demo``, the others by ``tests.numbers.one_epoch``.
    """

    epochs: int
    constant: tuple[float, float]
    linear: tuple[float, float]
    seeds: tuple[float, ...]

    @property
    def network(self) -> tuple[float, float]:
        """Within three standard deviations of the mean lies nearly every other seed."""
        mean, reach = statistics.mean(self.seeds), 3 * statistics.stdev(self.seeds)
        return mean - reach, mean + reach


EXPECTED = {
    "mnist": Expected(
        1, (11.3, 11.4), (85.9, 86.2),
        (99.15, 99.04, 99.03, 98.95, 99.03, 98.91, 99.04, 98.99, 98.89, 98.89),
    ),
    "glyphs": Expected(3, (2.3, 2.5), (47.5, 48.2), (99.00, 98.95, 99.00, 98.95, 98.80)),
}  # fmt: skip


def run(options: Namespace) -> int:
    """Train, test, draw, and write the page.

    Parameters
    ----------
    options : Namespace
        ``epochs`` (None for as many as the data want), ``seed``, ``device``, ``out``, ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If nothing can be written into the folder.
    BackendError
        If there is no GPU to be used.
    DataError, OSError
        If the files of MNIST are there but damaged, or a result cannot be written.
    """
    backend.get(options.device)  # says at once why there is no GPU
    prepare(options.out)
    say_if_busy()
    try:
        finished = _make(options)
    except KeyboardInterrupt:
        finished = False
        print()
    if not finished:
        print(text("demo lost", path=options.out / PAGE))
        return INTERRUPTED
    print(text("demo page", path=options.out / PAGE))
    return 0


def _make(options: Namespace) -> bool:
    """All of it; whether it came to its end."""
    started = time.perf_counter()
    name, pictures = _pictures(options.offline)
    recipe = Recipe(
        data=name,
        epochs=options.epochs or EXPECTED[name].epochs,
        lr=PEAK_RATE,
        use_all=True,
        seed=options.seed,
    )
    images = pictures_of(pictures.train_images)
    model, arguments = new_model(recipe, images, len(pictures.classes))
    print(text("demo model", size=size_of(model)))
    losses = Losses()
    trainer = new_trainer(model, recipe, len(images), [losses], options.device)
    if trainer.fit(
        training_batches(recipe, images, pictures.train_labels), recipe.epochs
    ).interrupted:
        return False
    probabilities = classify(model, pictures.test_images, options.device)
    result = Result(
        recipe, pictures, model, losses, probabilities,
        scores_of(pictures.test_labels, probabilities),
        seconds=sum(trainer.history["seconds"]),
    )  # fmt: skip
    rows = _rows(result)
    _print_table(result, rows)

    print(text("demo drawing"))
    drawn = [_drawn(name, draw, result, options.out) for name, draw in DRAWINGS.items()]
    card = Card(recipe, arguments, pictures.classes)
    save_checkpoint(
        options.out / MODEL, model=model, epoch=trainer.epoch, step=trainer.steps,
        **card.contents(),
    )  # fmt: skip
    with whole_file(options.out / PAGE, "w") as file:
        file.write(render(_page(result, rows, drawn, options.out)))
    print(text("demo time", seconds=time.perf_counter() - started))
    return True


class Losses(Callback):
    """Remembers the loss of each batch."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_batch_end(self, trainer: Trainer) -> None:
        self.values.append(trainer.numbers["loss"])


class Result(NamedTuple):
    """What came out."""

    recipe: Recipe
    pictures: ImageSet
    model: Module
    losses: Losses
    probabilities: np.ndarray
    scores: Scores
    seconds: float


# ---- data --------------------------------------------------------------------------------------


def _pictures(offline: bool) -> tuple[str, ImageSet]:
    """MNIST where it is or can be had, drawn characters otherwise; and say which."""
    print(text("demo looking"))
    try:
        name, pictures = "mnist", _mnist(offline)
    except data.DataNotFoundError as error:
        print(text("demo no mnist offline" if offline else "demo no mnist", reason=error.reason))
        name, pictures = "glyphs", load("glyphs", offline)
    print(
        text(
            "demo data", name=pictures.name, train=len(pictures.train_images),
            test=len(pictures.test_images),
        )
    )  # fmt: skip
    return name, pictures


def _mnist(offline: bool) -> ImageSet:
    try:
        return load("mnist", offline=True)
    except data.DataNotFoundError:
        if offline:
            raise
    print(text("demo fetching", seconds=FETCH_SECONDS), flush=True)
    return load("mnist", offline=False, budget=FETCH_SECONDS)


# ---- the table ---------------------------------------------------------------------------------


def _rows(result: Result) -> list[Row]:
    """The network beside what can be had without one, and what is usual."""
    pictures, epochs = result.pictures, result.recipe.epochs
    usual = EXPECTED[result.recipe.data]
    training = pictures.train_images, pictures.train_labels
    testing = pictures.test_images, pictures.test_labels
    name = "demo network one epoch" if epochs == 1 else "demo network"
    return [
        _row("demo constant", constant_accuracy(training[1], testing[1]), usual.constant),
        _row("demo linear", linear_accuracy(*training, *testing), usual.linear),
        _row(
            name,
            result.scores.accuracy,
            usual.network if _is_usual(result) else None,
            epochs=epochs,
        ),
    ]


def _is_usual(result: Result) -> bool:
    """Whether the network was trained as long as those that it is compared with."""
    return result.recipe.epochs == EXPECTED[result.recipe.data].epochs


def _row(key: str, share: float, span: tuple[float, float] | None, **values: Any) -> Row:
    expected = text("demo unknown") if span is None else text(
        "demo span", low=span[0], high=span[1]
    )  # fmt: skip
    return Row(text(key, **values), text("demo percent", share=share), expected)


def _head(result: Result) -> Sequence[str]:
    return (
        text("demo head model", data=result.pictures.name),
        text("demo head here"),
        text("demo head expected"),
    )


def _note(result: Result) -> str:
    scores, seeds = result.scores, len(EXPECTED[result.recipe.data].seeds)
    note = text("demo interval", total=scores.total, low=scores.low, high=scores.high)
    return note + "\n" + text("demo seeds", seeds=seeds) if _is_usual(result) else note


def _print_table(result: Result, rows: Sequence[Row]) -> None:
    lines = [_head(result), *((row.what, row.here, row.expected) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    print()
    for what, here, expected in lines:
        print(f"  {what:<{widths[0]}}  {here:>{widths[1]}}  {expected:>{widths[2]}}")
    print(f"\n{_note(result)}\n")


# ---- the pictures ------------------------------------------------------------------------------


def _predictions(result: Result) -> Figure:
    from tinygen.plots import plot_predictions

    pictures = result.pictures
    title = text("page predictions title", name=pictures.name, accuracy=result.scores.accuracy)
    return plot_predictions(
        pictures.test_images, pictures.test_labels, result.probabilities, title, pictures.classes
    )


def _loss(result: Result) -> Figure:
    from tinygen.plots import loss_curves

    values = result.losses.values
    return loss_curves({"step": range(1, len(values) + 1), "loss": values}, log=True)


def _confusion(result: Result) -> Figure:
    from tinygen.plots import confusion_matrix

    guesses, classes = result.probabilities.argmax(axis=1), result.pictures.classes
    counts = metrics.confusion_matrix(
        result.pictures.test_labels, guesses, labels=range(len(classes))
    )
    return confusion_matrix(counts, names=classes)


def _filters(result: Result) -> Figure:
    from tinygen.plots import filters

    return filters(result.model.get_submodule("convolutions.0"))


def _first_maps(result: Result) -> Figure:
    return _maps(result, "convolutions.2")


def _second_maps(result: Result) -> Figure:
    return _maps(result, "convolutions.5")


def _maps(result: Result, layer: str) -> Figure:
    from tinygen.plots import activations

    picture = pictures_of(result.pictures.test_images[:1]).astype(np.float32) / 255
    return activations(result.model, layer, picture)


def _calibration(result: Result) -> Figure:
    from tinygen.plots import reliability_diagram

    return reliability_diagram(result.pictures.test_labels, result.probabilities)


DRAWINGS: dict[str, Callable[[Result], Figure]] = {
    "predictions": _predictions,
    "loss": _loss,
    "confusion-matrix": _confusion,
    "filters": _filters,
    "activations-1": _first_maps,
    "activations-2": _second_maps,
    "calibration": _calibration,
}
"""The pictures, by the names of their files, in the order of the page."""


def _drawn(name: str, draw: Callable[[Result], Figure], result: Result, out: Path) -> Picture:
    """Draw a picture, save it, and say what is to be seen in it."""
    from tinygen.plots import save_figure

    figure = draw(result)
    save_figure(figure, out / f"{name}.png")
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    return Picture(name, width, height, text(f"page {name} caption", **_facts(result)))


# ---- the page ----------------------------------------------------------------------------------


def _facts(result: Result) -> dict[str, Any]:
    """What the words of the page may speak of."""
    scores, classes = result.scores, result.pictures.classes
    return {
        "name": result.pictures.name,
        "train": len(result.pictures.train_images),
        "epochs": result.recipe.epochs,
        "seconds": result.seconds,
        "size": size_of(result.model),
        "classes": len(classes),
        "ignorance": np.log(len(classes)),
        "wrong": scores.total - scores.right,
        "total": scores.total,
        "accuracy": scores.accuracy,
        "calibration": scores.calibration,
        "example": classes[result.pictures.test_labels[0]],
        "seed": result.recipe.seed,
        "version": __version__,
    }


def _page(result: Result, rows: Sequence[Row], drawn: Sequence[Picture], out: Path) -> Page:
    facts = _facts(result)

    def say(key: str) -> str:
        return text(key, **facts, folder=out)

    is_real = result.pictures.is_real
    return Page(
        lead=say("page lead real" if is_real else "page lead drawn"),
        facts=[
            (say(f"page fact {name} number"), say(f"page fact {name}"))
            for name in ("right", "wrong", "size", "time")
        ],
        table_head=_head(result),
        rows=rows,
        table_note=_note(result),
        first=drawn[0],
        pictures=drawn[1:],
        commands=[
            (say(f"page command {name}"), say(f"page command {name} does"))
            for name in ("again", "better", "evaluate", "own", "help")
        ],
        footer=say("page footer"),
    )
