"""``tinygen translate``: digits from outlines, colours from grey."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import NamedTuple

from tinygen.cli.errors import RefusedError, UsageError
from tinygen.cli.options import Commands
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

__all__ = ["add_arguments", "run"]


class Target(NamedTuple):
    """What can be made: of what, by which model that comes with tinygen, and how to train one."""

    origin: str
    model: str
    train: str


TARGETS = {
    "digit": Target("edges", "pix2pix", "tinygen train pix2pix"),
    "colour": Target(
        "grey", "colourize", "tinygen train unet --data cifar10 --set task=colourize"
    ),
}  # fmt: skip

COUNT = 50
"""Test pictures that are worked on."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    translate = task_command(commands, "translate")
    translate.add_argument(
        "--to", choices=tuple(TARGETS), default="digit", help=text("translate help to")
    )
    translate.add_argument("--edges", action="store_true", help=text("translate help edges"))


def run(options: Namespace) -> int:
    """Translate the user's pictures, or test pictures.

    Parameters
    ----------
    options : Namespace
        ``images``, ``to``, ``edges``, ``model``, ``out``, ``seed``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model, or nothing to translate.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    from tinygen.cli.tasks.comparing import compare
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import Report, difference
    from tinygen.models import Model
    from tinygen.tasks.translate import source, translate, translates_from

    target = TARGETS[options.to]
    if options.edges and not (options.images and target.origin == "edges"):
        raise UsageError(text("translate no edges"))
    model = given_model(
        options, target.model, Model, text(f"translate to {options.to}"), target.train
    )
    if translates_from(model) != target.origin:
        raise RefusedError(
            text(f"translate unable {options.to}", source=options.model, model=model.name)
        )
    shape = model.damaged_shape if options.edges else model.picture_shape
    given = given_pictures(options, shape, COUNT, fit="whole" if options.edges else None)
    report = Report(
        "translate",
        options.out,
        text(f"translate title {options.to}"),
        text(
            f"translate lead {options.to}",
            count=len(given.pictures),
            source=given.source,
            model=model.name,
        ),
    )
    with refusing():
        before = given.pictures > 0.5 if options.edges else source(model, given.pictures)
        before = before.to(given.pictures.dtype)
        after = translate(model, before)
    same = before.expand(*after.shape)
    columns = {"before": before, "after": after, "difference": difference(same, after)}
    if not options.edges:
        columns["picture"] = given.pictures
    report.numbers(model=model.name, source=given.source)
    if given.labels is not None:
        own = text("restore model", model=model.name)
        made = {text(f"translate baseline {options.to}"): before, own: after}
        compare(report, given.pictures, given.labels, made)
    report.pictures(
        text("translate heading"), text(f"translate caption {options.to}"), columns, given.names
    )
    for note in given.notes:
        report.note(note)
    report.save()
    return 0
