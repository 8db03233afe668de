"""The pictures of the demo, each drawn from what a model came to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygen import metrics
from tinygen.cli.demo_models import (
    SHOWN,
    Completing,
    Drawing,
    Packing,
    Reading,
    Results,
    examples,
)
from tinygen.io.messages import text
from tinygen.train.recipe import pictures_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DRAWINGS", "Illustration", "overview"]

ACROSS = 12
"""So many classes at most have a column each."""

BLANK = np.array([226, 222, 214], np.uint8)
"""Where nothing is known."""

NEW = np.array([0, 114, 178], np.uint8)
"""The ink of what a model added, the blue of the other pictures."""


# ---- the CNN -----------------------------------------------------------------------------------


def _predictions(result: Reading) -> Figure:
    from tinygen.plots import plot_predictions

    pictures = result.learned.study.pictures
    title = text("page predictions title", name=pictures.name, accuracy=result.scores.accuracy)
    return plot_predictions(
        pictures.test_images, pictures.test_labels, result.probabilities, title, pictures.classes
    )


def _loss(result: Reading) -> Figure:
    from tinygen.plots import loss_curves

    values = result.learned.losses
    return loss_curves({"step": range(1, len(values) + 1), "loss": values}, log=True)


def _confusion(result: Reading) -> Figure:
    from tinygen.plots import confusion_matrix

    pictures, guesses = result.learned.study.pictures, result.probabilities.argmax(axis=1)
    counts = metrics.confusion_matrix(
        pictures.test_labels, guesses, labels=range(len(pictures.classes))
    )
    return confusion_matrix(counts, names=pictures.classes)


def _filters(result: Reading) -> Figure:
    from tinygen.plots import filters

    return filters(result.learned.model.get_submodule("convolutions.0"))


def _first_maps(result: Reading) -> Figure:
    return _maps(result, "convolutions.2")


def _second_maps(result: Reading) -> Figure:
    return _maps(result, "convolutions.5")


def _maps(result: Reading, layer: str) -> Figure:
    from tinygen.plots import activations

    images = result.learned.study.pictures.test_images
    picture = pictures_of(images[:1]).astype(np.float32) / 255
    return activations(result.learned.model, layer, picture)


def _calibration(result: Reading) -> Figure:
    from tinygen.plots import reliability_diagram

    labels = result.learned.study.pictures.test_labels
    return reliability_diagram(labels, result.probabilities)


# ---- the VAE -----------------------------------------------------------------------------------


def _reconstructions(result: Packing) -> Figure:
    rows = {"picture given": on_paper(result.given), "picture rebuilt": on_paper(result.rebuilt)}
    return _rows(rows)


def _inventions(result: Packing) -> Figure:
    from tinygen.plots.table import Table

    inked = on_paper(result.invented)
    return Table(inked.reshape(-1, SHOWN, *inked.shape[1:]), outlined=True).draw()


# ---- the GAN -----------------------------------------------------------------------------------


def _grid_by_class(result: Drawing) -> Figure:
    """A column for each of few classes; the classes of many in turn, each with its name."""
    from tinygen.plots.table import Table

    names = result.learned.study.pictures.classes
    columns, rows = (len(names), 6) if len(names) <= ACROSS else (ACROSS, 6)
    count = columns * rows
    inked = on_paper(result.images[:count] / 255)
    told = [names[label] for label in result.labels[:count]]
    return Table(
        inked.reshape(rows, columns, *inked.shape[1:]),
        column_labels=told[:columns] if len(names) <= ACROSS else (),
        labels=() if len(names) <= ACROSS else told,
        framed=_misread(result, count, columns),
        outlined=True,
    ).draw()


def _misread(result: Drawing, count: int, columns: int) -> set[tuple[int, int]]:
    """The places of pictures in which the CNN did not read what was meant."""
    if result.guesses is None:
        return set()
    wrong = np.flatnonzero(result.guesses[:count] != result.labels[:count])
    return {(place // columns, place % columns) for place in wrong.tolist()}


# ---- the RNN -----------------------------------------------------------------------------------


def _completions(result: Completing) -> Figure:
    rows = {"picture upper": _upper_half(result)}
    for number, name in enumerate(("picture ending", "picture another", "picture third")):
        rows[name] = _continued(result, number)
    return _rows({**rows, "picture real": on_paper(result.given)})


def _upper_half(result: Completing) -> np.ndarray:
    """What the RNN was shown."""
    inked = on_paper(result.given)
    inked[:, result.kept :] = BLANK
    return inked


def _continued(result: Completing, number: int) -> np.ndarray:
    """What it made of that, its own ink in blue."""
    lights = result.completed[number]
    inked = on_paper(lights)
    own = lights[:, 0, result.kept :] > 0
    inked[:, result.kept :][own] = NEW
    return inked


# ---- all of them -------------------------------------------------------------------------------


class Illustration(NamedTuple):
    """How a picture is drawn, and where it belongs."""

    family: str
    draw: Callable[[Any], Figure]
    """From the family's result."""
    chapter: str
    wide: bool = False


