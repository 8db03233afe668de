"""Borders that continue an image: mirrored at its edge, or repeating it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygen.ops.indexing import getitem
from tinygen.ops.reduction import expand
from tinygen.ops.shape import cat, flip

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["pad_from_inside"]


def pad_from_inside(input: Tensor, pad: tuple[int, ...], mode: str) -> Tensor:
    """Add a border whose values come from inside; negative widths cut one off.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...) or (C, ...)
    pad : tuple of int
        Two widths for every dimension but the channels and the batch, from the last one
        backwards: (left, right, top, bottom, ...).
    mode : {"reflect", "replicate"}
        Mirror the image at its outermost elements, or repeat those.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        For another mode, if ``pad`` does not fit the dimensions, if there is not as much inside
        as is to be mirrored, or if nothing would be left.
    """
    if mode not in ("reflect", "replicate"):
        raise ValueError(f"pad: mode must be 'constant', 'reflect' or 'replicate', got {mode!r}")
    dims = len(pad) // 2
    if input.ndim - dims not in (1, 2):
        raise ValueError(
            f"pad: mode {mode!r} with {len(pad)} widths is for {dims + 1} dimensions (C, ...) or "
            f"{dims + 2} (N, C, ...), got input {tuple(input.shape)}; leave a dimension as it is "
            "by the widths 0, 0"
        )
    for number in range(dims):
        before, after = pad[2 * number], pad[2 * number + 1]
        axis = input.ndim - 1 - number
        _check_widths(input, axis, before, after, mode)
        input = _extended(input, axis, max(before, 0), max(after, 0), mode)
        input = _between(input, axis, max(-before, 0), input.shape[axis] - max(-after, 0))
    return input


def _check_widths(x: Tensor, axis: int, before: int, after: int, mode: str) -> None:
    n = x.shape[axis]
    if n < 1 or n + before + after < 1:
        raise ValueError(
            f"pad: nothing is left of dimension {axis} of {tuple(x.shape)} with widths "
            f"({before}, {after})"
        )
    if mode == "reflect" and max(before, after) >= n:
        raise ValueError(
            f"pad: widths ({before}, {after}) must be less than the {n} elements of dimension "
            f"{axis} of {tuple(x.shape)}: the mirror leaves out the edge itself. 'replicate' has "
            "no such limit"
        )


def _extended(x: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    """The border joined to both ends of a dimension."""
    n = x.shape[axis]
    if mode == "reflect":
        start = flip(_between(x, axis, 1, 1 + before), axis)
        end = flip(_between(x, axis, n - 1 - after, n - 1), axis)
    else:
        start = _repeated(_between(x, axis, 0, 1), axis, before)
        end = _repeated(_between(x, axis, n - 1, n), axis, after)
    return cat([start, x, end], axis)


def _between(x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    return getitem(x, (*(slice(None),) * axis, slice(start, stop)))


def _repeated(x: Tensor, axis: int, times: int) -> Tensor:
    return expand(x, (*x.shape[:axis], times, *x.shape[axis + 1 :]))
