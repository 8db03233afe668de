"""The ``tinygen`` command.

Each command has a module, imported when it is called, so that asking for help costs nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["INTERRUPTED", "main"]

USAGE_ERROR = 2
INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended: 128 plus the signal's number."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words behind ``tinygen``; by default those of this process.

    Returns
    -------
    int
        The exit code: 0 if all went well, 1 if it did not, 2 if something has to be called or set
        up differently, 130 after Ctrl-C.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        if options.command == "demo":
            return _demo(options)
        if options.command == "doctor":
            return _doctor()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    parser.print_help(sys.stderr)
    return USAGE_ERROR


def _demo(options: argparse.Namespace) -> int:
    from tinygen.backend import BackendError
    from tinygen.cli.demo import run
    from tinygen.data import DataError

    try:
        return run(options.out, options.epochs, options.seed, options.device)
    except (BackendError, DataError, OSError) as error:
        print(f"tinygen demo: {error}", file=sys.stderr)
        return USAGE_ERROR


def _doctor() -> int:
    from tinygen.cli.doctor import run

    return run()


def _parser() -> argparse.ArgumentParser:
    from tinygen import __version__

    parser = argparse.ArgumentParser(
        prog="tinygen",
        description="Learn how images are generated and edited by neural networks.",
        epilog="Start with: tinygen demo",
    )
    parser.add_argument("--version", action="version", version=f"tinygen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="train a small network to read digits, in about a minute",
        description="Train a small convolutional network to read handwritten digits, test it on "
        "digits that it has not seen, and save a picture of what it got right and wrong. It uses "
        "MNIST where it finds it (see tinygen doctor), and digits drawn by a program otherwise.",
    )
    demo.add_argument(
        "--out", type=Path, default=Path("demo"), metavar="DIR",
        help="the folder for the picture (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument(
        "--epochs", type=_at_least(1), default=1, metavar="N",
        help="how often to go through the training digits (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument(
        "--seed", type=_at_least(0), default=0, metavar="S",
        help="for the first weights and the order of the digits (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument(
        "--device", choices=("cpu", "cuda"), default="cpu",
        help="cuda is an NVIDIA GPU through CuPy (default: %(default)s)",
    )  # fmt: skip

    commands.add_parser(
        "doctor",
        help="what is installed, what works, and what to do about the rest",
        description="Say what is installed, what works, and what to do about the rest. "
        "The exit code is 0 if tinygen works on the CPU.",
    )
    return parser


def _at_least(minimum: int) -> Callable[[str], int]:
    """Read an argument that is a whole number from a minimum on."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of at least {minimum}"
            )
        return number

    return read
