"""``tinygen detect``: which digits are in pictures, and where; and how good a detector is."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.cli.options import Commands, not_negative
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    import numpy as np

    from tinygen.cli.tasks.inputs import Given
    from tinygen.data import ImageSet
    from tinygen.tasks.detect import Found, Precision
    from tinygen.tensors import Tensor

__all__ = ["add_arguments", "evaluate", "run"]

THRESHOLD = 0.5
"""What is less sure is not shown."""

ALL = 0.01
"""So low is the threshold where precision is measured at every recall."""

COUNT = 200
"""Test canvases that are worked on, and compared with the baselines."""

SHOWN = 12
"""Pictures in a drawing with boxes."""

ZOOM = 4
"""Pixels for one of the picture, in the files with boxes."""

BOX_COLOUR = (213, 94, 0)
"""Vermilion, as in the drawings."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    detect = task_command(commands, "detect")
    detect.add_argument(
        "--threshold", type=_probability, default=THRESHOLD, metavar="P",
        help=text("detect help threshold", default=THRESHOLD),
    )  # fmt: skip


def _probability(given: str) -> float:
    number = not_negative(given)
    if number > 1:
        raise ArgumentTypeError(text("detect not a probability", given=given))
    return number


def run(options: Namespace) -> int:
    """Find digits in the user's pictures, or in test canvases, whose boxes are known.

    Parameters
    ----------
    options : Namespace
        ``images``, ``threshold``, ``model``, ``out``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    from tinygen.cli.tasks.inputs import (
        given_model,
        given_pictures,
        refusing,
        test_pictures_of,
    )
    from tinygen.cli.tasks.report import Report
    from tinygen.models import Detector
    from tinygen.tasks.detect import detect

    model: Any = given_model(
        options, "detector", Detector, text("detect to detect"), "tinygen train detector"
    )
    given = (
        given_pictures(options, model.picture_shape)
        if options.images
        else test_pictures_of("canvases", options, COUNT)
    )
    report = Report(
        "detect",
        options.out,
        text("detect title"),
        text("detect lead", count=len(given.pictures), source=given.source, model=model.name),
    )
    with refusing():
        found = detect(model, given.pictures, options.threshold)
    classes = [str(number) for number in range(model.classes)]
    report.numbers(
        model=model.name, source=given.source, threshold=options.threshold,
        pictures=[
            {"name": name, **one._asdict()} for name, one in zip(given.names, found, strict=True)
        ],
    )  # fmt: skip
    if given.labels is None:
        _print_found(given.names, found, classes)
    else:
        with refusing():
            scores = _scores(model, given.pictures, given.labels)
        _compare(report, scores, len(given.pictures))
    _draw(report, given, found, classes, options.threshold)
    for note in given.notes:
        report.note(note)
    report.save()
    return 0


# ---- what was found ----------------------------------------------------------------------------


def _print_found(names: Sequence[str], found: Sequence[Found], classes: Sequence[str]) -> None:
    """A line for each picture."""
    for name, one in zip(names, found, strict=True):
        things = [
            text("detect thing", name=classes[label], score=score)
            for label, score in zip(one.labels, one.scores, strict=True)
        ]
        print(text("detect found", name=name, things=", ".join(things) or text("detect nothing")))


def _draw(
    report: Any, given: Given, found: Sequence[Found], classes: Sequence[str], threshold: float
) -> None:
    """The first pictures in one drawing, and each in a file of its own with boxes in it."""
    report.figure(
        "boxes",
        text("detect heading boxes"),
        text("detect caption boxes" if given.labels is None else "detect caption truth",
             threshold=threshold),
        _boxes_on(given.pictures, found, given.labels, classes),
        text("detect alt boxes"),
    )  # fmt: skip
    report.pictures(
        text("detect heading pictures"),
        text("detect caption pictures", zoom=ZOOM),
        {"before": given.pictures, "after": _outlined(given.pictures, found)},
        given.names,
    )


def _boxes_on(
    pictures: Tensor,
    found: Sequence[Found],
    labels: np.ndarray | None,
    classes: Sequence[str],
    file: Path | None = None,
) -> Any:
    """A drawing of the first pictures, with the true boxes if they are known."""
    from tinygen.data import boxes_in
    from tinygen.plots import draw_boxes

    some = found[:SHOWN]
    return draw_boxes(
        pictures[:SHOWN],
        [one.boxes for one in some],
        [one.labels for one in some],
        [one.scores for one in some],
        truth=None if labels is None else boxes_in(labels[:SHOWN])[0],
        names=classes,
        columns=min(4, len(some)),
        file=file,
    )


def _outlined(pictures: Tensor, found: Sequence[Found]) -> np.ndarray:
    """Pictures in colour and enlarged, with lines of one pixel around what was found.

    Returns
    -------
    float32 array of shape (N, 3, ZOOM * H, ZOOM * W)
        From 0 to 1.
    """
    import numpy as np

    large = pictures.cpu().numpy().repeat(ZOOM, axis=2).repeat(ZOOM, axis=3)
    drawn = np.ascontiguousarray(np.broadcast_to(large, (len(large), 3, *large.shape[2:])))
    colour = np.array(BOX_COLOUR, np.float32)[:, None] / 255
    for picture, one in zip(drawn, found, strict=True):
        height, width = picture.shape[1:]
        for x1, y1, x2, y2 in np.rint(one.boxes * ZOOM).astype(int):
            right, bottom = min(x2, width - 1), min(y2, height - 1)
            picture[:, [y1, bottom], x1 : right + 1] = colour[..., None]
            picture[:, y1 : bottom + 1, [x1, right]] = colour[..., None]
    return drawn


# ---- how good it is ----------------------------------------------------------------------------


def _scores(model: Any, pictures: Tensor, labels: np.ndarray) -> dict[str, Precision]:
    """The precision of the baselines and of the model, by the keys of their names."""
    from tinygen.models import pretrained
    from tinygen.tasks.detect import centre_box, detect, precision_of, sliding_window

    judge: Any = pretrained("judge", pictures.device)
    return {
        "detect centre box": precision_of(centre_box(judge, pictures), labels),
        "detect sliding window": precision_of(sliding_window(judge, pictures, 0), labels),
        "detect detector": precision_of(detect(model, pictures, ALL), labels),
    }


def _compare(report: Any, scores: dict[str, Precision], count: int) -> None:
    """A table of precisions, in the report and printed."""
    from tinygen.cli.tables import print_table

    head = [text(f"detect column {column}") for column in ("what", "half", "strict")]
    rows = [
        [text(key), *(text("detect share", value=value) for value in score)]
        for key, score in scores.items()
    ]
    report.table(text("detect heading numbers", count=count), head, rows, text("detect note mAP"))
    report.numbers(
        count=count,
        scores={key.removeprefix("detect "): score._asdict() for key, score in scores.items()},
    )
    print_table({key: _in_words(score) for key, score in scores.items()})


def _in_words(score: Precision) -> str:
    return text("detect precision", half=score.half, strict=score.strict)


def evaluate(model: Any, pictures: ImageSet, classes: Sequence[str], out: Path) -> None:
    """Print how good a detector is on all test pictures, and draw some with boxes.

    Parameters
    ----------
    model : Detector
    pictures : ImageSet
        With boxes as labels.
    classes : sequence of str
        What the model's classes are called.
    out : Path
        The folder for the picture.
    """
    import numpy as np

    import tinygen as tg
    from tinygen.cli.tables import print_table
    from tinygen.tasks.detect import detect, precision_of
    from tinygen.train.recipe import pictures_of

    images = pictures_of(pictures.test_images).astype(np.float32) / 255
    tested = tg.tensor(images, device=next(model.parameters()).device)
    score = precision_of(detect(model, tested, ALL), pictures.test_labels)
    print_table({"detect detector": _in_words(score)})
    path = out / "boxes.png"
    found = detect(model, tested[:SHOWN], THRESHOLD)
    _boxes_on(tested, found, pictures.test_labels, classes, path)
    print(text("picture", path=path))
