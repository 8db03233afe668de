"""Reading one file of a picture, whatever its kind: upright, with 8 bits, on white paper."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tinygen.data.sets import DataError
from tinygen.io.messages import text

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = ["ENOUGH", "LARGEST", "Decoded", "decode"]

LARGEST = 50
"""Million pixels of a picture at most: less than a gigabyte while it is read."""

ENOUGH = 1024
"""Pixels of the shorter side, from twice of which on a picture is made smaller as it is read."""

ORIENTATION = 0x0112
"""The number of EXIF's field that says how the camera was held."""

SIDEWAYS = 5
"""From this value of the field on, width and height change places."""

WHITE = (255, 255, 255, 255)


class Decoded(NamedTuple):
    """A picture as its file has it.

    Attributes
    ----------
    picture : PIL.Image.Image
        Of mode "RGB", or "L" if the file has no colours.
    size : tuple of int
        Width and height in the file, upright; the picture may be smaller by a whole factor.
    deeds : list of str
        What was done to it, in words.
    """

    picture: Picture
    size: tuple[int, int]
    deeds: list[str]


def decode(path: Path, formats: tuple[str, ...] = ("JPEG", "PNG"), enough: int = ENOUGH) -> Decoded:
    """Read a picture.

    Parameters
    ----------
    path : Path
    formats : tuple of str
        Kinds of files, as Pillow names them; what a file is is seen from its content.
    enough : int
        The shorter side is not made smaller than this.

    Returns
    -------
    Decoded

    Raises
    ------
    DataError
        If it is no picture of these kinds, damaged, or has too many pixels.
    OSError
        If there is no such file, or it may not be read.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is beside the pixels; much is an error
            with Image.open(path, formats=formats) as picture:
                _check_size(path, picture)
                picture.verify()  # the sums of a PNG, which reading the pixels does not look at
            with Image.open(path, formats=formats) as picture:
                return _decoded(picture, enough)
    except Image.DecompressionBombError as error:
        raise DataError(_too_large(path, "")) from error
    except (FileNotFoundError, PermissionError, IsADirectoryError, DataError):
        raise
    except Exception as error:  # decoders of damaged pictures fail in as many ways as there are
        raise DataError(_unreadable(path, error, formats)) from error


def _check_size(path: Path, picture: Picture) -> None:
    width, height = picture.size
    if width * height > LARGEST * 1_000_000:
        raise DataError(_too_large(path, f" {width} x {height} pixels,"))


def _too_large(path: Path, size: str) -> str:
    return (
        f"{path} is too large:{size} more than {LARGEST} million. Make it smaller with any "
        "program for pictures"
    )


def _unreadable(path: Path, error: Exception, formats: tuple[str, ...]) -> str:
    name = type(error).__name__
    remedy = "Delete it or put a sound one in its place"
    if path.stat().st_size == 0:
        why = "the file is empty"
    elif name == "UnidentifiedImageError":
        why = f"it is none of {', '.join(formats)}, or its beginning is damaged"
        remedy = "If it is a picture of another kind, save it as PNG or JPEG"
    else:
        why = f"{name}: {error}"
    return f"{path} cannot be read as a picture ({why}). {remedy}"


def _decoded(picture: Picture, enough: int) -> Decoded:
    from PIL import ImageOps

    deeds, (width, height) = _said_of(picture), picture.size
    smallest = min(width, height)
    if smallest >= 2 * enough:
        # A JPEG is made smaller while it is decoded; of other pictures nothing comes of this.
        picture.draft(None, (width * enough // smallest, height * enough // smallest))
    turned = picture.getexif().get(ORIENTATION, 1) >= SIDEWAYS
    ImageOps.exif_transpose(picture, in_place=True)
    plain = _with_8_bits(picture)
    factor = min(plain.size) // enough
    if factor > 1:
        plain = plain.reduce(factor)
    return Decoded(_on_white(plain), (height, width) if turned else (width, height), deeds)


def _said_of(picture: Picture) -> list[str]:
    """What will have to be done to a picture, in words."""
    deeds = []
    if _has_16_bits(picture):  # first of all: looking for EXIF data may unpack a PNG
        deeds.append(text("own 16 bits"))
    frames = getattr(picture, "n_frames", 1)
    if frames > 1:
        deeds.append(text("own first frame", frames=frames))
    if picture.getexif().get(ORIENTATION, 1) != 1:
        deeds.append(text("own turned"))
    if picture.mode == "CMYK":
        deeds.append(text("own cmyk"))
    if picture.has_transparency_data:
        deeds.append(text("own transparent"))
    return deeds


def _has_16_bits(picture: Picture) -> bool:
    """Pillow itself makes 8 bits of the 16 of a colour, and tells it only by what it unpacks."""
    tiles = getattr(picture, "tile", [])
    return picture.mode.startswith("I") or any("16" in str(tile[3]) for tile in tiles)


def _with_8_bits(picture: Picture) -> Picture:
    """Grey, or red, green and blue; or these with the transparency."""
    from PIL import Image

    if picture.mode.startswith("I"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    grey = picture.mode in ("1", "L", "LA", "La")
    if picture.has_transparency_data:
        return picture.convert("LA" if grey else "RGBA")
    return picture.convert("L" if grey else "RGB")


def _on_white(picture: Picture) -> Picture:
    """What is transparent becomes white paper."""
    from PIL import Image

    if picture.mode not in ("LA", "RGBA"):
        return picture
    paper = Image.new("RGBA", picture.size, WHITE)
    on_paper = Image.alpha_composite(paper, picture.convert("RGBA"))
    return on_paper.convert("L" if picture.mode == "LA" else "RGB")
