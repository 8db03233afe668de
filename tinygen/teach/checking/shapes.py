"""What is said of an array that has another shape than expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np

from tinygen.io.messages import text
from tinygen.teach.checking.comparison import Pair, kind_of
from tinygen.teach.exercises import Case

__all__ = ["wrong_shape"]

MOST_AXES = 6
"""Up to so many, all orders of them are tried."""

Shape = tuple[int, ...]


def wrong_shape(failing: Sequence[Pair], cases: Sequence[Case]) -> tuple[str, str]:
    """The key of the diagnosis, and what is seen and what usually causes it.

    Parameters
    ----------
    failing : sequence of Pair
        One array of the answer, in the cases in which its shape is wrong.
    cases : sequence of Case
        All cases.

    Returns
    -------
    pair of str
    """
    axes = _axes_swapped(failing)
    if axes is not None:
        values = "right" if all(_is_swapped(pair, axes) for pair in failing) else "wrong"
        key, cause = "transposed-shape", text(f"check cause swapped {values}", axes=axes)
    else:
        key, cause = "shape", _axis_taken(failing, cases) or _cause_of_shape(failing)
    return key, f"{_shapes(failing[0])} {cause}".strip()


def _shapes(pair: Pair) -> str:
    """Both shapes in words."""
    if pair.yours.ndim and pair.expected.ndim:
        return text(
            "check is shape", path=pair.path, yours=pair.yours.shape, expected=pair.expected.shape
        )
    yours, expected = (_kind(array) for array in (pair.yours, pair.expected))
    return text("check is kind", path=pair.path, yours=yours, expected=expected)


def _kind(array: np.ndarray) -> str:
    return kind_of(array) if array.ndim else text("check kind number")


# ---- axes in another order -----------------------------------------------------------------------


def _axes_swapped(failing: Sequence[Pair]) -> tuple[int, ...] | None:
    """The order of axes that makes the right shape yours, if one order does so in all cases."""
    ranks = {(pair.yours.ndim, pair.expected.ndim) for pair in failing}
    rank = failing[0].expected.ndim
    if ranks != {(rank, rank)} or rank > MOST_AXES:
        return None
    orders = [
        axes
        for axes in permutations(range(rank))
        if all(pair.yours.shape == _reordered(pair, axes) for pair in failing)
    ]
    right = [axes for axes in orders if all(_is_swapped(pair, axes) for pair in failing)]
    if right:
        return right[0]
    shapes = {pair.expected.shape for pair in failing}
    return orders[0] if len(orders) == 1 and len(shapes) > 1 else None


def _reordered(pair: Pair, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(pair.expected.shape[axis] for axis in axes)


def _is_swapped(pair: Pair, axes: tuple[int, ...]) -> bool:
    right = pair.expected.transpose(axes)
    swapped = Pair("", 0, "", pair.yours, right, pair.rtol, pair.atol)
    return pair.numeric and not swapped.failing


# ---- other causes ------------------------------------------------------------------------------


def _axis_taken(failing: Sequence[Pair], cases: Sequence[Case]) -> str:
    """Words for a sum or mean over another axis of an argument, if it is that in all cases."""
    taken = [
        {
            (place, right, wrong)
            for place, value in enumerate(cases[pair.case].arguments)
            if isinstance(value, np.ndarray)
            for right, wrong in permutations(range(value.ndim), 2)
            if _without(value.shape, right) == pair.expected.shape
            and _without(value.shape, wrong) == pair.yours.shape
        }
        for pair in failing
    ]
    common = set.intersection(*taken)
    if len({(right, wrong) for _, right, wrong in common}) != 1:
        return ""
    _, right, wrong = common.pop()
    return text("check cause shape other axis", right=right, wrong=wrong)


def _cause_of_shape(failing: Sequence[Pair]) -> str:
    """What usually makes such a shape, if it fits in all cases."""
    for name, fits in SHAPES.items():
        if all(fits(pair.yours.shape, pair.expected.shape) for pair in failing):
            return text(f"check cause shape {name}")
    return ""


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _without_ones(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _is_square_of(yours: Shape, expected: Shape) -> bool:
    return len(yours) == 2 and yours[0] == yours[1] > 1 and _without_ones(expected) == yours[:1]


def _is_one_shorter(short: Shape, long: Shape) -> bool:
    return any(_without(long, axis) == short for axis in range(len(long)))


def _is_larger(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and all(map(int.__ge__, one, other))


SHAPES: dict[str, Callable[[Shape, Shape], bool]] = {
    "one number": lambda yours, expected: not yours,
    "ones more": lambda yours, expected: (
        len(yours) > len(expected) and _without_ones(yours) == _without_ones(expected)
    ),
    "ones fewer": lambda yours, expected: (
        len(yours) < len(expected) and _without_ones(yours) == _without_ones(expected)
    ),
    "square": _is_square_of,
    "axis more": lambda yours, expected: _is_one_shorter(expected, yours),
    "axis fewer": lambda yours, expected: _is_one_shorter(yours, expected),
    "same size": lambda yours, expected: np.prod(yours) == np.prod(expected),
    "padding on": lambda yours, expected: len(yours) > 2 and _is_larger(yours, expected),
    "padding off": lambda yours, expected: len(yours) > 2 and _is_larger(expected, yours),
    "larger": lambda yours, expected: _is_larger(yours, expected),
    "smaller": lambda yours, expected: _is_larger(expected, yours),
}
"""What yours may be, beside what is expected; the first that fits is named."""
