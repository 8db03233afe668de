"""``tinygen complete``: hide a part of pictures, and let a model fill it in."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.cli.errors import RefusedError, UsageError
from tinygen.cli.options import Commands, at_least
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.cli.tasks.inputs import Given
    from tinygen.cli.tasks.report import Report
    from tinygen.models import Model
    from tinygen.tensors import Tensor

__all__ = ["add_arguments", "run"]

MODEL = "vae"
"""The model that comes with tinygen and is the fastest at it."""

NAMED = ("lower", "centre", "random")
"""The masks that have names: the keys of :data:`tinygen.tasks.masks.MASKS`, which is not imported
only to show the help."""

SAMPLES = 3
"""Different completions of each picture."""

COUNT, SHOWN = 100, 12
"""Test pictures that are completed, and those of them on the page."""

UNKNOWN = 0.5
"""The shade of what is missing, in pictures for people."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    complete = task_command(commands, "complete")
    complete.add_argument(
        "--mask", default=NAMED[0], metavar="NAME_OR_FILE",
        help=text("complete help mask", names=", ".join(NAMED), default=NAMED[0]),
    )  # fmt: skip
    complete.add_argument(
        "--samples", type=at_least(1), metavar="N",
        help=text("complete help samples", default=SAMPLES),
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Complete the user's pictures, or test pictures.

    Parameters
    ----------
    options : Namespace
        ``images``, ``mask``, ``samples``, ``model``, ``out``, ``seed``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no such model or mask.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    import tinygen as tg
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import Report
    from tinygen.tasks.complete import can_complete, complete, is_random, needs_labels
    from tinygen.tasks.masks import check_mask

    model = given_model(options, MODEL, can_complete, text("complete what", names=_able()))
    if needs_labels(model):
        raise RefusedError(text("complete needs labels", source=options.model, model=model.name))
    tg.manual_seed(options.seed)
    mask = _mask(options, model.picture_shape)
    with refusing():
        check_mask(mask, model.picture_shape)
    given = given_pictures(options, model.picture_shape, COUNT)
    report = Report(
        "complete",
        options.out,
        text("complete title"),
        text(
            "complete lead", count=len(given.pictures), source=given.source, model=model.name,
            hidden=_hidden(options.mask),
        ),
    )  # fmt: skip
    samples = options.samples or (SAMPLES if is_random(model) else 1)
    with refusing():
        made = complete(model, given.pictures, mask, samples=samples)
    made = made.reshape(len(given.pictures), samples, *model.picture_shape)
    report.numbers(
        model=model.name, source=given.source, mask=options.mask, samples=samples,
        seed=options.seed, missing=int(mask.sum().item()),
    )  # fmt: skip
    fills: Mapping[str, Tensor] = {}
    if given.labels is not None:
        fills = _compare(report, model, given, mask, made)
    _show(report, given, mask, made, fills)
    for note in given.notes:
        report.note(note)
    report.save()
    return 0


def _able() -> str:
    """The names of the models that can complete pictures."""
    from tinygen.models import MODELS
    from tinygen.tasks.complete import WAYS

    return ", ".join(name for name, kind in MODELS.items() if issubclass(kind, tuple(WAYS)))


def _mask(options: Namespace, picture_shape: tuple[int, int, int]) -> Tensor:
    """The mask that has this name, or that is in this file."""
    import tinygen as tg
    from tinygen.cli.tasks.inputs import given_mask
    from tinygen.tasks.masks import named_mask

    if options.mask in NAMED:
        return named_mask(options.mask, picture_shape, options.device)
    if not Path(options.mask).exists():
        names = ", ".join(NAMED)
        raise UsageError(text("complete no mask", given=options.mask, names=names))
    return tg.tensor(given_mask(options, picture_shape), device=options.device)


def _hidden(mask: str) -> str:
    """What is missing, in words."""
    if mask in NAMED:
        return text(f"complete mask {mask}")
    return text("complete mask file", path=mask)


def _compare(
    report: Report, model: Model, given: Given, mask: Tensor, made: Tensor
) -> dict[str, Tensor]:
    """Put into the report, and print, how near it comes beside what needs no model; return that."""
    from tinygen.cli.judging import judge_of
    from tinygen.cli.tables import print_rows
    from tinygen.cli.tasks.retrieve import training_pictures
    from tinygen.tasks.complete import completeness, mean_fill, nearest_fill
    from tinygen.tasks.fidelity import fidelity
    from tinygen.train.recipe import pictures_of

    known = training_pictures(model.picture_shape, offline=True)
    examples, true, samples = pictures_of(known.train_images), given.pictures, made.shape[1]
    fills = {
        "mean": mean_fill(true, mask, examples),
        "nearest": nearest_fill(true, mask, examples),
    }
    judge = judge_of(known)
    if judge is not None:
        judge.to(true.device)
    scores = {
        text("complete mean", count=len(examples)): fills["mean"],
        text("complete nearest"): fills["nearest"],
    }
    if samples > 1:
        scores[text("complete averaged", samples=samples)] = made.mean(1)
    scores[text("complete model", model=model.name)] = made[:, 0]
    head = [text("complete column what"), text("complete column psnr")]
    rows, found = [], {}
    for name, pictures in scores.items():
        one = completeness(true, pictures, mask, given.labels, judge)
        found[name] = one._asdict()
        rows.append([name, text("complete decibels", value=one.psnr)])
        if one.recovered is not None:
            rows[-1].append(text("complete share", value=one.recovered))
    note = text("complete note numbers")
    if judge is not None:
        head.append(text("complete column recovered"))
        share = fidelity(true, true, given.labels, judge).accuracy
        note += text("complete note judge", share=share)
    report.table(text("complete heading numbers", count=len(true)), head, rows, note)
    report.numbers(count=len(true), scores=found)
    print_rows([head, *rows])
    return fills


def _show(
    report: Report, given: Given, mask: Tensor, made: Tensor, fills: Mapping[str, Tensor]
) -> None:
    """Put pictures into the report: all of the user's, or the first test pictures."""
    import tinygen as tg
    from tinygen.cli.tasks.report import difference

    samples = made.shape[1]
    shown = len(given.names) if given.labels is None else min(SHOWN, len(given.names))
    columns = {
        "original": given.pictures,
        "before": tg.where(mask, UNKNOWN, given.pictures),
        **fills,
        "after": made[:, 0],
        **{f"after {number + 1}": made[:, number] for number in range(1, samples)},
        "difference": difference(given.pictures, made[:, 0]),
    }
    more = text("complete caption samples", samples=samples) if samples > 1 else ""
    report.pictures(
        text("complete heading"),
        text("complete caption") + more,
        {name: pictures[:shown] for name, pictures in columns.items()},
        given.names[:shown],
    )
    if shown < len(given.names):
        report.note(text("complete note shown", count=shown))
