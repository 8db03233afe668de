"""Masks: which pixels of a picture are missing and shall be completed.

A mask is a bool Tensor of shape (height, width), True where a pixel is missing, in all channels and
in all pictures.

>>> named_mask("centre", (1, 28, 28)).sum().item()
196
"""

from __future__ import annotations

import difflib

import tinygen as tg
from tinygen.models.base import Shape
from tinygen.models.damage import missing
from tinygen.tensors import Tensor

__all__ = ["MASKS", "check_mask", "named_mask"]

MASKS = {"lower": "lower half", "centre": "centre", "random": "random"}
"""The names of masks, and what :func:`tinygen.models.damage.missing` calls them."""


def named_mask(name: str, picture_shape: Shape, device: str = "cpu") -> Tensor:
    """Make one of the usual masks, for pictures of any size.

    Parameters
    ----------
    name : {"lower", "centre", "random"}
        The rows from the middle on, a rectangle of half the sides in the middle (14 x 14 of
        28 x 28), or each pixel with probability 1/2, from the noise of :func:`tinygen.manual_seed`.
    picture_shape : tuple of int
        Channels, height and width.
    device : {"cpu", "cuda"}

    Returns
    -------
    bool Tensor of shape (height, width)
        True where a pixel is missing.

    Raises
    ------
    ValueError
        If there is no such mask.
    """
    if name not in MASKS:
        near = difflib.get_close_matches(name, MASKS, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(f"there is no mask {name!r}{meant} There are: {', '.join(MASKS)}")
    return missing(MASKS[name], tg.zeros(1, *picture_shape, device=device))[0, 0]


def check_mask(mask: Tensor, picture_shape: Shape) -> None:
    """Refuse what cannot be a mask for pictures of a shape.

    Parameters
    ----------
    mask : Tensor
        Should be bool, of shape (height, width), and True for some pixels but not for all.
    picture_shape : tuple of int

    Raises
    ------
    TypeError
        If it is not bool.
    ValueError
        If it is of another size, or hides everything or nothing.
    """
    height, width = picture_shape[1:]
    if mask.dtype.kind != "b":
        raise TypeError(
            f"a mask is bool, True where a pixel is missing, got {mask.dtype}: mask > 0.5, for "
            "instance"
        )
    if tuple(mask.shape) != (height, width):
        raise ValueError(
            f"a mask for pictures of {height} x {width} pixels has the shape {(height, width)}, "
            f"one for all pictures and channels, got {tuple(mask.shape)}"
        )
    hidden = int(mask.sum().item())
    if hidden == 0:
        raise ValueError("the mask hides nothing, so there is nothing to complete: it is True "
                         "(white, in a file) where a pixel is missing")  # fmt: skip
    if hidden == height * width:
        raise ValueError(
            "the mask hides everything, so there is nothing to go by: it is False (black, in a "
            "file) where a pixel is known"
        )
