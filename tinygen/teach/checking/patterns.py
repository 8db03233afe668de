"""What wrong numbers have in common, and what it tells about the code.

Each pattern is one function. It looks at one array of the answer in all cases at once, and finds
something only where the evidence could have spoken against it and did not: a factor needs several
different numbers, "only the borders" needs an inside that is right. **A wrong diagnosis is worse
than none.**
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from tinygen.io.messages import text
from tinygen.teach.checking.comparison import Pair, exact
from tinygen.teach.exercises import Case, Check

__all__ = ["COUNT", "Finding", "Group", "find"]

COUNT = "{count}"
"""Stands in the words of a finding for a number that is filled in later."""

BY_CHANCE = 0.01
"""A pattern of places is believed if chance alone would show it more rarely than this."""

ENOUGH = 3
"""So many different numbers at least must agree on a factor, a sign, zeros, a transposition."""

NEAR_ONE = 1e-4
"""A factor nearer to one than this is no factor but an inaccuracy."""


@dataclass(frozen=True)
class Group:
    """One array of the answer, in all cases.

    Parameters
    ----------
    path : str
        Its name.
    pairs : sequence of Pair
        In the order of the cases; in at least one of them something is wrong.
    cases : sequence of Case
        All cases.
    check : Check
    names : sequence of str
        Of the arguments.
    """

    path: str
    pairs: Sequence[Pair]
    cases: Sequence[Case]
    check: Check
    names: Sequence[str] = ()

    @property
    def failing(self) -> list[Pair]:
        """The cases in which something is wrong."""
        return [pair for pair in self.pairs if pair.failing]

    @property
    def is_first(self) -> bool:
        """Whether it is the first output, of which ``ties`` and ``branches`` speak."""
        return self.path == self.check.outputs[0]

    def arguments(self, pair: Pair) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a pair's case."""
        case = self.cases[pair.case]
        return case.arguments, case.keywords


@dataclass(frozen=True)
class Finding:
    """A pattern that was found.

    Parameters
    ----------
    key : str
        Such as ``"factor"``.
    words : str
        What is seen, and what usually causes it; with ``{count}`` where ``count`` belongs.
    shown : Pair
        Where it is seen best.
    count : int
        How many elements it is about, where that is said.
    """

    key: str
    words: str
    shown: Pair
    count: int = 0


def find(group: Group) -> Finding | None:
    """The first pattern that is certain.

    Parameters
    ----------
    group : Group

    Returns
    -------
    Finding or None
    """
    for pair in group.pairs:
        if not (pair.numeric and np.isfinite(exact(pair.yours)).all()):
            return None
    with np.errstate(all="ignore"):
        for pattern in PATTERNS:
            finding = pattern(group)
            if finding is not None:
                return finding
    return None


# ---- a factor ------------------------------------------------------------------------------------


def factor(group: Group) -> Finding | None:
    """Every element is the right one times a number."""
    found = _ratios(group)
    if found is None:
        return None
    pairs, ratios = found
    shown = max(group.failing, key=lambda pair: pair.expected.size)
    count = sum(pair.expected.size for pair in group.pairs)
    same = all(math.isclose(ratio, ratios[0], rel_tol=1e-5) for ratio in ratios)
    causes = _explanations(group, pairs, ratios)
    if same and math.isclose(ratios[0], -1, rel_tol=1e-5):
        return Finding("sign", text("check why sign", count=COUNT), shown, count)
    if same:
        words = text("check why factor", count=COUNT, factor=_number(ratios[0]))
        return Finding("factor", f"{words} {_cause_of(ratios[0], causes)}", shown, count)
    several = [cause for cause in causes if cause.values > 1]
    if several:
        words = text("check why factor sized", count=COUNT, causes=_listed(several))
        return Finding("factor", words, shown, count)
    if all(_variety([pair]) >= ENOUGH for pair in group.failing):
        seen = ", ".join(dict.fromkeys(map(_number, ratios)))
        return Finding("factor", text("check why factor varies", factors=seen), shown)
    return None


def _ratios(group: Group) -> tuple[list[Pair], list[float]] | None:
    """The pairs that have a number other than 0, and the factor of each; None if there is none."""
    pairs, ratios = [], []
    for pair in group.pairs:
        ratio = _ratio(pair)
        if ratio is None:
            return None
        if not math.isnan(ratio):
            pairs.append(pair)
            ratios.append(ratio)
    far = any(abs(ratio - 1) > NEAR_ONE for ratio in ratios)
    if not far or min(map(abs, ratios)) < 1e-9 or _variety(pairs) < ENOUGH:
        return None
    return pairs, ratios


