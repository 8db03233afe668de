"""What the commands of the tasks work on: the user's pictures or test pictures, and a model."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

import tinygen as tg
from tinygen import backend, data
from tinygen.cli.arguments import FETCH_SECONDS
from tinygen.cli.checkpoints import model_file
from tinygen.cli.errors import RefusedError, UsageError
from tinygen.cli.sets import load, mnist
from tinygen.data.own import read_mask, read_pictures
from tinygen.io import CheckpointError
from tinygen.io.messages import text
from tinygen.models import MODELS, Model, from_checkpoint
from tinygen.models.pretrained import PRETRAINED
from tinygen.tensors import Tensor

__all__ = [
    "Given", "given_mask", "given_model", "given_pictures", "refusing", "test_pictures_of",
]  # fmt: skip

Shape = tuple[int, int, int]


class Given(NamedTuple):
    """What is worked on.

    Attributes
    ----------
    pictures : float32 Tensor of shape (N, C, H, W)
        From 0 to 1, on the chosen device.
    names : list of str
        Of the pictures, all different.
    labels : int64 array of shape (N,) or None
        What test pictures show; nobody knows it of the user's.
    notes : list of str
        What was done to the user's pictures, or why these are the test pictures.
    source : str
        What they are, in a few words.
    """

    pictures: Tensor
    names: list[str]
    labels: np.ndarray | None
    notes: list[str]
    source: str


def given_pictures(
    options: Namespace, picture_shape: Shape, n: int = 16, fit: str | None = None
) -> Given:
    """The pictures that the user named, all of them, or else the first test pictures.

    Parameters
    ----------
    options : Namespace
        ``images``, ``offline`` and ``device``.
    picture_shape : tuple of int
        Channels, height and width that the model takes.
    n : int
        How many test pictures, if there are so many. They are of MNIST for models of
        (1, 28, 28), drawn digits where MNIST is not to be had; of CIFAR-10 for (3, 32, 32), drawn
        shapes where that is not on this machine.
    fit : {"digit", "line", "whole", "middle"}, optional
        How the user's are fitted in, see :func:`tinygen.data.own.read_pictures`.

    Returns
    -------
    Given

    Raises
    ------
    UsageError
        If no pictures are named and there are no test pictures of this shape.
    DataError, DataNotFoundError, OSError
        If a picture cannot be read, or the files of a data set are damaged.
    """
    if options.images:
        own = read_pictures(options.images, picture_shape, fit)
        pixels, names, labels, notes = own.pictures, own.names, None, own.notes
        source = text("own source")
    else:
        test, notes = _test_pictures(picture_shape, options.offline, n)
        pixels, labels = test.test_images[:n], test.test_labels[:n]
        if pixels.ndim == 3:
            pixels = pixels[:, None]
        names = [f"{number + 1:0{len(str(len(pixels)))}}" for number in range(len(pixels))]
        source = text("own test pictures", name=test.name)
    device = backend.get(options.device).device
    pictures = tg.tensor(pixels.astype(np.float32) / 255, device=device)
    return Given(pictures, names, labels, notes, source)


def test_pictures_of(name: str, options: Namespace, count: int) -> Given:
    """The first test pictures of a set of its own kind, with what is known of them.

    Parameters
    ----------
    name : str
        Of the set of grey pictures.
    options : Namespace
        ``device`` and ``offline``.
    count : int

    Returns
    -------
    Given
        Its labels are those of the set.

    Raises
    ------
    DataError
        If the set is not there.
    """
    found = load(name, options.offline)
    pictures = found.test_images[:count, None].astype(np.float32) / 255
    names = [f"{number + 1:0{len(str(count))}}" for number in range(len(pictures))]
    return Given(
        tg.tensor(pictures, device=options.device), names, found.test_labels[:count], [],
        text("own test pictures", name=found.name),
    )  # fmt: skip


def given_mask(options: Namespace, picture_shape: Shape) -> np.ndarray | None:
    """The mask of ``options.mask``, (H, W), True where pictures are missing; None without one."""
    return None if options.mask is None else read_mask(options.mask, picture_shape)


def given_model(
    options: Namespace,
    default: str | None,
    able: Callable[[Model], bool] | type,
    what: str,
    train: str = "",
) -> Model:
    """The model that the user named, or the one for this task that comes with tinygen.

    Parameters
    ----------
    options : Namespace
        ``model`` (a name of ``PRETRAINED`` or a path, None for the default) and ``device``.
    default : str or None
        A name of ``PRETRAINED``, if one comes with tinygen.
    able : type or callable
        The class of the models that can do the task, or what says of a model whether it can.
    what : str
        What it has to do, to go on after "which cannot", such as "complete pictures".
    train : str
        Which ``tinygen train ...`` makes one.

    Returns
    -------
    Model
        In evaluation mode.

    Raises
    ------
    UsageError
        If there is no such model, or none was named and none comes with tinygen.
    BackendError
        If there is no GPU to be used.
    CheckpointError, OSError
        If the file is damaged, or its model cannot do the task.
    """
    backend.get(options.device)  # says at once why there is no GPU
    source = options.model or default
    if source is None or (options.model is None and source not in PRETRAINED):
        raise UsageError(text("own no model", what=what, train=train))
    with model_file(source) as path:
        model = from_checkpoint(path, options.device)
    if not (isinstance(model, able) if isinstance(able, type) else able(model)):
        raise CheckpointError(
            text("own unable", source=source, model=model.name, what=what, able=_able(able))
        )
    return model


def _able(able: Callable[[Model], bool] | type) -> str:
    """The models that could do it, as far as their class tells."""
    if not isinstance(able, type):
        return ""
    names = [name for name, kind in MODELS.items() if issubclass(kind, able)]
    return text("own able", names=", ".join(names))


@contextmanager
def refusing() -> Iterator[None]:
    """Make one plain line of what a task says of bad input.

    The functions of :mod:`tinygen.tasks` and the models refuse what they cannot work with by a
    ValueError or TypeError that explains itself. Put this around the call of such a function, and
    around nothing else, so that faults of a command itself still show where they are.

    Raises
    ------
    RefusedError
        In the place of a ValueError or TypeError inside of the block.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        raise RefusedError(str(error)) from error


def _test_pictures(shape: Shape, offline: bool, n: int) -> tuple[data.ImageSet, list[str]]:
    """A set with n test pictures, and what is to be said of it."""
    if tuple(shape) == (1, 28, 28):
        try:
            return mnist(offline, text("own fetching", seconds=FETCH_SECONDS)), []
        except data.DataNotFoundError as error:
            digits = data.synthetic_digits(0, n)
            return digits, [text("own no mnist", reason=error.reason)]
    if tuple(shape) == (3, 32, 32):
        try:
            return load("cifar10", offline=True), []
        except data.DataNotFoundError:
            return load("shapes", offline), []
    channels, height, width = shape
    raise UsageError(text("own no test pictures", channels=channels, height=height, width=width))
