"""``tinygen retrieve``: the pictures of a collection that are most like a given one."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tinygen.cli.options import Commands, at_least
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    import numpy as np

    from tinygen.cli.tasks.inputs import Given
    from tinygen.data import ImageSet
    from tinygen.tasks.features import Features
    from tinygen.tensors import Tensor

__all__ = ["add_arguments", "run", "training_pictures"]

MODEL = "judge"
"""The model that comes with tinygen and whose features are compared."""

TRAINING = "mnist"
"""The collection that is searched if no folder is named."""

GALLERY = 10_000
"""Training pictures that are searched at most."""

COUNT = 200
"""Test pictures that are searched for."""

SHOWN = 12
"""Searches on the page; of test pictures no more are written either."""

CUT_OFF = 1000
"""So many results count for the mean average precision."""

DRAWN, SEED = 2000, 1
"""Digits that are drawn where MNIST is not found, and the seed: not that of the test pictures."""


class Collection(NamedTuple):
    """What is searched: pictures, their names, what they show if it is known, and what to say."""

    pictures: Tensor
    names: list[str]
    labels: np.ndarray | None
    notes: list[str]


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    retrieve = task_command(commands, "retrieve")
    retrieve.add_argument(
        "--gallery", default=TRAINING, metavar="FOLDER",
        help=text("retrieve help gallery", default=TRAINING),
    )  # fmt: skip
    retrieve.add_argument(
        "--k", type=at_least(1), default=10, metavar="K", help=text("retrieve help k", default=10)
    )
    retrieve.add_argument(
        "--metric", choices=("l2", "cosine"), default="cosine", help=text("retrieve help metric")
    )


def run(options: Namespace) -> int:
    """Search a collection for what is like the user's pictures, or like test pictures.

    Parameters
    ----------
    options : Namespace
        ``images``, ``gallery``, ``k``, ``metric``, ``model``, ``out``, ``seed``, ``device`` and
        ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model, or nothing to look for.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import Report
    from tinygen.models import Model
    from tinygen.tasks.features import features_of
    from tinygen.tasks.retrieve import Gallery

    model = given_model(options, MODEL, Model, text("retrieve to compare"), "tinygen train cnn")
    given = given_pictures(options, model.picture_shape, COUNT)
    collection = _collection(options, model.picture_shape)
    report = Report(
        "retrieve",
        options.out,
        text("retrieve title"),
        text(
            "retrieve lead", count=len(given.pictures), source=given.source,
            size=len(collection.pictures), gallery=options.gallery, model=model.name,
        ),
    )  # fmt: skip
    with refusing():
        features = features_of(model)
        gallery = Gallery(collection.pictures, features, collection.labels, options.metric)
        found = gallery.search(given.pictures, options.k)
    report.numbers(
        model=model.name, source=given.source, gallery=options.gallery, metric=options.metric,
        searches=[
            {"name": name, "found": [collection.names[place] for place in places],
             "distances": distances}
            for name, places, distances in zip(
                given.names, found.indices, found.distances.tolist(), strict=True
            )
        ],
    )  # fmt: skip
    if given.labels is not None and collection.labels is not None:
        _compare(report, given, collection, features, options)
    _show(report, given, collection, found.indices)
    for note in (*given.notes, *collection.notes):
        report.note(note)
    report.save()
    return 0


# ---- what is searched --------------------------------------------------------------------------


def training_pictures(picture_shape: tuple[int, int, int], offline: bool) -> ImageSet:
    """The set whose test pictures commands work on, with pictures to learn from.

    Parameters
    ----------
    picture_shape : tuple of int
    offline : bool
        Never ask the network.

    Returns
    -------
    ImageSet
        MNIST for (1, 28, 28), drawn digits where it is not to be had; CIFAR-10 for (3, 32, 32),
        drawn shapes where it is not on this machine.

    Raises
    ------
    UsageError
        If there is no set of this shape.
    DataError, OSError
        If files are damaged.
    """
    from tinygen import data
    from tinygen.cli.arguments import FETCH_SECONDS
    from tinygen.cli.errors import UsageError
    from tinygen.cli.sets import load, mnist

    if tuple(picture_shape) == (1, 28, 28):
        try:
            return mnist(offline, text("own fetching", seconds=FETCH_SECONDS))
        except data.DataNotFoundError:
            return data.synthetic_digits(DRAWN, 0, SEED)
    if tuple(picture_shape) == (3, 32, 32):
        try:
            return load("cifar10", offline=True)
        except data.DataNotFoundError:
            return load("shapes", offline)
    channels, height, width = picture_shape
    raise UsageError(text("retrieve no gallery", channels=channels, height=height, width=width))


