"""``tinygen recognize``: what is written in lines, and whether two pictures show the same."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.cli.options import Commands, at_least
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    from tinygen.cli.tasks.inputs import Given
    from tinygen.data import ImageSet
    from tinygen.tasks.recognize import ReadingScores
    from tinygen.tensors import Tensor

__all__ = ["add_arguments", "evaluate", "evaluate_pairs", "run"]

COUNT = 200
"""Test strips that are read, and compared with the baselines."""

PAIRS = 5000
"""Pairs of test pictures by which a model is judged that compares two."""

SHOWN = 12
"""Strips in a drawing."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    recognize = task_command(commands, "recognize")
    recognize.add_argument(
        "--beam", type=at_least(1), metavar="N", help=text("recognize help beam")
    )
    recognize.add_argument(
        "--verify", type=Path, nargs=2, metavar="IMAGE", help=text("recognize help verify")
    )


def run(options: Namespace) -> int:
    """Read the user's lines, or test strips, whose texts are known; or compare two pictures.

    Parameters
    ----------
    options : Namespace
        ``images``, ``beam``, ``verify``, ``model``, ``out``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model, or something else to be done with two pictures that are compared.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    if options.verify is not None:
        _verify(options)
    else:
        _read(options)
    return 0


# ---- reading -----------------------------------------------------------------------------------


def _read(options: Namespace) -> None:
    from tinygen.cli.tasks.inputs import (
        given_model,
        given_pictures,
        refusing,
        test_pictures_of,
    )
    from tinygen.cli.tasks.report import Report
    from tinygen.models.reader import Reader
    from tinygen.tasks.recognize import recognize, texts_in

    model: Any = given_model(
        options, "strip-reader", Reader, text("recognize to read"), "tinygen train strip-reader"
    )
    given = (
        given_pictures(options, model.picture_shape, fit="line")
        if options.images
        else test_pictures_of("strips", options, COUNT)
    )
    report = Report(
        "recognize",
        options.out,
        text("recognize title"),
        text("recognize lead", count=len(given.pictures), source=given.source, model=model.name),
    )
    with refusing():
        read = recognize(model, given.pictures, options.beam)
    report.numbers(
        model=model.name, source=given.source,
        pictures=[
            {"name": name, "text": said} for name, said in zip(given.names, read, strict=True)
        ],
    )  # fmt: skip
    true = None
    if given.labels is None:
        for name, said in zip(given.names, read, strict=True):
            print(text("recognize read", name=name, text=said or text("recognize nothing")))
    else:
        true = texts_in(given.labels)
        with refusing():
            scores = _scores(given.pictures, true, read)
        _compare(report, scores, len(true))
    _show(report, given, read, true)
    for note in given.notes:
        report.note(note)
    report.save()


def _show(report: Any, given: Given, read: Sequence[str], true: Sequence[str] | None) -> None:
    """The first lines in one drawing, and each in a file of its own."""
    report.figure(
        "lines",
        text("recognize heading lines"),
        text("recognize caption lines" if true is None else "recognize caption truth"),
        _lines(given.pictures, read, true),
        text("recognize alt lines"),
    )
    head = [text("recognize column name"), text("recognize column text")]
    rows = [[name, said] for name, said in zip(given.names, read, strict=True)]
    if true is not None:
        head.append(text("recognize column true"))
        rows = [[*row, written] for row, written in zip(rows, true, strict=True)]
    report.table(text("recognize heading texts"), head, rows[:SHOWN] if true else rows)
    report.pictures(
        text("recognize heading pictures"),
        text("recognize caption pictures"),
        {"before": given.pictures},
        given.names,
    )


def _lines(
    pictures: Tensor, read: Sequence[str], true: Sequence[str] | None, file: Path | None = None
) -> Any:
    """A drawing of the first lines: above each what was read, and what is written if it differs."""
    from tinygen.plots import image_grid

    titles = [said or text("recognize nothing") for said in read[:SHOWN]]
    if true is not None:
        titles = [
            said if said == written else text("recognize mistake", text=said, true=written)
            for said, written in zip(titles, true, strict=False)
        ]
    return image_grid(
        pictures[:SHOWN], columns=min(3, len(titles)), titles=titles, padding=6, zoom=2, file=file
    )


# ---- how well it reads -------------------------------------------------------------------------


def _scores(pictures: Tensor, true: Sequence[str], read: Sequence[str]) -> dict[str, ReadingScores]:
    """The errors of the baselines and of the model, by the keys of their names."""
    from tinygen.models import pretrained
    from tinygen.tasks.recognize import read_between_gaps, read_equal_cuts, reading_scores

    judge: Any = pretrained("judge", pictures.device)
    counts = [len(written) for written in true]
    return {
        "recognize equal cuts": reading_scores(true, read_equal_cuts(judge, pictures, counts)),
        "recognize gaps": reading_scores(true, read_between_gaps(judge, pictures)),
        "recognize reader": reading_scores(true, read),
    }


def _compare(report: Any, scores: Mapping[str, ReadingScores], count: int) -> None:
    """A table of errors, in the report and printed."""
    from tinygen.cli.tables import print_rows

    head = [text(f"recognize column {column}") for column in ("what", "cer", "right")]
    rows = [
        [text(key), *(text("recognize share", value=value) for value in score)]
        for key, score in scores.items()
    ]
    report.table(text("recognize heading numbers", count=count), head, rows,
                 text("recognize note numbers"))  # fmt: skip
    report.numbers(
        count=count,
        scores={key.removeprefix("recognize "): one._asdict() for key, one in scores.items()},
    )
    print_rows([head, *rows])


def evaluate(model: Any, pictures: ImageSet, out: Path) -> None:
    """Print how well a reader reads all test strips, and draw some with what it read.

    Parameters
    ----------
    model : Reader
    pictures : ImageSet
        With texts as labels.
    out : Path
        The folder for the picture.
    """
    from tinygen.cli.tables import print_table
    from tinygen.tasks.recognize import reading_scores, recognize, texts_in

    tested = _in_floats(model, pictures)
    true, read = texts_in(pictures.test_labels), recognize(model, tested)
    score = reading_scores(true, read)
    print_table(
        {
            "recognize column cer": text("recognize share", value=score.cer),
            "recognize column right": text("recognize share", value=score.accuracy),
        }
    )
    path = out / "lines.png"
    _lines(tested, read, true, path)
    print(text("picture", path=path))


def _in_floats(model: Any, pictures: ImageSet) -> Tensor:
    """All test pictures, from 0 to 1, where the model is."""
    import numpy as np

    import tinygen as tg
    from tinygen.train.recipe import pictures_of

    images = pictures_of(pictures.test_images).astype(np.float32) / 255
    return tg.tensor(images, device=next(model.parameters()).device)


# ---- the same or not ---------------------------------------------------------------------------


def _verify(options: Namespace) -> None:
    """Say whether two pictures show the same."""
    from tinygen.cli.errors import UsageError
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import Report, difference
    from tinygen.models import Embedder
    from tinygen.tasks.recognize import verify

    if options.images or options.beam is not None:
        raise UsageError(text("recognize two only"))
    model: Any = given_model(
        options, "embedder", Embedder, text("recognize to compare"), "tinygen train embedder"
    )
    given = given_pictures(Namespace(**{**vars(options), "images": options.verify}),
                           model.picture_shape)  # fmt: skip
    if len(given.pictures) != 2:
        raise UsageError(text("recognize not two", count=len(given.pictures)))
    report = Report(
        "recognize",
        options.out,
        text("recognize title verify"),
        text("recognize lead verify", model=model.name),
    )
    first, second = given.pictures[:1], given.pictures[1:]
    with refusing():
        (distance,) = verify(model, first, second).tolist()
    is_same = distance < model.threshold
    report.numbers(
        model=model.name, same=is_same, distance=distance, threshold=model.threshold,
        pictures=given.names,
    )  # fmt: skip
    said = text(
        "recognize same" if is_same else "recognize different",
        first=given.names[0], second=given.names[1], distance=distance, threshold=model.threshold,
    )  # fmt: skip
    print(said)
    report.pictures(
        said,
        text("recognize caption verify"),
        {"before": first, "after": second, "difference": difference(first, second)},
        ["-".join(given.names)],
    )
    for note in given.notes:
        report.note(note)
    report.save()


def evaluate_pairs(model: Any, pictures: ImageSet) -> None:
    """Print how well a model tells pairs of the same from pairs of different test pictures.

    Parameters
    ----------
    model : Embedder
    pictures : ImageSet
    """
    from tinygen.cli.tables import print_rows
    from tinygen.tasks.features import pixels
    from tinygen.tasks.recognize import draw_pairs, verification_scores, verify

    pairs, tested = draw_pairs(pictures.test_labels, PAIRS), _in_floats(model, pictures)
    head = [text(f"recognize column {column}") for column in ("what", "auroc", "eer")]
    rows = [head]
    for key, features in (("recognize pixels", pixels), ("recognize embedder", model)):
        distances = verify(features, tested[pairs.first], tested[pairs.second])
        score = verification_scores(distances, pairs.is_same)
        rows.append(
            [
                text(key), text("recognize area", value=score.auroc),
                text("recognize share", value=score.eer),
            ]
        )  # fmt: skip
    print_rows(rows)
