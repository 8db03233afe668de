"""Pictures beside each other: grids, differences, film strips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.plots.host import host, images_of
from tinygen.plots.style import File, diverging_map, finished
from tinygen.plots.table import Scale, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["before_after_difference", "film_strip", "image_grid", "tile_images"]

ACROSS = 12  # more pictures than these stand below each other


def image_grid(
    images: Any,
    columns: int | None = None,
    titles: Sequence[Any] | None = None,
    title: str = "",
    padding: int = 2,
    zoom: int | None = None,
    file: File = None,
) -> Figure:
    """Pictures in rows, each pixel a sharp square.

    Parameters
    ----------
    images : Tensor or array of shape (N, C, H, W), (N, H, W, C) or (N, H, W)
        One or three channels; floats from 0 to 1, or ``uint8``.
    columns : int, optional
        Pictures in a row; by default up to ten in one row, more in a square.
    titles : sequence, optional
        Something to write above each picture, such as its label.
    title : str
        Above all.
    padding : int
        Pixels of a picture between two.
    zoom : int, optional
        How many pixels of the page show one of a picture; by default the grid fills a column.
    file : path or binary file, optional
        Where to save it, whole or not at all; the ending names the format.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shape or the range is another one, or there is not a title for each picture.
    TypeError
        If the type is neither a float nor ``uint8``.
    """
    pictures = images_of(images, "image_grid")
    count = len(pictures)
    if titles is not None and len(titles) != count:
        raise ValueError(f"image_grid got {len(titles)} titles for {count} images: pass {count}")
    table = Table(
        in_rows(pictures, columns_of(columns, count, "image_grid")),
        count=count,
        title=title,
        labels=[str(host(name)) for name in titles] if titles is not None else (),
        padding=_padding(padding, "image_grid"),
        zoom=zoom,
    )
    return finished(table.draw(), file)


def tile_images(
    images: Any, columns: int | None = None, padding: int = 2, background: int = 255
) -> np.ndarray:
    """One picture with all of them in rows, without words.

    Parameters
    ----------
    images : Tensor or array of shape (N, C, H, W), (N, H, W, C) or (N, H, W)
        As for :func:`image_grid`.
    columns : int, optional
        Pictures in a row.
    padding : int
        Pixels between two.
    background : int
        The shade between them, from 0 to 255.

    Returns
    -------
    uint8 array of shape (height, width, 3)

    Raises
    ------
    ValueError
        If the shape or the range is another one.
    """
    pictures = images_of(images, "tile_images")
    gap = _padding(padding, "tile_images")
    rows = in_rows(pictures, columns_of(columns, len(pictures), "tile_images"), background)
    count, across, height, width, _ = rows.shape
    page = np.full((count, height + gap, across, width + gap, 3), background, np.uint8)
    page[:, :height, :, :width] = rows.transpose(0, 2, 1, 3, 4)
    whole = page.reshape(count * (height + gap), across * (width + gap), 3)
    return whole[: whole.shape[0] - gap, : whole.shape[1] - gap]


def before_after_difference(
    before: Any,
    after: Any,
    names: tuple[str, str] = ("before", "after"),
    limit: float | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """What was changed: pictures before, after, and the signed difference, with its scale.

    Blue is darker than before, orange is lighter, white is the same. Of colours the difference is
    the mean of the three channels' differences.

    Parameters
    ----------
    before, after : Tensors or arrays of one shape
        (N, C, H, W), (N, H, W, C) or (N, H, W); as for :func:`image_grid`.
    names : pair of str
        What to call them.
    limit : float, optional
        The difference that gets the strongest colour; by default the largest there is. Set it to
        compare several figures.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        A picture is a column; of more than twelve, a row.

    Raises
    ------
    ValueError
        If the shapes differ, or the shape or range is another one.
    """
    first = images_of(before, "before_after_difference", "before")
    second = images_of(after, "before_after_difference", "after")
    if first.shape != second.shape:
        raise ValueError(
            "before_after_difference compares pixel by pixel, got images of shapes "
            f"{host(before).shape} and {host(after).shape}: resize one to the other"
        )
    difference = (second.astype(np.float64) - first).mean(axis=-1) / 255
    most = float(np.abs(difference).max()) or 1.0
    if limit is not None and not limit > 0:
        raise ValueError(f"limit is the size of a difference, above 0; got {limit}")
    scale = Scale(diverging_map(), -(limit or most), limit or most, "after − before")
    kinds = np.stack([first, second, coloured(difference, scale)])
    table = Table(kinds, title=title, scale=scale, outlined=True)
    table.row_labels = (*names, "difference")
    if len(first) > ACROSS:
        table.pictures = kinds.swapaxes(0, 1)
        table.column_labels, table.row_labels = table.row_labels, ()
    return finished(table.draw(), file)


def film_strip(
    samples: Any,
    times: Sequence[Any] | None = None,
    columns: int = 10,
    title: str = "",
    unit: str = "epoch",
    file: File = None,
) -> Figure:
    """How samples changed while a model was trained: time runs to the right.

    Draw the samples of all times from the same noise: then each row is one sample that grows.

    Parameters
    ----------
    samples : sequence of T Tensors or arrays
        The samples of each time: (N, C, H, W), (N, H, W, C) or (N, H, W), all of one shape.
    times : sequence of length T, optional
        When they were drawn; by default 1, 2, 3, ...
    columns : int
        How many times are shown at most, evenly chosen with the first and the last among them.
    title : str
        Above all.
    unit : str
        What the times count.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shapes differ from time to time, or the shape or range is another one.
    """
    frames = frames_of(samples, "film_strip")
    names = list(range(1, len(frames) + 1)) if times is None else list(times)
    if len(names) != len(frames):
        raise ValueError(f"film_strip got {len(names)} times for {len(frames)} sets of samples")
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(columns, len(frames))).round())
    places = chosen.astype(int).tolist()
    labels = [str(host(names[place])) for place in places]
    strip = np.stack([frames[place] for place in places], axis=1)
    table = Table(strip, title=title, column_labels=labels, corner=unit)
    return finished(table.draw(), file)


# ---- parts that others use -------------------------------------------------------------------


def frames_of(samples: Any, caller: str) -> list[np.ndarray]:
    """The pictures of each time, (N, H, W, 3) bytes, all of one shape."""
    frames = [images_of(pictures, caller, "samples") for pictures in samples]
    if not frames:
        raise ValueError(f"{caller} got no samples: pass those of one time at least")
    shapes = [frame.shape[:3] for frame in frames]
    if len(set(shapes)) > 1:
        odd = next(number for number, shape in enumerate(shapes) if shape != shapes[0])
        raise ValueError(
            f"{caller} wants as many samples of one size every time, got {shapes[0]} (N, H, W) "
            f"first and {shapes[odd]} in place {odd}: draw them from the same noise"
        )
    return frames


def coloured(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Values as colours of a scale: bytes, with a last axis of 3 more."""
    share = (np.asarray(values, np.float64) - scale.low) / (scale.high - scale.low)
    return (scale.colours(share.clip(0, 1))[..., :3] * 255 + 0.5).astype(np.uint8)


def balanced(count: int, columns: float) -> int:
    """About so many columns, and no more than fill the rows that they need."""
    rows = math.ceil(count / math.ceil(columns))
    return math.ceil(count / rows)


def columns_of(columns: int | None, count: int, caller: str) -> int:
    """How many pictures stand in a row: as asked for, or all of few, or a square of many."""
    if columns is None:
        return count if count <= 10 else balanced(count, math.sqrt(count))
    if columns < 1:
        raise ValueError(f"{caller} needs at least one column, got {columns}")
    return min(columns, count)


def _padding(padding: int, caller: str) -> int:
    if padding < 0:
        raise ValueError(f"{caller} got padding {padding}: images cannot overlap, use 0 or more")
    return int(padding)


def in_rows(pictures: np.ndarray, columns: int, background: int = 255) -> np.ndarray:
    """(N, H, W, 3) as (rows, columns, H, W, 3), the last row filled up."""
    missing = -len(pictures) % columns
    empty = np.full((missing, *pictures.shape[1:]), background, np.uint8)
    return np.concatenate([pictures, empty]).reshape(-1, columns, *pictures.shape[1:])
