"""What can be typed behind the command of a task, and its help."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tinygen.cli.options import Commands, add_common, explained, wrapped
from tinygen.io.messages import text

__all__ = ["task_command"]


def task_command(
    commands: Commands[ArgumentParser], verb: str, images: bool = True, **values: Any
) -> ArgumentParser:
    """The command of a task, with the options that all of them have.

    These are ``IMAGE...`` (``options.images``, a list of Paths, empty if none is given),
    ``--model`` (``options.model``, None if it is not given), ``--out``, ``--seed`` (0),
    ``--device`` and ``--offline``.

    Parameters
    ----------
    commands : Commands
        What ``add_arguments`` of a task's command is given.
    verb : str
        Messages are looked up by it: "VERB help" (a few words), "VERB help long" (a paragraph) and
        "VERB help epilog" (examples, whose first line is "examples:", and lines such as
        "  tinygen VERB ...").
    images : bool
        Whether it takes pictures of the user's.
    **values
        For the names in braces of the last two messages.

    Returns
    -------
    ArgumentParser
        To which the task's own arguments are to be added; :mod:`tinygen.cli.options` has kinds of
        values for them.
    """
    made = explained(
        commands, verb, text(f"{verb} help"), wrapped(f"{verb} help long", **values),
        text(f"{verb} help epilog", **values),
    )  # fmt: skip
    if images:
        made.add_argument(
            "images", type=Path, nargs="*", metavar="IMAGE", help=text("own help images")
        )
    made.add_argument("--model", metavar="NAME_OR_CHECKPOINT", help=text("own help model"))
    add_common(made, out=Path(f"tinygen-{verb}"), seed=0)
    return made
