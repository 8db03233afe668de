"""``tinygen edit``: change one thing of pictures and keep the rest."""

from __future__ import annotations

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.cli.errors import RefusedError, UsageError
from tinygen.cli.options import Commands, at_least
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.cli.tasks.inputs import Given
    from tinygen.cli.tasks.report import Report
    from tinygen.models import Classifier, Model
    from tinygen.tasks.edit import Latent
    from tinygen.tensors import Tensor

__all__ = ["ATTRIBUTES", "add_arguments", "run"]

ATTRIBUTES = ("ink", "thickness", "slant", "width", "height")
"""What can be moved: the keys of :data:`tinygen.tasks.attributes.ATTRIBUTES`."""

COUNT = 16
"""Test pictures that are worked on."""

DRAWN = 2000
"""Pictures of the model's own in which it is found where an attribute grows."""

STRENGTH = 2.0
"""Standard deviations of an attribute."""

ROWS = 7
"""Rows that stay: with more of them the old digit is too plain for another label."""

STEPS = 9
"""Pictures in a row of the strips, from one end to the other."""

IN_STRIP = 8
"""Rows of a strip."""

SIDE = 96
"""Pixels of a side of pictures of the user's that get another style: larger takes long."""

STYLED = 4
"""Test pictures that get another style."""

DIGITS = 10
"""Classes that the judge knows."""

READ = (1, 28, 28)
"""The shape of the pictures that the judge reads."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    edit = task_command(commands, "edit")
    what = edit.add_mutually_exclusive_group(required=True)
    what.add_argument("--attribute", choices=ATTRIBUTES, help=text("edit help attribute"))
    what.add_argument("--label", type=at_least(0), metavar="CLASS", help=text("edit help label"))
    what.add_argument("--between", type=Path, metavar="OTHER", help=text("edit help between"))
    what.add_argument("--style", type=Path, metavar="STYLE", help=text("edit help style"))
    edit.add_argument(
        "--strength", type=_finite, metavar="S", help=text("edit help strength", default=STRENGTH)
    )
    edit.add_argument(
        "--rows", type=at_least(0), metavar="K", help=text("edit help rows", default=ROWS)
    )


def _finite(given: str) -> float:
    """Read a number, which may be negative."""
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentTypeError(text("edit not a number", given=given))
    return number


def run(options: Namespace) -> int:
    """Edit the user's pictures, or test pictures.

    Parameters
    ----------
    options : Namespace
        ``images``, one of ``attribute``, ``label``, ``between`` and ``style``, ``strength``,
        ``rows``, ``model``, ``out``, ``seed``, ``device`` and ``offline``.

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

    if options.strength is not None and options.attribute is None:
        raise UsageError(text("edit no strength"))
    if options.rows is not None and options.label is None:
        raise UsageError(text("edit no rows"))
    tg.manual_seed(options.seed)
    if options.attribute is not None:
        report = _attribute(options)
    elif options.label is not None:
        report = _label(options)
    elif options.between is not None:
        report = _between(options)
    else:
        report = _style(options)
    report.save()
    return 0


# ---- an attribute ------------------------------------------------------------------------------


