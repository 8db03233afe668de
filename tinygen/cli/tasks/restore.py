"""``tinygen restore``: take noise out of pictures, or make them twice as large."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from tinygen.cli.errors import RefusedError, UsageError
from tinygen.cli.options import Commands, positive
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["add_arguments", "run"]

TASKS = ("denoise", "enlarge")
"""They are the names of the models, too."""

SIGMA = 0.25
"""Of the noise that is added to clean pictures."""

COUNT = 50
"""Test pictures that are worked on."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    restore = task_command(commands, "restore")
    restore.add_argument("--task", choices=TASKS, default="denoise", help=text("restore help task"))
    restore.add_argument("--damage", action="store_true", help=text("restore help damage"))
    restore.add_argument(
        "--sigma", type=positive, metavar="S", help=text("restore help sigma", default=SIGMA)
    )


def run(options: Namespace) -> int:
    """Restore the user's pictures, or test pictures that are damaged first.

    Parameters
    ----------
    options : Namespace
        ``images``, ``task``, ``damage``, ``sigma``, ``model``, ``out``, ``seed``, ``device`` and
        ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model, or an option means nothing here.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    import tinygen as tg
    from tinygen.cli.tasks.comparing import compare
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import Report
    from tinygen.models import Model
    from tinygen.models.damage import add_noise, shrink
    from tinygen.tasks.restore import can_denoise, can_enlarge, denoise, enlarge

    is_noise, damages = options.task == "denoise", options.damage or not options.images
    if options.sigma is not None and not (is_noise and damages):
        raise UsageError(text("restore no sigma"))
    model: Any = given_model(
        options, options.task, Model, text(f"restore to {options.task}"),
        text("restore train", task=options.task),
    )  # fmt: skip
    if not (can_denoise if is_noise else can_enlarge)(model):
        raise RefusedError(
            text(f"restore unable {options.task}", source=options.model, model=model.name)
        )
    takes = model.picture_shape if is_noise or damages else model.damaged_shape
    given = given_pictures(options, takes, COUNT)
    report = Report(
        "restore",
        options.out,
        text(f"restore title {options.task}"),
        text(
            f"restore lead {options.task}", count=len(given.pictures), source=given.source,
            model=model.name,
        ),
    )  # fmt: skip
    sigma = options.sigma or SIGMA
    tg.manual_seed(options.seed)
    with refusing():
        before = given.pictures
        if damages:
            before = add_noise(before, sigma) if is_noise else shrink(before)
        after = (denoise if is_noise else enlarge)(model, before)
    report.numbers(model=model.name, source=given.source, task=options.task)
    own = text("restore model", model=model.name)
    if damages:
        if is_noise:
            report.numbers(sigma=sigma)
            report.note(text("restore note noise", sigma=sigma, seed=options.seed))
        made = {**_baselines(is_noise, before, given.pictures), own: after}
        compare(report, given.pictures, given.labels, made)
    report.pictures(
        text("restore heading"),
        text(f"restore caption {options.task}"),
        _columns(is_noise, before, after, given.pictures if damages else None),
        given.names,
    )
    for note in given.notes:
        report.note(note)
    report.save()
    return 0


def _baselines(is_noise: bool, before: Tensor, clean: Tensor) -> dict[str, Tensor]:
    """What can be had without a model, by its name."""
    from tinygen.tasks.filters import bicubic
    from tinygen.tasks.restore import best_filter

    if not is_noise:
        return {text("restore bicubic"): bicubic(before)}
    made = {text("restore noisy"): before}
    for kind in ("gaussian", "median"):
        best = best_filter(kind, before, clean)
        made[text(f"restore {kind}", setting=best.setting)] = best.pictures
    return made


def _columns(
    is_noise: bool, before: Tensor, after: Tensor, clean: Tensor | None
) -> dict[str, Tensor]:
    """What the page shows beside each other; a small picture is compared when enlarged."""
    from tinygen.cli.tasks.report import difference
    from tinygen.tasks.filters import bicubic

    columns = {"before": before}
    if not is_noise:
        columns["bicubic"] = bicubic(before)
    columns["after"] = after
    columns["difference"] = difference(before if is_noise else columns["bicubic"], after)
    return columns if clean is None else {**columns, "clean": clean}
