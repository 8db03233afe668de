"""What commands have in common: how they explain themselves, shared options, kinds of values."""

from __future__ import annotations

import math
import textwrap
from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    RawDescriptionHelpFormatter,
    _SubParsersAction,
)
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tinygen.io.messages import text

__all__ = [
    "Commands", "add_common", "add_device", "add_name", "add_offline", "add_seed", "at_least",
    "command", "explained", "list_of_words", "not_negative", "positive", "wrapped",
]  # fmt: skip

WIDTH = 90
"""Letters in a line of help."""

Commands = _SubParsersAction  # argparse has no public name for it


def command(commands: Commands[ArgumentParser], name: str, **values: Any) -> ArgumentParser:
    """A command with its help and its examples.

    Parameters
    ----------
    commands : Commands
    name : str
        Messages are looked up by it: "help NAME", "help NAME long" and "help NAME epilog".
    **values
        For the names in braces of the last two.

    Returns
    -------
    ArgumentParser
        To which its arguments are to be added.
    """
    return explained(
        commands, name, text(f"help {name}"), wrapped(f"help {name} long", **values),
        text(f"help {name} epilog", **values),
    )  # fmt: skip


def explained(
    commands: Commands[ArgumentParser], name: str, short: str, long: str, epilog: str
) -> ArgumentParser:
    """A command with these few words in the list of commands, this paragraph and these examples."""
    return commands.add_parser(
        name,
        help=short,
        description=long,
        epilog=epilog,
        formatter_class=RawDescriptionHelpFormatter,
    )


def wrapped(key: str, **values: Any) -> str:
    """A paragraph; only the examples below it keep their lines."""
    return textwrap.fill(text(key, **values), WIDTH)


# ---- options that several commands have --------------------------------------------------------


def add_common(to: ArgumentParser, out: Path, seed: int | None) -> None:
    """``--out``, ``--seed``, ``--device`` and ``--offline``."""
    to.add_argument("--out", type=Path, default=out, metavar="DIR", help=text("help option out"))
    add_seed(to, seed)
    add_device(to)
    add_offline(to)


def add_seed(to: ArgumentParser, default: int | None, message: str = "help option seed") -> None:
    """``--seed``: a whole number of at least 0."""
    to.add_argument(
        "--seed", type=at_least(0), default=default, metavar="S", help=text(message, default=0)
    )


def add_device(to: ArgumentParser) -> None:
    """``--device``: cpu or cuda."""
    to.add_argument(
        "--device", choices=("cpu", "cuda"), default="cpu", help=text("help option device")
    )


def add_offline(to: ArgumentParser) -> None:
    """``--offline``: never ask the network."""
    to.add_argument("--offline", action="store_true", help=text("help option offline"))


def add_name(to: ArgumentParser, names: Sequence[str]) -> None:
    """The name of a data set, one of these."""
    to.add_argument("name", metavar="NAME", help=text("help option name", names=", ".join(names)))


# ---- kinds of values ---------------------------------------------------------------------------


def at_least(minimum: int) -> Callable[[str], int]:
    """Read an argument that is a whole number from a minimum on."""

    def read(given: str) -> int:
        try:
            number = int(given)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise ArgumentTypeError(text("not a whole number", given=given, minimum=minimum))
        return number

    return read


def positive(given: str) -> float:
    """Read a number above 0."""
    number = _number(given)
    if not 0 < number < math.inf:
        raise ArgumentTypeError(text("not positive", given=given))
    return number


def not_negative(given: str) -> float:
    """Read a number of at least 0."""
    number = _number(given)
    if not 0 <= number < math.inf:
        raise ArgumentTypeError(text("negative", given=given))
    return number


def _number(given: str) -> float:
    """NaN for what is none."""
    try:
        return float(given)
    except ValueError:
        return math.nan


def list_of_words(given: str) -> list[str]:
    """Read words between commas."""
    words = [word.strip() for word in given.split(",")]
    if not all(words):
        raise ArgumentTypeError(text("not a list", given=given))
    return words