def _collection(options: Namespace, picture_shape: tuple[int, int, int]) -> Collection:
    """The training pictures, or those of the user's folder."""
    import numpy as np

    import tinygen as tg
    from tinygen.data import read_pictures
    from tinygen.train.recipe import pictures_of

    if options.gallery == TRAINING:
        asked = options.offline or not options.images  # then the network was asked already
        known = training_pictures(picture_shape, offline=asked)
        images = pictures_of(known.train_images[:GALLERY])
        labels: np.ndarray | None = known.train_labels[:GALLERY]
        names = [
            text("retrieve training", number=number + 1, name=known.classes[label])
            for number, label in enumerate(known.train_labels[:GALLERY])
        ]
        notes = [text("retrieve searched", count=len(images), name=known.name)]
    else:
        own = read_pictures([Path(options.gallery)], picture_shape)
        images, labels, names = own.pictures, None, own.names
        notes = [text("retrieve in gallery", note=note) for note in own.notes]
    pictures = tg.tensor(images.astype(np.float32) / 255, device=options.device)
    return Collection(pictures, names, labels, notes)


# ---- what was found ----------------------------------------------------------------------------


def _show(report: Any, given: Given, collection: Collection, indices: np.ndarray) -> None:
    """A row of pictures for each search: what was looked for, and what was found."""
    import tinygen as tg

    count = len(given.names) if given.labels is None else min(SHOWN, len(given.names))
    if given.labels is None:
        for name, places in zip(given.names, indices, strict=True):
            found = ", ".join(collection.names[place] for place in places)
            print(text("retrieve found", name=name, found=found))
    columns = {text("retrieve query"): given.pictures[:count]}
    for rank in range(indices.shape[1]):
        places = tg.tensor(indices[:count, rank], device=collection.pictures.device)
        columns[str(rank + 1)] = collection.pictures[places]
    report.pictures(
        text("retrieve heading"), text("retrieve caption"), columns, given.names[:count]
    )


# ---- how good that is --------------------------------------------------------------------------


def _compare(
    report: Any, given: Given, collection: Collection, features: Features, options: Namespace
) -> None:
    """Scores beside those of pixels, and of their principal components of equal number."""
    from tinygen.cli.tables import print_table
    from tinygen.tasks.features import pixels, reduced
    from tinygen.tasks.retrieve import Gallery, retrieval_scores

    size = min(features(given.pictures[:1]).shape[1], pixels(given.pictures[:1]).shape[1])
    size = min(size, len(collection.pictures) - 1)
    kinds: dict[str, Features] = {
        "retrieve pixels": pixels,
        "retrieve components": reduced(pixels, collection.pictures, size),
        "retrieve model": features,
    }
    scores = {
        key: retrieval_scores(
            Gallery(collection.pictures, kind, collection.labels, options.metric),
            given.pictures, given.labels, options.k, CUT_OFF,
        )
        for key, kind in kinds.items()
    }  # fmt: skip
    cells = {key: [text("retrieve share", value=value) for value in score]
             for key, score in scores.items()}  # fmt: skip
    head = [text("retrieve column what"), text("retrieve column precision", k=options.k),
            text("retrieve column map")]  # fmt: skip
    rows = [[text(key), *row] for key, row in cells.items()]
    report.table(text("retrieve heading numbers", count=len(given.names)), head, rows,
                 text("retrieve note numbers", cutoff=CUT_OFF, size=size))  # fmt: skip
    report.numbers(
        k=options.k, components=size,
        scores={key.removeprefix("retrieve "): score._asdict() for key, score in scores.items()},
    )  # fmt: skip
    print(text("retrieve measured", k=options.k))
    print_table({key: row[0] for key, row in cells.items()})
