"""Moving pictures."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tinygen.io.files import whole_file
from tinygen.plots.images import frames_of, tile_images

if TYPE_CHECKING:
    import os

    from PIL.Image import Image

__all__ = ["save_gif"]

SIDE = 480  # pixels that a moving picture is wide or high, about


def save_gif(
    frames: Any,
    file: str | os.PathLike[str] | IO[bytes],
    seconds: float = 0.15,
    hold: float = 1.0,
    columns: int | None = None,
    padding: int = 2,
    zoom: int | None = None,
) -> Path | None:
    """Write a GIF that plays again and again: each frame one picture, or a grid of them.

    Greys are kept exactly. Colours are brought to 256 that all frames share, so that nothing
    flickers.

    Parameters
    ----------
    frames : sequence of T Tensors or arrays
        Of shape (N, C, H, W), (N, H, W, C) or (N, H, W): the pictures of each time, drawn as a
        grid. For one picture at a time N is 1.
    file : path or binary file
        Where to write it, whole or not at all.
    seconds : float
        How long each frame is shown; GIF counts hundredths.
    hold : float
        How much longer the last one is.
    columns, padding : int
        Of the grid, as for :func:`image_grid`.
    zoom : int, optional
        How many pixels show one; by default so that the picture is some 480 pixels wide.

    Returns
    -------
    Path or None
        Where it is, if it was a path.

    Raises
    ------
    ValueError
        If the shapes differ from frame to frame, or a shape, a range or a time is wrong.
    """
    if seconds < 0.02 or hold < 0:
        raise ValueError(
            "a frame needs 0.02 seconds or more (viewers slow down shorter ones), and hold 0 or "
            f"more; got seconds={seconds} and hold={hold}"
        )
    pages = [tile_images(frame, columns, padding) for frame in frames_of(frames, "save_gif")]
    zoom = zoom or max(1, SIDE // max(pages[0].shape[:2]))
    pages = [page.repeat(zoom, axis=0).repeat(zoom, axis=1) for page in pages]
    first, *rest = _paletted(pages)
    times = [round(seconds * 1000)] * len(pages)
    times[-1] += round(hold * 1000)
    options: dict[str, Any] = {"save_all": True, "append_images": rest, "duration": times}
    if hasattr(file, "write"):
        first.save(file, format="GIF", loop=0, optimize=False, **options)
        return None
    with whole_file(file, "wb") as opened:
        first.save(opened, format="GIF", loop=0, optimize=False, **options)
    return Path(file)


def _paletted(pages: list[np.ndarray]) -> list[Image]:
    """The frames with one palette: the 256 greys, or what suits the colours of all frames."""
    from PIL import Image

    if all((page == page[..., :1]).all() for page in pages):
        return [Image.fromarray(np.ascontiguousarray(page[..., 0])) for page in pages]
    palette = Image.fromarray(np.concatenate(pages)).quantize(256, Image.Quantize.MEDIANCUT)
    plain = Image.Dither.NONE
    return [Image.fromarray(page).quantize(palette=palette, dither=plain) for page in pages]
