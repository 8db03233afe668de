"""The rows of the task: recognize."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.running import SHARE, Numbers, Row, Run, mnist, seconds, train
from tinygen import data
from tinygen.plots import image_grid
from tinygen.tasks.features import pixels
from tinygen.tasks.recognize import (
    Pairs,
    ReadingScores,
    draw_pairs,
    read_between_gaps,
    read_equal_cuts,
    reading_scores,
    recognize,
    texts_in,
    verification_scores,
    verify,
)

SHOWN = 18
"""Strips, or pairs, in the picture of a row: the first ones, never chosen."""

KNOWN = (0, 1, 2, 3, 4)
"""The digits that a model is shown that has to compare others."""

PAIRS = 10_000


# ---- strips ------------------------------------------------------------------------------------


def ctc(run: Run) -> Numbers:
    """The LSTM over columns, by its best path and by a beam search."""
    numbers, model = reader(run, "strip-reader", "recognize-ctc")
    tested, true = strips_to_read(200 if run.short else 1000)
    searched = reading_scores(true, recognize(model, tested, beam=10))
    return {**numbers, "CER of a beam": searched.cer}


def strip_cnn(run: Run) -> Numbers:
    """The network that looks at the whole strip at once."""
    return reader(run, "strip-cnn", "recognize-strip-cnn")[0]


def reader(run: Run, name: str, picture: str) -> tuple[Numbers, Any]:
    """A reader on test strips, beside what needs no lines to learn from."""
    strips = data.load("strips", offline=True)
    model, trainer = train(run, run.recipe(name), strips.train_images, strips.train_labels)
    count = 200 if run.short else len(strips.test_images)
    tested, true = strips_to_read(count)
    read = recognize(model, tested)
    score = reading_scores(true, read)
    if run.seed == 0 and not run.short:
        titles = [
            said if said == written else f"{said or 'nothing'}, not {written}"
            for said, written in zip(read[:SHOWN], true, strict=False)
        ]
        image_grid(
            tested[:SHOWN], columns=3, titles=titles, padding=6, zoom=2,
            file=run.pictures / f"{picture}.png",
        )  # fmt: skip
    cuts, gaps = baselines(count)
    return {
        "CER": score.cer,
        "whole strips": score.accuracy,
        "CER of equal cuts": cuts.cer,
        "CER of gaps": gaps.cer,
        "whole strips of equal cuts": cuts.accuracy,
        "whole strips of gaps": gaps.accuracy,
        "seconds": seconds(trainer),
    }, model


def strips_to_read(count: int) -> tuple[tg.Tensor, list[str]]:
    """The first test strips and their texts."""
    strips = data.load("strips", offline=True)
    images = strips.test_images[:count, None].astype(np.float32) / 255
    return tg.tensor(images), texts_in(strips.test_labels[:count])


@functools.cache
def baselines(count: int) -> tuple[ReadingScores, ReadingScores]:
    """The judge on equal parts, told how many, and on what is between gaps."""
    tested, true = strips_to_read(count)
    cuts = read_equal_cuts(judging.judge(), tested, [len(written) for written in true])
    return (
        reading_scores(true, cuts),
        reading_scores(true, read_between_gaps(judging.judge(), tested)),
    )


# ---- the same or not ---------------------------------------------------------------------------


def verification(run: Run) -> Numbers:
    """Pairs of test digits of all classes, and of classes that were never seen."""
    images, labels = mnist().train_images, mnist().train_labels
    numbers: Numbers = {}
    spent = 0.0
    for name, known in (("all", ()), ("new", KNOWN)):
        own = replace(run, folder=run.folder / name)
        recipe = run.recipe("embedder", arguments={"known": list(known)})
        is_known = np.isin(labels, known) if known else np.ones(len(labels), bool)
        model, trainer = train(own, recipe, images[is_known], labels[is_known])
        spent += seconds(trainer)
        pictures, pairs = pairs_to_compare(known)
        first, second = pictures[pairs.first], pictures[pairs.second]
        distances = verify(model, first, second)
        score, of_pixels = (
            verification_scores(found, pairs.is_same)
            for found in (distances, verify(pixels, first, second))
        )
        numbers |= {
            f"AUROC, {name}": score.auroc,
            f"EER, {name}": score.eer,
            f"AUROC of pixels, {name}": of_pixels.auroc,
            f"EER of pixels, {name}": of_pixels.eer,
            f"errors at the threshold, {name}": errors(distances, model.threshold, pairs.is_same),
        }
        if known and run.seed == 0 and not run.short:
            show(run, first, second, distances, model.threshold, pairs.is_same)
    return {**numbers, "seconds": spent}


def pairs_to_compare(known: tuple[int, ...]) -> tuple[tg.Tensor, Pairs]:
    """Pairs of the test pictures that show none of the digits that are known."""
    is_new = ~np.isin(mnist().test_labels, known)
    pictures = judging.in_floats(mnist().test_images[is_new])
    return pictures, draw_pairs(mnist().test_labels[is_new], PAIRS)


def errors(distances: np.ndarray, threshold: float, is_same: np.ndarray) -> float:
    """The mean of the share of the same that is missed, and of different ones that pass."""
    wrong = (distances < threshold) != is_same
    return float((wrong[is_same].mean() + wrong[~is_same].mean()) / 2)


def show(
    run: Run,
    first: tg.Tensor,
    second: tg.Tensor,
    distances: np.ndarray,
    threshold: float,
    is_same: np.ndarray,
) -> None:
    """Pairs of either kind with what is said of them."""
    half = SHOWN // 2
    places = [*range(half), *range(len(is_same) - half, len(is_same))]
    titles = [
        ("same" if distances[place] < threshold else "different")
        + ("" if (distances[place] < threshold) == is_same[place] else ": wrong")
        for place in places
    ]
    both = tg.cat([first[places], second[places]], 3)
    image_grid(
        both, columns=6, titles=titles, padding=6, zoom=2,
        file=run.pictures / "recognize-verify.png",
    )  # fmt: skip


READ = {
    "CER": SHARE, "whole strips": SHARE, "CER of equal cuts": SHARE, "CER of gaps": SHARE,
}  # fmt: skip

ROWS: dict[str, Row] = {
    "recognize-ctc": Row(
        "LSTM over columns with CTC, strips of 1 to 5 digits", 3, 5,
        "CER < 5 %, below the judge on cuts", ctc, {**READ, "CER of a beam": SHARE},
    ),
    "recognize-strip-cnn": Row(
        "CNN with a head for each digit, the same strips", 3, 5,
        "CER < 5 %, below the judge on cuts", strip_cnn, READ,
    ),
    "recognize-verify": Row(
        "the same digit or not: all digits, and 5 to 9 after 0 to 4", 3, 5,
        "above the pixels, for digits never seen too", verification,
        {f"{what}, {name}": SHARE
         for name in ("all", "new")
         for what in ("EER", "EER of pixels", "AUROC", "AUROC of pixels")},
    ),
}  # fmt: skip
