"""How much of a text was read rightly. A text is a string, or any sequence of labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tinygen.metrics.checks import as_host

__all__ = ["character_error_rate", "edit_distance"]


def edit_distance(a: Any, b: Any) -> int:
    """The fewest insertions, deletions and substitutions that turn a into b (V. Levenshtein, 1966).

    ``D[i, j] = min(D[i-1, j] + 1, D[i, j-1] + 1, D[i-1, j-1] + (a_i != b_j))`` over all beginnings
    of a and b, row by row (R. Wagner and M. Fischer, "The String-to-String Correction Problem",
    1974). Time grows with ``len(a) * len(b)``.

    Parameters
    ----------
    a, b : str or sequence
        Strings, or lists, arrays or tensors of labels.

    Returns
    -------
    int

    Examples
    --------
    >>> edit_distance("kitten", "sitting")
    3
    """
    a, b = _symbols(a), _symbols(b)
    above = list(range(len(b) + 1))
    for i, of_a in enumerate(a, start=1):
        row = [i]
        for j, of_b in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (of_a != of_b)))
        above = row
    return int(above[-1])


def character_error_rate(true: Any, predicted: Any) -> float:
    """The edit distance to the true text, divided by the length of the true text.

    Of several texts the distances and the lengths are added up first, so that each character
    counts alike, whatever text it stands in.

    Parameters
    ----------
    true, predicted : str, or sequences of str or of sequences of labels
        One text, or equally many.

    Returns
    -------
    float
        From 0; above 1 where more was read than is there. Where the true texts are empty it is 0
        if nothing was read, else infinite.

    Examples
    --------
    >>> character_error_rate(["123", "4567"], ["12", "4568"])
    0.2857142857142857
    """
    if isinstance(true, str) != isinstance(predicted, str):
        raise TypeError(
            "true and predicted must both be one string, or both be lists of texts, got "
            f"{type(true).__name__} and {type(predicted).__name__}"
        )
    if isinstance(true, str):
        true, predicted = [true], [predicted]
    if len(true) != len(predicted) or not len(true):
        raise ValueError(
            "a predicted text is needed for each true text, and one at least, got "
            f"{len(true)} true and {len(predicted)} predicted"
        )
    errors = sum(edit_distance(a, b) for a, b in zip(true, predicted, strict=True))
    length = sum(map(len, true))
    if length:
        return errors / length
    return math.inf if errors else 0.0


def _symbols(text: Any) -> Sequence[Any]:
    """The text as something to go through symbol by symbol."""
    if isinstance(text, (str, list, tuple)):
        return text
    symbols = as_host(text, "a text")
    if symbols.ndim == 0:
        raise TypeError(f"a text is a string or a sequence of labels, got {text!r}")
    return list(symbols.tolist())
