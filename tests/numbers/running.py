"""What the rows of the table have in common: a run, its training, the formats of numbers.

A row is a function of a :class:`Run`. It trains by the recipe that ``tinygen train`` would use,
into the run's folder, from which an interrupted training goes on; looks at the test pictures once;
and returns its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.numbers import judging
from tinygen import data
from tinygen.data.sets import classes_in
from tinygen.plots import image_grid
from tinygen.train import Trainer
from tinygen.train.recipe import (
    RECIPES,
    Card,
    Recipe,
    new_model,
    new_trainer,
    pictures_of,
    training_batches,
)

__all__ = [
    "JUDGED", "NATS", "PLAIN", "SHARE", "Numbers", "Row", "Run", "mnist", "seconds", "train",
]  # fmt: skip

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    seed : int
    folder : Path
        Of its checkpoints.
    pictures : Path
        Where a picture for people is written; of the first seed only.
    short : bool
        A few steps only, to see whether everything works.
    """

    seed: int
    folder: Path
    pictures: Path
    short: bool = False

    def recipe(self, name: str, **changes: Any) -> Recipe:
        recipe = replace(RECIPES[name], use_all=True, seed=self.seed, **changes)
        return replace(recipe, epochs=1) if self.short else recipe

    def images(self, images: np.ndarray) -> np.ndarray:
        return images[:2000] if self.short else images

    def show(self, name: str, pictures: Any, columns: int = 10) -> None:
        if self.seed == 0 and not self.short:
            image_grid(pictures, columns=columns, zoom=2, file=self.pictures / f"{name}.png")


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    title : str
    seeds : int
        How many, from 0 on.
    minutes : float
        How long a seed may take.
    wanted : str
        What shall be reached.
    run : callable
        From a :class:`Run` to its numbers.
    shown : mapping of str to str
        The numbers in the table, with their formats.
    """

    title: str
    seeds: int
    minutes: float
    wanted: str
    run: Callable[[Run], Numbers]
    shown: Mapping[str, str]


def train(run: Run, recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> tuple[Any, Trainer]:
    """Train by a recipe, or go on where the run's folder says that it was stopped."""
    pictures, labels = run.images(pictures_of(images)), run.images(labels)
    classes = int(classes_in(labels).max()) + 1
    model, arguments = new_model(recipe, pictures, classes)
    card = Card(recipe, arguments, [str(label) for label in range(classes)])
    trainer = new_trainer(model, recipe, len(pictures), out=run.folder, progress=None, card=card)
    trainer.fit(training_batches(recipe, pictures, labels), recipe.epochs, resume="auto")
    model.eval()
    return model, trainer


def seconds(trainer: Trainer) -> float:
    return float(sum(trainer.history["seconds"]))


def mnist() -> data.ImageSet:
    return judging.mnist()


# ---- formats -----------------------------------------------------------------------------------

NATS, SHARE, PLAIN = "{:.1f}", "{:.1%}", "{:.2f}"
JUDGED = {"fid": PLAIN, "tv": "{:.3f}", "floor": PLAIN, "nearer to train": SHARE, "expected": SHARE}