def _attribute(options: Namespace) -> Report:
    """A step along the vector of an attribute."""
    import numpy as np

    from tinygen.cli.tasks.inputs import refusing
    from tinygen.metrics import spearman_correlation
    from tinygen.tasks.attributes import ATTRIBUTES as MEASURES
    from tinygen.tasks.edit import attribute_vector, codes_of, draw, pictures_of, random_edit

    model = _latent_model(options, "cgan")
    given = _given(options, model)
    reader, strength = _reader(model), STRENGTH if options.strength is None else options.strength
    labels = _labels(model, given, reader)
    measure, told = MEASURES[options.attribute], labels if model.classes else None
    with refusing():
        drawn = draw(model, DRAWN)
        known = drawn.labels or (reader.predict(drawn.pictures).numpy() if reader else None)
        vector = attribute_vector(drawn.codes, measure(drawn.pictures), known)
        codes = codes_of(model, given.pictures, told)
        strengths = [strength * share for share in np.linspace(-1, 1, STEPS).tolist()]
        strip = [pictures_of(model, codes, told, vector, one) for one in strengths]
    rebuilt, after = strip[STEPS // 2], strip[-1]

    report = _report(
        options, "attribute", given, model=model.name, attribute=text(f"edit {options.attribute}"),
        strength=strength,
    )  # fmt: skip
    noisy = random_edit(given.pictures, after)
    made = {"edit noise": noisy, "edit rebuilt": rebuilt, "edit after": after}
    _tell(report, given.pictures, made, reader, labels)
    values = np.stack([measure(pictures) for pictures in strip], 1)
    whole = values[np.isfinite(values).all(1)] if strength else []
    report.numbers(
        strengths=strengths, values=values.mean(0),
        order=[spearman_correlation(strengths, one) for one in whole],
    )  # fmt: skip
    _show(report, given, after, "rebuilt", rebuilt)
    _strip(report, "attribute", strip, [f"{one:+.3g}" for one in strengths], text("edit strength"))
    return report


# ---- another label -----------------------------------------------------------------------------


def _label(options: Namespace) -> Report:
    """Another class, in the way of the model's family."""
    from tinygen.cli.tasks.inputs import given_model, refusing
    from tinygen.models import GAN, Classifier
    from tinygen.models.made import Autoregressive
    from tinygen.models.vae import VariationalAutoencoder
    from tinygen.tasks.edit import gradient_edit, random_edit, redraw_rows

    families = (GAN, VariationalAutoencoder, Classifier, Autoregressive)
    model: Any = given_model(
        options, "cgan", lambda model: isinstance(model, families), text("edit to label")
    )
    if options.rows is not None and not isinstance(model, Autoregressive):
        raise UsageError(text("edit no rows"))
    classes = model.output.out_features if isinstance(model, Classifier) else model.classes
    if options.label >= (classes or DIGITS):
        last = (classes or DIGITS) - 1
        raise UsageError(text("no such label", given=options.label, last=last, known=""))
    given = _given(options, model)
    before, aims = given.pictures, [options.label] * len(given.pictures)
    reader = _reader(model)
    labels = _labels(model, given, reader)
    made: dict[str, Tensor] = {}
    with refusing():
        if isinstance(model, Classifier):
            way, after = "gradient", gradient_edit(model, before, aims)
        elif isinstance(model, Autoregressive):
            way, rows = "rows", ROWS if options.rows is None else options.rows
            after = redraw_rows(model, before, rows, aims)
        else:
            way = "codes"
            made["edit rebuilt"], after = _relabelled(model, before, labels, aims, reader)
        made = {"edit noise": random_edit(before, after), **made, "edit after": after}
    report = _report(options, "label", given, model=model.name, label=options.label)
    report.note(text(f"edit way {way}", rows=ROWS if options.rows is None else options.rows))
    _tell(report, before, made, reader, aims)
    report.numbers(way=way)
    rebuilt = made.get("edit rebuilt")
    _show(report, given, after, "plain" if rebuilt is None else "rebuilt", rebuilt)
    return report


def _relabelled(
    model: Latent, pictures: Tensor, labels: Any, aims: list[int], reader: Classifier | None
) -> tuple[Tensor, Tensor]:
    """What the model makes of pictures, and of them under other labels."""
    from tinygen.tasks.edit import class_vectors, codes_of, draw, pictures_of

    if model.classes is not None:
        codes = codes_of(model, pictures, labels)
        return pictures_of(model, codes, labels), pictures_of(model, codes, aims)
    if reader is None:
        raise ValueError(text("edit no reader", model=model.name))
    drawn, codes = draw(model, DRAWN), codes_of(model, pictures)
    places = class_vectors(drawn.codes, reader.predict(drawn.pictures))
    return pictures_of(model, codes), pictures_of(model, codes, None, places[aims] - places[labels])


# ---- between two pictures ----------------------------------------------------------------------


def _between(options: Namespace) -> Report:
    """The way from each picture to another one."""
    from tinygen.cli.tasks.inputs import refusing
    from tinygen.data.own import read_pictures
    from tinygen.tasks.edit import blend, interpolate

    model = _latent_model(options, "vae")
    if model.classes is not None:
        raise RefusedError(text("edit no way", model=model.name))
    other = read_pictures([options.between], model.picture_shape)
    given = _given(options, model)
    before = given.pictures
    last = _floats(other.pictures[:1], options.device).expand(*before.shape)
    with refusing():
        path, faded = interpolate(model, before, last, STEPS), blend(before, last, STEPS)
    half = STEPS // 2
    after = path[:, half]
    report = _report(options, "between", given, model=model.name, other=options.between.name)
    made = {"edit blend": faded[:, half], "edit halfway": after}
    _tell(report, before, made, _reader(model))
    _show(report, given, after, "between", other=last)
    for name, way in (("codes", path), ("blend", faded)):
        frames = [way[:, step] for step in range(STEPS)]
        times = [f"{step / (STEPS - 1):.3g}" for step in range(STEPS)]
        _strip(report, name, frames, times, text("edit share"))
    for note in other.notes:
        report.note(note)
    return report


# ---- another style -----------------------------------------------------------------------------


def _style(options: Namespace) -> Report:
    """The style of a picture for the content of others."""
    from tinygen.cli.tables import print_rows
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.data.own import read_pictures
    from tinygen.models import Classifier
    from tinygen.tasks.edit import blend
    from tinygen.tasks.edit.style import (
        classifier_maps,
        random_maps,
        style_losses,
        style_transfer,
    )

    channels, maps = 3, None
    if options.model is not None:
        model: Any = given_model(options, None, Classifier, text("edit to style"))
        channels = model.picture_shape[0]
        with refusing():
            maps = classifier_maps(model)
    shape = (channels, SIDE, SIDE) if options.images else (channels, *_test_sides(channels))
    fit = "middle" if channels == 3 else "whole"
    other = read_pictures([options.style], shape, fit)
    given = given_pictures(options, shape, STYLED, fit)
    before, style = given.pictures, _floats(other.pictures[:1], options.device)
    with refusing():
        after = style_transfer(before, style, maps or random_maps(channels, device=before.device))
    report = _report(
        options, "style", given, model=options.model or text("edit random"),
        other=options.style.name,
    )  # fmt: skip
    everywhere = style.expand(*before.shape)
    eyes = random_maps(channels, seed=1, device=before.device)
    made = {
        "edit before": before, "edit blend": blend(before, everywhere, 3)[:, 1],
        "edit after": after,
    }  # fmt: skip
    rows = [[text(f"edit column {name}") for name in ("what", "content", "style")]]
    for name, pictures in made.items():
        losses = style_losses(pictures, before, style, eyes)
        content, styled = losses.content.mean().item(), losses.style.mean().item()
        rows.append([text(name), f"{content:.3f}", f"{styled:.4f}"])
        report.numbers(**{name.removeprefix("edit "): {"content": content, "style": styled}})
    print_rows(rows)
    report.table(text("edit heading losses"), rows[0], rows[1:], text("edit note losses"))
    _show(report, given, after, "plain", style=everywhere)
    for note in other.notes:
        report.note(note)
    return report


def _test_sides(channels: int) -> tuple[int, int]:
    """Of the test pictures with so many channels."""
    return (28, 28) if channels == 1 else (32, 32)


# ---- what they have in common ------------------------------------------------------------------


def _latent_model(options: Namespace, default: str) -> Any:
    from tinygen.cli.tasks.inputs import given_model
    from tinygen.models import GAN
    from tinygen.models.vae import VariationalAutoencoder

    return given_model(
        options, default, lambda model: isinstance(model, (GAN, VariationalAutoencoder)),
        text("edit to move"),
    )  # fmt: skip


def _given(options: Namespace, model: Model) -> Given:
    from tinygen.cli.tasks.inputs import given_pictures

    return given_pictures(options, model.picture_shape, COUNT)


def _floats(pixels: Any, device: str) -> Tensor:
    import numpy as np

    import tinygen as tg

    return tg.tensor(pixels.astype(np.float32) / 255, device=device)


def _reader(model: Model) -> Any:
    """The classifier that reads the model's pictures, if there is one."""
    from tinygen.models import pretrained

    if tuple(model.picture_shape) != READ:
        return None
    return pretrained("judge", next(model.parameters()).device)


def _labels(model: Model, given: Given, reader: Classifier | None) -> Any:
    """What the pictures show: as is known of test pictures, or as they are read."""
    if given.labels is not None:
        return given.labels
    if reader is not None:
        return reader.predict(given.pictures).numpy()
    if model.classes is not None:
        raise RefusedError(text("edit no reader", model=model.name))
    return None


def _report(options: Namespace, kind: str, given: Given, **values: Any) -> Report:
    from tinygen.cli.tasks.report import Report

    lead = text(f"edit lead {kind}", count=len(given.pictures), source=given.source, **values)
    report = Report("edit", options.out, text(f"edit title {kind}", **values), lead)
    report.numbers(edit=kind, source=given.source, seed=options.seed, **values)
    for note in given.notes:
        report.note(note)
    return report


def _tell(
    report: Report,
    before: Tensor,
    made: dict[str, Tensor],
    reader: Classifier | None,
    aims: Any = None,
) -> None:
    """Print what is measured of pictures before and after, and put it into the report."""
    from tinygen.cli.tables import print_rows
    from tinygen.tasks.attributes import measured

    rows = [[text(f"edit column {name}") for name in ("what", *ATTRIBUTES, "change")]]
    if reader is not None:
        rows[0].append(text("edit column sure" if aims is None else "edit column read"))
    for name, pictures in {"edit before": before, **made}.items():
        values = {key: float(one.mean()) for key, one in measured(pictures).items()}
        values["change"] = float(((pictures - before) ** 2).sum((1, 2, 3)).sqrt().mean().item())
        cells = [text(name), *(text(f"edit value {key}", value=values[key]) for key in values)]
        if reader is not None:
            values["read"] = _share_read(reader, pictures, aims)
            cells.append(text("edit value read", value=values["read"]))
        rows.append(cells)
        report.numbers(**{name.removeprefix("edit "): values})
    print_rows(rows)
    note = text("edit note numbers") if reader is not None else ""
    report.table(text("edit heading numbers", count=len(before)), rows[0], rows[1:], note)


def _share_read(reader: Classifier, pictures: Tensor, aims: Any) -> float:
    """The share that is read as it should be, or the mean certainty if nobody says as what."""
    beliefs = reader.predict_proba(pictures).numpy()
    if aims is None:
        return float(beliefs.max(1).mean())
    return float((beliefs.argmax(1) == aims).mean())


def _show(
    report: Report,
    given: Given,
    after: Tensor,
    caption: str,
    rebuilt: Tensor | None = None,
    **others: Tensor,
) -> None:
    """Before, after and difference beside each other."""
    from tinygen.cli.tasks.report import difference

    columns = {"before": given.pictures, **others}
    if rebuilt is not None:
        columns["rebuilt"] = rebuilt
    base = given.pictures if rebuilt is None else rebuilt
    columns |= {"after": after, "difference": difference(base, after)}
    report.pictures(text("edit heading"), text(f"edit caption {caption}"), columns, given.names)


def _strip(report: Report, name: str, frames: list[Tensor], times: list[str], unit: str) -> None:
    """A picture in each row, from one end to the other."""
    from tinygen.plots import film_strip

    shown = [frame[:IN_STRIP] for frame in frames]
    figure = film_strip(shown, times, columns=STEPS, unit=unit)
    heading, caption = text(f"edit strip {name}"), text(f"edit strip {name} long")
    report.figure(f"strip-{name}", heading, caption, figure, text(f"edit strip {name} alt"))
