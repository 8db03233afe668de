"""How the commands train a classifier: the pictures, the model, the optimizer, the schedule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygen as tg
from tinygen.cli.errors import UsageError
from tinygen.data import Compose, DataLoader, ImageSet, RandomShift, TensorDataset, ToFloat
from tinygen.io import Checkpoint, load_checkpoint
from tinygen.io.messages import text
from tinygen.models import MODELS, create
from tinygen.nn import Module
from tinygen.nn import functional as F
from tinygen.train import Callback, Trainer, accuracy

__all__ = [
    "Card", "Parts", "Recipe", "in_batches", "new_model", "new_trainer", "pictures_of",
    "read_card", "size_of", "split", "training_batches",
]  # fmt: skip

BETAS = (0.7, 0.9)
"""Adam's memories, shorter than usual: a run of a few epochs has no time for long ones."""

SAVE_EVERY = 50
"""Steps between two checkpoints, a matter of seconds: a killed run loses no more."""

MANY = 50_000
"""From so many training pictures on, the last 10,000 are kept for validation."""


@dataclass(frozen=True)
class Recipe:
    """What decides how a training comes out.

    Attributes
    ----------
    model : str
        A name that :func:`tinygen.models.create` knows.
    data : str
        The name of a data set, or the path of a folder of pictures.
    epochs, batch_size : int
    lr : float
        The peak of the learning rate, which rises to it and falls to nearly nothing.
    dropout : float
    shift : int
        By how many pixels the training pictures may be moved, each batch anew.
    use_all : bool
        Learn from all training pictures and validate with none.
    seed : int
        For the first weights, the order of the pictures, and what is done to them.
    """

    model: str = "cnn"
    data: str = "mnist"
    epochs: int = 5
    batch_size: int = 256
    lr: float = 0.006
    dropout: float = 0.0
    shift: int = 0
    use_all: bool = False
    seed: int = 0


class Parts(NamedTuple):
    """Pictures to learn from, and those to watch how it goes; the second may be none."""

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray


def pictures_of(images: np.ndarray) -> np.ndarray:
    """Grey pictures (N, H, W) with an axis for their one channel."""
    return images[:, None] if images.ndim == 3 else images


def split(pictures: ImageSet, use_all: bool) -> Parts:
    """The training pictures in two: to learn from, and for validation.

    Parameters
    ----------
    pictures : ImageSet
    use_all : bool
        Nothing is kept for validation.

    Returns
    -------
    Parts
        Of 50,000 or more the last 10,000 are for validation, of fewer every tenth: a folder of
        pictures is sorted by class, and its last ones are all of one.
    """
    images, labels = pictures_of(pictures.train_images), pictures.train_labels
    kept = np.zeros(len(labels), bool)
    if not use_all:
        kept[slice(-10_000, None) if len(labels) >= MANY else slice(9, None, 10)] = True
    return Parts(images[~kept], labels[~kept], images[kept], labels[kept])


def new_model(recipe: Recipe, images: np.ndarray, classes: int) -> tuple[Module, dict[str, Any]]:
    """A model for these training pictures, and the arguments that it was made with.

    Parameters
    ----------
    recipe : Recipe
        Its seed decides the first weights.
    images : uint8 array of shape (N, C, H, W)
    classes : int

    Returns
    -------
    Module, dict
    """
    mean = images.mean(axis=(0, 2, 3)) / 255
    std = images.std(axis=(0, 2, 3)) / 255
    arguments = {
        "classes": classes,
        "dropout": recipe.dropout,
        "picture_shape": list(images.shape[1:]),
        "mean": mean.tolist(),
        "std": np.where(std > 0, std, 1).tolist(),
    }
    tg.manual_seed(recipe.seed)
    return create(recipe.model, **arguments), arguments


def size_of(model: Module) -> int:
    """How many numbers a model learns."""
    return sum(math.prod(parameter.shape) for parameter in model.parameters())


