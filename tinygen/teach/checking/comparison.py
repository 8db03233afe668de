"""A student's answer beside the right one, array by array.

What an exercise returns may be a number, an array, or tuples, lists and dicts of those. Here it is
taken apart: what differs in kind is a :class:`Mismatch`, and all else a :class:`Pair` of arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygen.io.messages import text
from tinygen.teach.cells import LessonError
from tinygen.teach.exercises import Check
from tinygen.teach.sandbox.running import outputs_of
from tinygen.teach.sandbox.transport import Foreign, TensorArray

__all__ = ["Mismatch", "Pair", "compared", "kind_of"]

RTOL32, ATOL32 = 1e-5, 1e-6
"""What float32 can keep: relative to an element, and to the largest one of its array."""


@dataclass(frozen=True)
class Mismatch:
    """Something of another kind than what is right.

    Parameters
    ----------
    output : str
        The name of the output.
    case : int
        The number of the case.
    path : str
        The place within the answer, such as ``grads['W']``.
    yours, expected : str
        What is there and what should be, in words.
    nothing : bool
        Whether None is there.
    """

    output: str
    case: int
    path: str
    yours: str
    expected: str
    nothing: bool = False


@dataclass(frozen=True)
class Pair:
    """An array of the answer to a case, and the right one.

    Parameters
    ----------
    output : str
        The name of the output.
    case : int
        The number of the case.
    path : str
        The place within the answer: the name, or such as ``grads['W']``.
    yours, expected : array
        Of numbers, or single strings.
    rtol, atol : float
        As in :class:`tinygen.teach.Check`.
    """

    output: str
    case: int
    path: str
    yours: np.ndarray
    expected: np.ndarray
    rtol: float = 1e-7
    atol: float = 1e-9

    @property
    def numeric(self) -> bool:
        """Whether both are numbers."""
        return _is_numeric(self.yours) and _is_numeric(self.expected)

    @property
    def comparable(self) -> bool:
        """Whether the shapes agree."""
        return self.yours.shape == self.expected.shape

    @cached_property
    def tolerance(self) -> np.ndarray:
        """By how much each element may differ."""
        rtol, atol = self.limits
        return atol + rtol * np.nan_to_num(np.abs(exact(self.expected)), posinf=0.0)

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The tolerances, which float32 widens to what it can keep."""
        if self.expected.dtype not in (np.float32, np.float16):
            return self.rtol, self.atol
        sizes = np.abs(exact(self.expected))
        largest = float(sizes[np.isfinite(sizes)].max(initial=0.0))
        return max(self.rtol, RTOL32), max(self.atol, ATOL32 * largest)

    @cached_property
    def difference(self) -> np.ndarray:
        """Yours less the right ones, as exactly as possible; 0 where both are the same infinity."""
        yours, expected = exact(self.yours), exact(self.expected)
        with np.errstate(all="ignore"):
            difference = np.asarray(yours - expected)
        same = (yours == expected) | (np.isnan(yours) & np.isnan(expected))
        return np.where(same, 0, difference)

    @cached_property
    def wrong(self) -> np.ndarray:
        """A mask of the wrong elements."""
        if not self.numeric:
            return np.asarray(self.yours != self.expected)
        return ~(np.abs(self.difference) <= self.tolerance)

    @property
    def exact(self) -> bool:
        """Whether what is compared is whole numbers, truth values or words, right or wrong."""
        return not self.numeric or self.expected.dtype.kind in "biu"

    @cached_property
    def worst(self) -> tuple[int, ...]:
        """The place of the wrong element that is farthest off, or the first that is no number."""
        sizes = self.wrong.astype(float)
        if not self.exact:
            sizes = np.where(self.wrong, np.nan_to_num(np.abs(self.difference), nan=np.inf), -1.0)
        place = np.unravel_index(int(sizes.argmax()), sizes.shape)
        return tuple(int(index) for index in place)

    @property
    def failing(self) -> bool:
        """Whether any element is wrong."""
        return not self.comparable or bool(self.wrong.any())


