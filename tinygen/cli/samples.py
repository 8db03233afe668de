"""Drawn data that are no pictures with a class each: ``tinygen data`` shows as many as fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tinygen import data
from tinygen.io.messages import text

__all__ = ["SAMPLES", "Sample"]

PICTURES = 12
POINTS = 2000


class Sample(NamedTuple):
    """A line of ``tinygen data list``, and how to show it.

    Attributes
    ----------
    shape : tuple of int
        Of one of them.
    amount : int
        How many are shown.
    draw : callable
        Draws them by a seed, and writes a picture of them into a file.
    """

    shape: tuple[int, ...]
    amount: int
    draw: Callable[[int, Path], None]


def _ring(seed: int, path: Path) -> None:
    from tinygen.plots import latent_codes, save_figure

    figure = latent_codes(data.draw_ring(POINTS, seed).points, title=text("about ring"))
    figure.axes[0].set(xlabel="x", ylabel="y")  # these are no codes of pictures
    save_figure(figure, path)


def _canvases(seed: int, path: Path) -> None:
    from tinygen.plots import draw_boxes

    drawn = data.draw_canvases(PICTURES, seed)
    draw_boxes(
        drawn.images, drawn.boxes, drawn.labels, names=data.DIGITS, columns=4,
        title=text("about canvases"), file=path,
    )  # fmt: skip


def _strips(seed: int, path: Path) -> None:
    from tinygen.plots import image_grid

    drawn = data.draw_strips(PICTURES, seed)
    image_grid(drawn.images, columns=3, titles=drawn.texts, title=text("about strips"), file=path)


SAMPLES = {
    "ring": Sample((2,), POINTS, _ring),
    "canvases": Sample((1, 64, 64), PICTURES, _canvases),
    "strips": Sample((1, 28, 168), PICTURES, _strips),
}
"""By the names that the command line uses."""
