"""Pictures of the user's, brought to the shape that a model takes; and masks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tinygen.data.decoding import Decoded, decode
from tinygen.data.sets import DataError, DataNotFoundError
from tinygen.io.messages import text

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = ["FITS", "OwnPictures", "read_mask", "read_pictures"]

Shape = tuple[int, int, int]

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")

ENDINGS = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"}
"""What files in folders are taken for pictures; files that are named may end in any way."""

MNIST_SHAPE = (1, 28, 28)

INNER = 20 / 28
"""The longer side of a digit's ink in MNIST, as a share of the picture's."""

WORKING = 256
"""Pixels of the longer side in which the ink is looked for: enough for 20, and free of grain."""

INK = 0.3
"""From this share of the strongest ink on, a pixel counts for the ink's box."""

GRAIN = 3.0
"""What is weaker than so many times the upper quartile of the margin is paper."""

FAINTEST = 4.0
"""Shades, of 255, that ink differs from paper at least."""

LISTED = 3
"""Names that stand in a note before "and so many more"."""


class OwnPictures(NamedTuple):
    """Pictures as a model takes them.

    Attributes
    ----------
    pictures : uint8 array of shape (N, C, H, W)
    names : list of str
        Of each picture, all different, without an ending.
    notes : list of str
        What was done to them, in sentences.
    """

    pictures: np.ndarray
    names: list[str]
    notes: list[str]


def read_pictures(
    paths: Iterable[str | Path], picture_shape: Shape, fit: str | None = None
) -> OwnPictures:
    """Read pictures and bring each to a shape; what is done to them is put into words.

    Photographs are turned upright, transparency becomes white paper, of animated pictures the first
    frame is taken. There are four ways to fit a picture in:

    - ``"digit"``, as the digits of MNIST were made (Y. LeCun et al., "Gradient-based learning
      applied to document recognition", 1998, section III.A): grey, light ink on dark, the box
      around the ink scaled to 20 of the 28 pixels and its centre of mass put in the middle. A
      picture that has the size already stays as it is, or is inverted if its ink is dark;
    - ``"line"``, for several digits side by side: the same, but the box is scaled to 20 pixels of
      height, or to the width of the picture if it would be wider;
    - ``"whole"``: grey, light on dark, all of it, with empty margins where the shapes differ;
    - ``"middle"``: the largest part in the middle that has the right shape.

    Parameters
    ----------
    paths : iterable of str or Path
        Files of pictures, and folders with some, in them or one level below; what a folder holds is
        taken in the order of the names.
    picture_shape : tuple of int
        Channels (1 or 3), height and width.
    fit : {"digit", "line", "whole", "middle"}, optional
        By default "digit" for (1, 28, 28), "whole" for other grey shapes, "middle" for colours.

    Returns
    -------
    OwnPictures

    Raises
    ------
    DataNotFoundError
        If there is no such file or folder.
    DataError
        If a folder has no pictures, or a file is none, is damaged, too large, or shows nothing.
    OSError
        If a file may not be read.
    ValueError
        If no paths are given, or there is no such way to fit.
    """
    fitting = _fitting(picture_shape, fit)
    files, notes = _files(paths)
    channels, height, width = picture_shape
    pictures = np.empty((len(files), channels, height, width), np.uint8)
    done: dict[str, list[str]] = {}
    for place, path in enumerate(files):
        decoded = decode(path, FORMATS)
        pictures[place], deeds = fitting(decoded, path, picture_shape)
        for deed in (*decoded.deeds, *deeds):
            done.setdefault(deed, []).append(path.name)
    names, renamed = _names(files)
    notes += [_note(deed, who, len(files)) for deed, who in (*done.items(), *renamed.items())]
    return OwnPictures(pictures, names, notes)


def read_mask(path: str | Path, picture_shape: Shape) -> np.ndarray:
    """Read a mask: white is what is missing.

    Parameters
    ----------
    path : str or Path
    picture_shape : tuple of int
        Channels, height and width of the pictures that it is for.

    Returns
    -------
    bool array of shape (H, W)
        True where a picture is missing.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    DataError
        If it is no picture, or of another size.
    OSError
        If it may not be read.
    """
    path = _existing(path)
    decoded = decode(path, FORMATS)
    _, height, width = picture_shape
    if decoded.size != (width, height):
        raise DataError(
            f"the mask {path} has {decoded.size[0]} x {decoded.size[1]} pixels, and the pictures "
            f"have {width} x {height}: draw the mask over a picture of that size, as the model "
            "sees it, white where it is missing"
        )
    return np.asarray(decoded.picture.convert("L")) > 127


# ---- files and names ---------------------------------------------------------------------------