def compared(check: Check, case: int, yours: Any, expected: Any) -> Iterator[Pair | Mismatch]:
    """The answer to a case beside the right one.

    Parameters
    ----------
    check : Check
    case : int
        The number of the case.
    yours, expected : object
        What was returned, and what is right.

    Yields
    ------
    Pair or Mismatch
    """
    names = list(check.outputs)
    if len(names) == 1:
        yield from _Walk(check, case, names[0]).walk(yours, expected, names[0])
        return
    yours_by_name = outputs_of(yours, names)
    if len(yours_by_name) != len(names):
        wanted = text("check kind outputs", count=len(names), names=", ".join(names))
        yield Mismatch(names[0], case, "", kind_of(yours), wanted, yours is None)
        return
    right_by_name = outputs_of(expected, names)
    for name, your_part, right_part in zip(names, yours_by_name, right_by_name, strict=True):
        yield from _Walk(check, case, name).walk(your_part, right_part, name)


def kind_of(value: Any) -> str:
    """What a value is, in words.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    if value is None:
        return text("check kind none")
    if isinstance(value, Foreign):
        return text("check kind foreign", kind=value.kind)
    if isinstance(value, TensorArray):
        return text("check kind tensor", shape=value.shape)
    if isinstance(value, np.ndarray):
        return text("check kind array", shape=value.shape)
    if isinstance(value, tuple | list):
        name = "tuple" if isinstance(value, tuple) else "list"
        return text(f"check kind {name}", count=len(value))
    if isinstance(value, dict):
        keys = ", ".join(map(repr, value))
        return text("check kind dict", keys=keys) if value else text("check kind no dict")
    if isinstance(value, str):
        return text("check kind string")
    return text("check kind number")


def exact(array: np.ndarray) -> np.ndarray:
    """The numbers of an array with all digits that there are."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


@dataclass(frozen=True)
class _Walk:
    """Goes through both answers at once."""

    check: Check
    case: int
    output: str

    def walk(self, yours: Any, expected: Any, path: str) -> Iterator[Pair | Mismatch]:
        if isinstance(expected, Foreign):
            raise LessonError(f"the reference returns {path}: {kind_of(expected)}")
        if isinstance(expected, dict):
            yield from self.dicts(yours, expected, path)
        elif _is_structure(expected):
            yield from self.sequences(yours, expected, path)
        elif self.fits(yours, expected):
            check = self.check
            arrays = np.asarray(yours), np.asarray(expected)
            yield Pair(self.output, self.case, path, *arrays, check.rtol, check.atol)
        else:
            yield self.mismatch(yours, expected, path)

    def dicts(self, yours: Any, expected: dict[Any, Any], path: str) -> Iterator[Pair | Mismatch]:
        if not isinstance(yours, dict) or set(yours) != set(expected):
            yield self.mismatch(yours, expected, path)
            return
        for name, value in expected.items():
            yield from self.walk(yours[name], value, f"{path}[{name!r}]")

    def sequences(
        self, yours: Any, expected: Sequence[Any], path: str
    ) -> Iterator[Pair | Mismatch]:
        if not isinstance(yours, tuple | list) or len(yours) != len(expected):
            yield self.mismatch(yours, expected, path)
            return
        for number, (your_part, right_part) in enumerate(zip(yours, expected, strict=True)):
            yield from self.walk(your_part, right_part, f"{path}[{number}]")

    def fits(self, yours: Any, expected: Any) -> bool:
        """Whether a value is of the kind that is wanted: numbers for numbers, and so on.

        Where a list of numbers is right, an array of them is too; the reverse is not.
        """
        if isinstance(expected, str) or expected is None:
            return type(yours) is type(expected)
        if isinstance(yours, TensorArray) and not isinstance(expected, TensorArray):
            return False
        if isinstance(expected, np.ndarray) and expected.ndim:
            return isinstance(yours, np.ndarray | np.generic | int | float | complex)
        return _is_number(yours) or isinstance(yours, np.ndarray) or _is_row(yours)

    def mismatch(self, yours: Any, expected: Any, path: str) -> Mismatch:
        return Mismatch(
            self.output, self.case, path, kind_of(yours), kind_of(expected), yours is None
        )


def _is_structure(value: Any) -> bool:
    """Whether it is a tuple or list of other things than numbers."""
    return isinstance(value, tuple | list) and not _is_row(value)


def _is_row(value: Any) -> bool:
    """Whether it is a tuple or list of numbers, which is taken for an array."""
    return isinstance(value, tuple | list) and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | complex | np.number | np.bool_)


def _is_numeric(array: np.ndarray) -> bool:
    return array.dtype.kind in "biufc"
