"""Numbers with what they are, in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygen.io.messages import text

__all__ = ["print_rows", "print_table"]


def print_table(rows: Mapping[str, str]) -> None:
    """Print a line for each number.

    Parameters
    ----------
    rows : mapping of str to str
        What is shown, by the key of the message that says what it is.
    """
    width = max(len(text(key)) for key in rows)
    for key, value in rows.items():
        print(f"  {text(key):<{width}}  {value}")


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of several cells, the first at the left of its column, the others at the right.

    Parameters
    ----------
    rows : sequence of sequences of str
        All of one length.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([f"{first:<{widths[0]}}", *cells]))