def _files(paths: Iterable[str | Path]) -> tuple[list[Path], list[str]]:
    """All files, and a note for each folder in which something was passed over."""
    files, notes = [], []
    for path in map(_existing, paths):
        if not path.is_dir():
            files.append(path)
            continue
        inside = [file for file in _inside(path) if not file.name.startswith(".")]
        found = [file for file in inside if file.suffix.lower() in ENDINGS]
        if not found:
            raise DataError(
                f"{path} has no pictures ({', '.join(sorted(ENDINGS))}), nor has a folder in it"
            )
        files += found
        if len(found) < len(inside):
            others = len(inside) - len(found)
            notes.append(text("own passed over", folder=path, count=others))
    if not files:
        raise ValueError("read_pictures: no paths are given; pass files of pictures, or folders")
    return files, notes


def _existing(path: str | Path) -> Path:
    path = Path(path).expanduser()
    if not path.exists():
        raise DataNotFoundError(f"there is no file or folder {path}")
    if not (path.is_file() or path.is_dir()):
        raise DataError(f"{path} is neither a file nor a folder: save the picture in a file")
    return path


def _inside(folder: Path) -> list[Path]:
    """The files in a folder and in the visible folders in it."""
    entries = sorted(folder.iterdir())
    below = [one for one in entries if one.is_dir() and not one.name.startswith(".")]
    return [
        *(one for one in entries if one.is_file()),
        *(file for one in below for file in sorted(one.iterdir()) if file.is_file()),
    ]


