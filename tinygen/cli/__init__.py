"""The ``tinygen`` command.

Each command has a module, imported when it is called, so that asking for help costs nothing.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tinygen.cli.arguments import COURSE, TASKS, parser
from tinygen.cli.errors import FAILED, INTERRUPTED, WRONG_USAGE, RefusedError, UsageError
from tinygen.io.messages import text

__all__ = ["main"]

MODULES = {
    "demo": "demo",
    "train": "training",
    "evaluate": "evaluation",
    "generate": "generation",
    **{verb: f"tasks.{verb}" for verb in TASKS},
    **{verb: f"course.{verb}" for verb in COURSE},
    "data": "sets",
    "info": "info",
    "doctor": "doctor",
}
"""The module of each command; its ``run(options)`` returns the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words behind ``tinygen``; by default those of this process.

    Returns
    -------
    int
        The exit code: 0 if all went well, 1 if something failed, 2 if the command must be given in
        another way, 130 after Ctrl-C.
    """
    arguments = parser()
    options = _parsed(arguments, argv)
    if options.command is None:
        arguments.print_help(sys.stderr)
        return WRONG_USAGE
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _tell
            return _run(options)
    except KeyboardInterrupt:
        print(text("stopped"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not try to flush the rest of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _parsed(arguments: ArgumentParser, argv: Sequence[str] | None) -> Namespace:
    """The options, with pictures in whatever place they are named.

    The argparse of Python 3.11 and older takes them either before all options or behind them.
    """
    options, rest = arguments.parse_known_args(argv)
    if rest and (not hasattr(options, "images") or any(word.startswith("-") for word in rest)):
        arguments.error(text("unrecognized", words=" ".join(rest)))
    if rest:
        options.images = [*options.images, *map(Path, rest)]
    return options


def _run(options: Namespace) -> int:
    """Run the chosen command; what can be expected to fail ends with a message."""
    from tinygen.backend import BackendError
    from tinygen.data import DataError
    from tinygen.io import CheckpointError
    from tinygen.teach.cells import LessonError
    from tinygen.train import NonFiniteLossError

    try:
        code: int = importlib.import_module(f"tinygen.cli.{MODULES[options.command]}").run(options)
        sys.stdout.flush()
    except (UsageError, BackendError, LessonError) as error:
        return _failed(options, error, WRONG_USAGE)
    except BrokenPipeError:
        raise
    except (RefusedError, DataError, CheckpointError, NonFiniteLossError, OSError) as error:
        return _failed(options, error, FAILED)
    return code


def _failed(options: Namespace, error: Exception, code: int) -> int:
    print(text("failed", command=options.command, reason=error), file=sys.stderr)
    return code


def _tell(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning as a person reads it: without the line of the source."""
    print(text("note", message=message), file=sys.stderr)