def new_trainer(
    model: Module,
    recipe: Recipe,
    pictures: int,
    callbacks: Sequence[Callback] = (),
    device: str = "cpu",
    out: Path | None = None,
    progress: str | None = "auto",
    card: Card | None = None,
) -> Trainer:
    """A Trainer with Adam and the one-cycle schedule (L. Smith and N. Topin, 2018).

    Parameters
    ----------
    model : Module
    recipe : Recipe
    pictures : int
        How many there are to learn from, which decides how long the schedule is.
    callbacks, device, out, progress
        As for :class:`tinygen.train.Trainer`.
    card : Card, optional
        What the checkpoints shall say.

    Returns
    -------
    Trainer
    """
    optimizer = tg.optim.Adam(model.parameters(), lr=recipe.lr, betas=BETAS)
    schedule = tg.optim.lr_scheduler.OneCycleLR(
        optimizer,
        recipe.lr,
        total_steps=recipe.epochs * -(-pictures // recipe.batch_size),
        cycle_momentum=False,
    )
    return Trainer(
        model,
        optimizer,
        loss=F.cross_entropy,
        scheduler=schedule,
        metrics={"accuracy": accuracy},
        callbacks=callbacks,
        device=device,
        out=out,
        progress=progress,
        seed=recipe.seed,
        save_every=SAVE_EVERY,
        unit=text("pictures"),
        **(card.contents() if card else {}),
    )


def training_batches(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> DataLoader:
    """Shuffled batches of float pictures from 0 to 1, moved about if the recipe says so.

    Parameters
    ----------
    recipe : Recipe
    images : uint8 array of shape (N, C, H, W)
    labels : int64 array of shape (N,)

    Returns
    -------
    DataLoader
    """
    moved = [RandomShift(recipe.shift, together=True)] if recipe.shift else []
    return DataLoader(
        TensorDataset(images, labels),
        recipe.batch_size,
        shuffle=True,
        seed=recipe.seed,
        transform=Compose([*moved, ToFloat()]),
    )


def in_batches(images: np.ndarray, labels: np.ndarray, batch_size: int = 500) -> DataLoader:
    """Batches of float pictures from 0 to 1, in their order."""
    return DataLoader(TensorDataset(images, labels), batch_size, transform=ToFloat())


# ---- what a checkpoint says of it --------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """What the model of a checkpoint is, and how it is trained.

    Attributes
    ----------
    recipe : Recipe
    arguments : dict
        What :func:`tinygen.models.create` made the model with.
    classes : sequence of str
        What the labels mean.
    """

    recipe: Recipe
    arguments: dict[str, Any]
    classes: Sequence[str]

    def contents(self) -> dict[str, Any]:
        """All of it, as a checkpoint and a Trainer take it."""
        return {
            "architecture": self.recipe.model,
            "arguments": self.arguments,
            "metadata": {"recipe": asdict(self.recipe), "classes": list(self.classes)},
        }


def read_card(path: Path) -> Card:
    """What a checkpoint says of its model.

    Parameters
    ----------
    path : Path
        A checkpoint of ``tinygen train`` or ``tinygen demo``.

    Returns
    -------
    Card

    Raises
    ------
    UsageError
        If it says nothing of it, or nothing that this version knows.
    CheckpointError
        If the file is damaged or something else.
    """
    saved = load_checkpoint(path)
    try:
        recipe = _recipe_of(saved)
        classes = [str(name) for name in saved.metadata["classes"]]
    except (KeyError, TypeError):
        raise UsageError(text("train no recipe", path=path)) from None
    if recipe.model not in MODELS:
        models = ", ".join(MODELS)
        raise UsageError(text("unknown model", path=path, model=recipe.model, models=models))
    return Card(recipe, saved.arguments, classes)


def _recipe_of(saved: Checkpoint) -> Recipe:
    """The recipe in a checkpoint; KeyError or TypeError if there is none."""
    recipe = Recipe(**saved.metadata["recipe"])
    usual = asdict(Recipe())
    if any(type(value) is not type(usual[name]) for name, value in asdict(recipe).items()):
        raise TypeError("a value of another kind")
    return recipe