def _names(files: Sequence[Path]) -> tuple[list[str], dict[str, list[str]]]:
    """A name for each file, and which were renamed as another has theirs already.

    Upper and lower case are the same, as some file systems have it.
    """
    names: list[str] = []
    renamed: dict[str, list[str]] = {}
    taken: set[str] = set()
    for path in files:
        name, number = path.stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{path.stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
        if number > 1:
            renamed[text("own renamed", name=name)] = [str(path)]
    return names, renamed


def _note(deed: str, who: Sequence[str], count: int) -> str:
    if len(who) == count > 1:
        which = text("own all", count=count)
    elif len(who) > LISTED + 1:
        which = text("own some", names=", ".join(who[:LISTED]), more=len(who) - LISTED)
    else:
        which = ", ".join(who)
    return text("own done", which=which, deed=deed)


# ---- ways to fit a picture in ------------------------------------------------------------------

Fitted = tuple[np.ndarray, list[str]]
"""A picture (C, H, W), and what was done to it."""


def _fitting(picture_shape: Shape, fit: str | None) -> Callable[[Decoded, Path, Shape], Fitted]:
    if picture_shape[0] not in (1, 3):
        raise ValueError(f"read_pictures: pictures have 1 or 3 channels, got {picture_shape[0]}")
    if fit is None:
        is_digit = tuple(picture_shape) == MNIST_SHAPE
        fit = "digit" if is_digit else "whole" if picture_shape[0] == 1 else "middle"
    if fit not in FITS:
        raise ValueError(f"read_pictures: fit is one of {', '.join(FITS)}, got {fit!r}")
    return FITS[fit]


def _middle(decoded: Decoded, path: Path, picture_shape: Shape) -> Fitted:
    """The largest part in the middle that has the right shape."""
    from PIL import Image, ImageOps

    channels, height, width = picture_shape
    picture, (full_width, full_height) = decoded.picture, decoded.size
    deeds = _recoloured(picture, channels)
    share = min(full_width / width, full_height / height)
    kept = round(share * width), round(share * height)
    full = {"full_width": full_width, "full_height": full_height}
    if kept != decoded.size:
        deeds.append(text("own middle", width=kept[0], height=kept[1], **full))
    if kept != (width, height):
        full = {"full_width": kept[0], "full_height": kept[1]}
        deeds.append(text("own resized", width=width, height=height, **full))
    coloured = picture.convert("L" if channels == 1 else "RGB")
    return _array(ImageOps.fit(coloured, (width, height), Image.Resampling.BICUBIC)), deeds


def _whole(decoded: Decoded, path: Path, picture_shape: Shape) -> Fitted:
    """All of it, light on dark, in the middle of an empty picture."""
    from PIL import Image, ImageOps

    _, height, width = picture_shape
    if decoded.size == (width, height):
        return _already(decoded, path)
    ink, deeds = _ink(decoded.picture, path)
    inside = ImageOps.contain(
        Image.fromarray(_bytes(ink)), (width, height), Image.Resampling.BICUBIC
    )
    page = Image.new("L", (width, height))
    page.paste(inside, ((width - inside.width) // 2, (height - inside.height) // 2))
    full = {"full_width": decoded.size[0], "full_height": decoded.size[1]}
    return _array(page), [*deeds, text("own whole", width=width, height=height, **full)]


def _digit(decoded: Decoded, path: Path, picture_shape: Shape) -> Fitted:
    """Its ink scaled to 20 of 28 pixels, the centre of mass in the middle."""
    inner = round(INNER * min(picture_shape[1:]))
    return _by_its_ink(
        decoded, path, picture_shape, lambda width, height: inner / max(width, height), "own digit"
    )


def _line(decoded: Decoded, path: Path, picture_shape: Shape) -> Fitted:
    """Its ink scaled to 20 of 28 rows, or to all columns if it would be wider."""
    inner, widest = round(INNER * picture_shape[1]), picture_shape[2]
    return _by_its_ink(
        decoded, path, picture_shape,
        lambda width, height: min(inner / height, widest / width), "own line",
    )  # fmt: skip


def _by_its_ink(
    decoded: Decoded,
    path: Path,
    picture_shape: Shape,
    zoom_of: Callable[[int, int], float],
    deed: str,
) -> Fitted:
    """The ink zoomed by what follows from the size of its box, the centre of mass in the middle.

    A picture that has the right size already is at most inverted.
    """
    from PIL import Image

    _, height, width = picture_shape
    if decoded.size == (width, height):
        return _already(decoded, path)
    working = WORKING * max(height, width) // min(height, width)
    small = decoded.picture.copy()
    small.thumbnail((working, working), Image.Resampling.BOX)
    ink, deeds = _ink(small, path)
    rows, columns = ((ink > INK).any(axis).nonzero()[0] for axis in (1, 0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    zoom = zoom_of(box[2] - box[0], box[3] - box[1])
    size = [max(1, round(zoom * side)) for side in (box[2] - box[0], box[3] - box[1])]
    stroke = (
        Image.fromarray(_bytes(ink)).crop(box).resize((size[0], size[1]), Image.Resampling.BICUBIC)
    )
    strong = np.asarray(stroke, np.float32)
    strong = strong / strong.max()
    full = {"full_width": decoded.size[0], "full_height": decoded.size[1]}
    inner = {"inner": max(size), "inner_width": size[0], "inner_height": size[1]}
    deeds.append(text(deed, width=width, height=height, **inner, **full))
    return _bytes(_centred(strong, (height, width)))[None], deeds


def _already(decoded: Decoded, path: Path) -> Fitted:
    """A picture that has the right size: at most it is inverted."""
    grey = np.asarray(decoded.picture.convert("L"))
    _, deeds = _ink(decoded.picture, path)
    return (255 - grey if _is_dark_on_light(_over_paper(grey)) else grey)[None], deeds


def _centred(ink: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Ink on an empty picture, its centre of mass at the middle, as far as it stays inside."""
    page = np.zeros(shape, np.float32)
    starts = []
    for axis, side in enumerate(shape):
        profile = ink.sum(1 - axis)
        centre = (np.arange(len(profile)) + 0.5) @ profile / profile.sum()
        starts.append(int(np.clip(round(side / 2 - centre), 0, side - len(profile))))
    top, left = starts
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def _ink(picture: Picture, path: Path) -> Fitted:
    """How much ink there is on each pixel, from 0 to 1, whether it is dark or light.

    What differs from the paper no more than the margin's own grain is paper too, and the strongest
    ink is 1.
    """
    deeds = _recoloured(picture, 1)
    ink = _over_paper(np.asarray(picture.convert("L")))
    if _is_dark_on_light(ink):
        deeds.append(text("own inverted"))
        ink = -ink
    ink = np.maximum(ink, 0)
    grain = min(GRAIN * float(np.percentile(_margin(ink), 75)), 0.5 * float(ink.max()))
    ink = np.maximum(ink - grain, 0)
    if ink.max() < FAINTEST:
        raise DataError(f"{path} shows nothing: no ink differs from the paper")
    return ink / ink.max(), deeds


def _over_paper(grey: np.ndarray) -> np.ndarray:
    """Shades less those of the paper, which is taken for a plane through the margin: the light
    falls from one side as a rule."""
    down, across = (np.asarray(part, np.float32) for part in np.indices(grey.shape))
    places = [_margin(part) for part in (down, across, np.ones_like(down))]
    slope_down, slope_across, level = np.linalg.lstsq(
        np.stack(places, axis=1), _margin(grey).astype(np.float32), rcond=None
    )[0]
    paper: np.ndarray = slope_down * down + slope_across * across + level
    return grey - paper


def _is_dark_on_light(over_paper: np.ndarray) -> bool:
    """Whether the darkest is farther from the paper than the lightest."""
    return bool(-over_paper.min() > over_paper.max())


def _margin(values: np.ndarray) -> np.ndarray:
    """The pixels at the four sides."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _recoloured(picture: Picture, channels: int) -> list[str]:
    """What becomes of the colours, in words."""
    if picture.mode == "RGB" and channels == 1 and _has_colours(picture):
        return [text("own grey")]
    if picture.mode == "L" and channels == 3:
        return [text("own colour")]
    return []


def _has_colours(picture: Picture) -> bool:
    red, *others = picture.split()
    return any(np.any(np.asarray(red) != np.asarray(other)) for other in others)


def _bytes(shares: np.ndarray) -> np.ndarray:
    return np.rint(255 * shares).astype(np.uint8)


def _array(picture: Picture) -> np.ndarray:
    """(C, H, W)."""
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


FITS: dict[str, Callable[[Decoded, Path, Shape], Fitted]] = {
    "digit": _digit,
    "line": _line,
    "whole": _whole,
    "middle": _middle,
}
"""The ways to fit a picture in, by the names that :func:`read_pictures` takes."""
