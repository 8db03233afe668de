"""Numbers with what they are, in columns."""

from __future__ import annotations

from collections.abc import Mapping

from tinygen.io.messages import text

__all__ = ["print_table"]


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