DRAWINGS: dict[str, Illustration] = {
    "predictions": Illustration("cnn", _predictions, "cnn", wide=True),
    "vae-reconstructions": Illustration("vae", _reconstructions, "vae"),
    "vae-samples": Illustration("vae", _inventions, "vae"),
    "gan-samples": Illustration("gan", _grid_by_class, "gan"),
    "rnn-completions": Illustration("rnn", _completions, "rnn"),
    "loss": Illustration("cnn", _loss, "inside"),
    "confusion-matrix": Illustration("cnn", _confusion, "inside"),
    "filters": Illustration("cnn", _filters, "inside"),
    "activations-1": Illustration("cnn", _first_maps, "inside"),
    "activations-2": Illustration("cnn", _second_maps, "inside"),
    "calibration": Illustration("cnn", _calibration, "inside"),
}
"""The pictures, by the names of their files, in the order of the page."""


def overview(results: Results) -> Figure:
    """All that was trained at a glance: a picture for the README as well.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Figure
    """
    from tinygen.plots.table import Table

    pictures = results.study.pictures
    chosen = examples(pictures)
    rows: dict[str, np.ndarray] = {}
    labels: dict[str, list[str]] = {}
    if results.cnn is not None:
        rows["overview cnn"] = on_paper(pictures_of(pictures.test_images)[chosen] / 255)
        guesses = results.cnn.probabilities[chosen].argmax(axis=1)
        labels["overview cnn"] = [pictures.classes[guess] for guess in guesses]
    elif results.vae is not None:
        rows["overview vae given"] = on_paper(results.vae.given)
    if results.vae is not None:
        rows["overview vae rebuilt"] = on_paper(results.vae.rebuilt)
        rows["overview vae"] = on_paper(results.vae.invented[:SHOWN])
    if results.gan is not None:
        drawn = _one_of_each(results.gan, pictures.test_labels[chosen])
        rows["overview gan"] = on_paper(results.gan.images[drawn] / 255)
        labels["overview gan"] = [pictures.classes[label] for label in results.gan.labels[drawn]]
    if results.rnn is not None:
        rows["overview rnn given"] = _upper_half(results.rnn)
        rows["overview rnn"] = _continued(results.rnn, 0)
    return Table(
        np.stack(list(rows.values())),
        row_labels=[text(name) for name in rows],
        labels=[name for row in rows for name in labels.get(row, [""] * SHOWN)],
        outlined=True,
        zoom=4,
    ).draw()


def _one_of_each(result: Drawing, wanted: np.ndarray) -> np.ndarray:
    """The places of the first pictures that shall show these classes."""
    return np.array([np.flatnonzero(result.labels == label)[0] for label in wanted])


def _rows(rows: dict[str, np.ndarray]) -> Figure:
    """Pictures of one kind in each row, by the key of its name."""
    from tinygen.plots.table import Table

    return Table(
        np.stack(list(rows.values())), row_labels=[text(name) for name in rows], outlined=True
    ).draw()


def on_paper(images: np.ndarray) -> np.ndarray:
    """Light on dark (N, 1, H, W) from 0 to 1 as dark on light: bytes (N, H, W, 3)."""
    return np.rint(255 * (1 - images)).astype(np.uint8).transpose(0, 2, 3, 1).repeat(3, axis=-1)