def _ratio(pair: Pair) -> float | None:
    """Yours by expected if it is the same everywhere; NaN if all that is expected is 0."""
    if "c" in (pair.yours.dtype.kind, pair.expected.dtype.kind):
        return None
    yours, expected = exact(pair.yours), exact(pair.expected)
    largest = np.abs(expected).argmax() if expected.size else 0
    if not expected.size or abs(expected.flat[largest]) <= pair.atol:
        return None if pair.failing else math.nan
    ratio = float(yours.flat[largest] / expected.flat[largest])
    slack = 4 * pair.tolerance * max(1.0, abs(ratio))
    return ratio if (np.abs(yours - ratio * expected) <= slack).all() else None


def _variety(pairs: Sequence[Pair]) -> int:
    """How many different numbers other than 0 are expected, whatever their signs are."""
    sizes = np.abs(np.concatenate([np.zeros(0), *(exact(p.expected).ravel() for p in pairs)]))
    shares = np.round(sizes / (sizes.max(initial=0.0) or 1.0), 9)
    return len(np.unique(shares[shares > 0]))


@dataclass(frozen=True)
class _Cause:
    """A size or number among the arguments that a factor follows."""

    words: str
    values: int


SIZED: dict[str, Callable[[float], float]] = {
    "{0}": lambda n: n,
    "1/{0}": lambda n: 1 / n,
    "({0} - 1)/{0}": lambda n: (n - 1) / n,
    "{0}/({0} - 1)": lambda n: n / (n - 1),
    "sqrt({0})": math.sqrt,
    "1/sqrt({0})": lambda n: 1 / math.sqrt(n),
}
"""What a factor may be of a size."""

VALUED: dict[str, Callable[[float], float]] = {
    "{0}": lambda v: v,
    "1/{0}": lambda v: 1 / v,
    "1 - {0}": lambda v: 1 - v,
    "1/(1 - {0})": lambda v: 1 / (1 - v),
}
"""What it may be of an argument that is a number."""


def _explanations(group: Group, pairs: Sequence[Pair], ratios: Sequence[float]) -> list[_Cause]:
    """The sizes and numbers that the factors follow in every case."""
    measured = [_measures(group, pair) for pair in pairs]
    causes = []
    for (kind, name), _ in measured[0].items():
        if not all((kind, name) in measures for measures in measured):
            continue
        values = [measures[kind, name] for measures in measured]
        for words, formula in (SIZED if kind == "size" else VALUED).items():
            if _follows(formula, values, ratios):
                causes.append(_Cause(words.format(name), len(set(values))))
    return causes


def _follows(
    formula: Callable[[float], float], values: Sequence[float], ratios: Sequence[float]
) -> bool:
    try:
        return all(
            math.isclose(formula(value), ratio, rel_tol=1e-5)
            for value, ratio in zip(values, ratios, strict=True)
        )
    except (ZeroDivisionError, ValueError, OverflowError):
        return False


def _measures(group: Group, pair: Pair) -> dict[tuple[str, str], float]:
    """All sizes and numbers of a case, by what to call them."""
    arguments, keywords = group.arguments(pair)
    names = [*group.names[: len(arguments)]]
    names += [f"argument {number + 1}" for number in range(len(names), len(arguments))]
    found: dict[tuple[str, str], float] = {}
    for name, value in [*zip(names, arguments, strict=True), *keywords.items()]:
        if isinstance(value, bool | str) or value is None:
            continue
        if isinstance(value, int | float | np.number):
            found["value", name] = float(value)
        elif isinstance(value, np.ndarray):
            found.update((("size", words), size) for words, size in _sizes(name, value.shape))
        elif isinstance(value, tuple | list):
            found["size", f"len({name})"] = len(value)
    for words, size in _sizes(group.path, pair.expected.shape):
        found["size", words] = size
    return found


