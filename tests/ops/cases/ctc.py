"""Cases of tinygen/ops/more/ctc.py, against the enumeration of all paths."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.cases.loss import REDUCTIONS
from tests.ops.registry import Call, arrays, case


def read(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    """What a path says: without repetitions first, without blanks then."""
    return tuple(letter for letter, _ in itertools.groupby(path) if letter != blank)


def probability(log_probs: np.ndarray, text: tuple[int, ...], blank: int) -> float:
    """Of a text, from log-probabilities (T, C): the sum over all C ** T paths."""
    steps, letters = log_probs.shape
    return sum(
        math.exp(sum(log_probs[step, letter] for step, letter in enumerate(path)))
        for path in itertools.product(range(letters), repeat=steps)
        if read(path, blank) == text
    )


def ctc_loss(
    log_probs: np.ndarray,
    targets: np.ndarray,
    input_lengths: Any,
    target_lengths: Any,
    blank: int,
    reduction: str,
    zero_infinity: bool,
) -> np.ndarray:
    """A text after the other."""
    ends = np.cumsum(target_lengths)
    losses = []
    for number, (steps, length) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        row = targets[ends[number] - length :] if targets.ndim == 1 else targets[number]
        text = tuple(int(letter) for letter in row[:length])
        share = probability(log_probs[:steps, number], text, blank)
        losses.append(-math.log(share) if share else 0.0 if zero_infinity else math.inf)
    divided = np.divide(losses, np.maximum(target_lengths, 1))
    totals = {"none": np.array(losses), "sum": np.sum(losses), "mean": np.mean(divided)}
    return np.asarray(totals[reduction])


@st.composite
def texts(draw: Any, possible: bool = True) -> Call:
    """Log-probabilities that need not add up to 1, and texts of all lengths in either form."""
    letters, steps = draw(st.sampled_from([(2, 6), (3, 4), (4, 3), (2, 1)]))
    count = draw(st.integers(1, 3))
    blank = draw(st.sampled_from([0, letters - 1]))
    others = [letter for letter in range(letters) if letter != blank]
    of_input = draw(st.lists(st.integers(1, steps), min_size=count, max_size=count))
    rows = []
    for own in of_input:
        row = draw(st.lists(st.sampled_from(others), max_size=own if possible else steps))
        repeats = sum(a == b for a, b in itertools.pairwise(row))
        rows.append(row[: max(own - repeats, 0)] if possible else row)
    lengths = [len(row) for row in rows]
    if draw(st.booleans()):
        targets = np.array([letter for row in rows for letter in row], np.int64)
    else:
        targets = np.full((count, max(lengths)), -1, np.int64)
        for place, row in zip(targets, rows, strict=True):
            place[: len(row)] = row
    as_arrays = draw(st.booleans())
    of_input, lengths = (np.array(x) if as_arrays else x for x in (of_input, lengths))
    options = {"blank": blank, "reduction": draw(REDUCTIONS), "zero_infinity": not possible}
    log_probs = draw(arrays((steps, count, letters)))
    return Call((log_probs, targets, of_input, lengths), options)


case("more.ctc_loss", texts(), ctc_loss)
case("more.ctc_loss", texts(possible=False), ctc_loss)
