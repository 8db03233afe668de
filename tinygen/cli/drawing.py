"""Pictures that a model draws, and the grid that shows them: for all commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tinygen as tg
from tinygen.io.messages import text
from tinygen.tasks.generate import generate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SAMPLES", "classes_in_turn", "draw", "draw_grid", "show"]

SAMPLES = "samples.png"
"""The file of the grid."""

SHOWN = 64
"""Pictures in the grid of a model without classes."""

ACROSS = 12
"""So many classes at most have a column of the grid each."""

ROWS = 8


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