def _sizes(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    for axis, size in enumerate(shape):
        yield f"{name}.shape[{axis}]", size
    if len(shape) > 1:
        yield f"{name}.size", math.prod(shape)
    if len(shape) > 2:
        yield f"{name}[0].size", math.prod(shape[1:])
    if len(shape) == 4:
        yield f"{name}[0, 0].size", math.prod(shape[2:])


def _cause_of(ratio: float, causes: Sequence[_Cause]) -> str:
    """What usually makes a factor that is the same in all cases."""
    several = [cause for cause in causes if cause.values > 1]
    if several:
        return text("check cause size", causes=_listed(several))
    for known, name in ((2.0, "twice"), (0.5, "half")):
        if math.isclose(ratio, known, rel_tol=1e-5):
            return text(f"check cause {name}")
    if causes:
        return text("check cause size perhaps", causes=_listed(causes))
    return text("check cause factor")


def _listed(causes: Sequence[_Cause]) -> str:
    return text("check or").join([cause.words for cause in causes[:2]])


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if 1e-3 < abs(value) < 1e5 else f"{value:.4g}"


# ---- places --------------------------------------------------------------------------------------


def borders(group: Group) -> Finding | None:
    """Only elements near the edges of a picture are wrong, and all of the inside is right."""
    axes = group.check.border_axes
    if not axes or not _have_axes(group, axes):
        return None
    widths = [_width(pair, axes) for pair in group.failing]
    regions = [
        _frame(pair.expected.shape, axes, width)
        for pair, width in zip(group.failing, widths, strict=True)
    ]
    shown = _place(group.failing, regions)
    if shown is None:
        return None
    words = text("check why borders", side=_side(group.failing, widths, axes))
    return Finding("borders", words, shown)


def _have_axes(group: Group, axes: Sequence[int]) -> bool:
    return all(
        -pair.expected.ndim <= axis < pair.expected.ndim for pair in group.failing for axis in axes
    )


def _width(pair: Pair, axes: Sequence[int]) -> int:
    """Of the narrowest frame in which all that is wrong lies."""
    width = 1
    while (pair.wrong & ~_frame(pair.expected.shape, axes, width)).any():
        width += 1
    return width


def _frame(shape: tuple[int, ...], axes: Sequence[int], width: int) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    for axis in axes:
        size = shape[axis]
        place = np.arange(size)
        near = (place < width) | (place >= size - width)
        mask |= near.reshape([-1 if number == axis % len(shape) else 1
                              for number in range(len(shape))])  # fmt: skip
    return mask


def _place(failing: Sequence[Pair], regions: Sequence[np.ndarray]) -> Pair | None:
    """Where it is seen best that all wrong elements lie in a region; None if that proves nothing.

    It proves something if there are right elements outside of it, other than 0, and so much of the
    arrays lies outside that wrong elements would hardly all be inside by chance.
    """
    chance, best, shown = 0.0, 0.0, None
    for pair, region in zip(failing, regions, strict=True):
        if (pair.wrong & ~region).any():
            return None
        meaningful = (exact(pair.expected) != 0) | pair.wrong
        outside = int((meaningful & ~region).sum())
        if not outside:
            continue  # all of a tiny case is border: it speaks neither for nor against
        share = 1 - outside / int(meaningful.sum())
        weight = -int(pair.wrong.sum()) * math.log(share)
        chance -= weight
        if weight > best:
            best, shown = weight, pair
    return shown if chance < math.log(BY_CHANCE) else None


def _side(failing: Sequence[Pair], widths: Sequence[int], axes: Sequence[int]) -> str:
    """Which edge is concerned, if it is a single one."""
    sides = [
        (axis, end)
        for axis in axes
        for end in ("first", "last")
        if all(_lies_at(pair, axis, end, w) for pair, w in zip(failing, widths, strict=True))
    ]
    return text(f"check side {sides[0][1]}", axis=sides[0][0]) if len(sides) == 1 else ""


def _lies_at(pair: Pair, axis: int, end: str, width: int) -> bool:
    """Whether all that is wrong lies at one end of an axis."""
    wrong = _along(pair.wrong, axis)
    return not (wrong[width:] if end == "first" else wrong[:-width]).any()


def one_step(group: Group) -> Finding | None:
    """Of a sequence, only the first or last step is wrong, or only it is right."""
    axis = group.check.step_axis
    if axis is None or not _have_axes(group, [axis]):
        return None
    failing = [pair for pair in group.failing if pair.expected.shape[axis] > 1]
    steps = [_along(pair.wrong, axis) for pair in failing]
    if len(failing) < len(group.failing) or max(map(len, steps), default=0) < 3:
        return None
    shown = max(failing, key=lambda pair: pair.expected.shape[axis])
    for name, picked in STEPS.items():
        if all((wrong == picked(len(wrong))).all() for wrong in steps):
            return Finding("one-step", text(f"check why {name}"), shown)
    return None


def _along(wrong: np.ndarray, axis: int) -> np.ndarray:
    """At which places of an axis something is wrong."""
    others = tuple(set(range(wrong.ndim)) - {axis % wrong.ndim})
    return np.asarray(wrong.any(axis=others))


def _only(place: int) -> Callable[[int], np.ndarray]:
    return lambda count: np.arange(count) == place % count


STEPS: dict[str, Callable[[int], np.ndarray]] = {
    "last right": lambda count: ~_only(-1)(count),
    "first right": lambda count: ~_only(0)(count),
    "last wrong": _only(-1),
    "first wrong": _only(0),
}
"""Which steps are wrong, by the name of the pattern."""


# ---- what the check knows ------------------------------------------------------------------------


def one_branch(group: Group) -> Finding | None:
    """Several paths should be added up, and the answer is one of them alone."""
    if group.check.branches is None or not group.is_first:
        return None
    parts = [_parts(group, pair) for pair in group.pairs]
    for place in (-1, 0, *range(1, max(map(len, parts)) - 1)):
        if all(_is_part(pair, part, place) for pair, part in zip(group.pairs, parts, strict=True)):
            count = max(map(len, parts))
            number = count if place == -1 else place + 1
            name = "last" if place == -1 else "first" if place == 0 else "other"
            words = text(f"check why branch {name}", number=number, count=count)
            return Finding("one-branch", words, max(group.failing, key=lambda p: p.expected.size))
    return None


def _parts(group: Group, pair: Pair) -> list[np.ndarray]:
    arguments, keywords = group.arguments(pair)
    assert group.check.branches is not None, "asked only where there are branches"
    return [np.asarray(part) for part in group.check.branches(*arguments, **keywords)]


def _is_part(pair: Pair, parts: Sequence[np.ndarray], place: int) -> bool:
    """Whether the answer is the part at a place; a case with another number of parts is not."""
    if not -len(parts) <= place < len(parts) or parts[place].shape != pair.yours.shape:
        return False
    return bool((np.abs(exact(pair.yours) - exact(parts[place])) <= pair.tolerance).all())


def zeros(group: Group) -> Finding | None:
    """All wrong elements are 0."""
    if any((exact(pair.yours)[pair.wrong] != 0).any() for pair in group.failing):
        return None
    wrong = sum(int(pair.wrong.sum()) for pair in group.failing)
    if wrong < ENOUGH or _variety(group.failing) < ENOUGH:
        return None
    shown = max(group.failing, key=lambda pair: int(pair.wrong.sum()))
    if all((exact(pair.yours) == 0).all() for pair in group.failing):
        return Finding("zeros", text("check why zeros"), shown)
    signs = [np.sign(exact(pair.expected)) for pair in group.failing]
    if all(
        ((sign < 0) == pair.wrong).all() for sign, pair in zip(signs, group.failing, strict=True)
    ):
        return Finding("zeros", text("check why cut off"), shown)
    return Finding("zeros", text("check why some zeros"), shown)


def ties(group: Group) -> Finding | None:
    """Only elements are wrong that depend on how equal values, or a kink, are treated."""
    if group.check.ties is None or not group.is_first:
        return None
    masks = []
    for pair in group.failing:
        arguments, keywords = group.arguments(pair)
        masks.append(np.asarray(group.check.ties(*arguments, **keywords), dtype=bool))
        if masks[-1].shape != pair.expected.shape:
            return None
    shown = _place(group.failing, masks)
    return None if shown is None else Finding("ties", text("check why ties"), shown)


# ---- other -------------------------------------------------------------------------------------


def transposed(group: Group) -> Finding | None:
    """Two axes of the same size have changed places."""
    most = min(pair.expected.ndim for pair in group.pairs)
    for first, second in combinations(range(most), 2):
        if all(_is_swapped(pair, first, second) for pair in group.pairs):
            if sum(int(pair.wrong.sum()) for pair in group.failing) < ENOUGH:
                continue
            words = text("check why transposed", first=first, second=second)
            return Finding("transposed", words, group.failing[0])
    return None


def _is_swapped(pair: Pair, first: int, second: int) -> bool:
    swapped = exact(pair.expected).swapaxes(first, second)
    if swapped.shape != pair.yours.shape:
        return False
    tolerance = pair.tolerance.swapaxes(first, second)
    return bool((np.abs(exact(pair.yours) - swapped) <= tolerance).all())


def float32_noise(group: Group) -> Finding | None:
    """The numbers were rounded to float32 on their way."""
    wrong = 0
    for pair in group.failing:
        yours, expected = exact(pair.yours), exact(pair.expected)
        if pair.expected.dtype != np.float64 or (yours != yours.astype(np.float32)).any():
            return None
        largest = np.abs(expected).max(initial=0.0)
        if np.abs(pair.difference).max(initial=0.0) > 1e-5 * largest:
            return None
        wrong += int(pair.wrong.sum())
    if wrong < ENOUGH:
        return None
    return Finding("float32-noise", text("check why float32"), group.failing[0])


PATTERNS: tuple[Callable[[Group], Finding | None], ...] = (
    factor, borders, one_step, one_branch, zeros, ties, transposed, float32_noise,
)  # fmt: skip
"""In the order in which they are tried."""
