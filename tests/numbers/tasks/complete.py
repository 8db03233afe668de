"""The rows of the task: complete. A model of each family, over three masks, beside what needs none.

``read`` is the share of completed pictures in which the judge finds what they show, ``psnr`` is
that of the missing pixels. Models that can complete a picture in several ways do so four times:
``averaged`` is the mean of the four, the other numbers are those of the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.running import PLAIN, SHARE, Numbers, Row, Run, mnist, seconds, train
from tinygen.plots.host import images_of
from tinygen.plots.style import finished
from tinygen.plots.table import Table
from tinygen.tasks.complete import complete, completeness, is_random, mean_fill, nearest_fill
from tinygen.tasks.fidelity import fidelity
from tinygen.tasks.masks import MASKS, named_mask
from tinygen.train.recipe import Recipe, pictures_of

SAMPLES = 4

SHOWN = 3
"""Pictures of each mask that people get to see."""

PUBLISHED = {"starts": 1, "steps": 0, "rounds": 100, "exact": False}
"""The Gibbs chain of Rezende et al. (2014) as it stands: from a code of the prior, all accepted."""


def vae(run: Run) -> Numbers:
    """A small code, which the known pixels say much about."""
    recipe = run.recipe("vae", arguments={"hidden": [256], "latent": 8})
    return _completed(run, recipe, "complete-vae", count=1000, other={"gibbs": PUBLISHED})


def gan(run: Run) -> Numbers:
    """The conditional GAN, which is not told what the pictures show."""
    return _completed(run, run.recipe("cgan", epochs=3), "complete-gan", count=200)


def rnn(run: Run) -> Numbers:
    """Rows below from rows above; of known pixels that come later it has to try."""
    recipe = run.recipe("row-generator", epochs=2)
    return _completed(run, recipe, "complete-rnn", count=200, other={"once": {"tries": 1}})


def cnn(run: Run) -> Numbers:
    """A context encoder: the one answer that is best on average."""
    recipe = run.recipe("unet", arguments={"task": "inpaint"})
    return _completed(run, recipe, "complete-cnn", count=1000)


def _completed(
    run: Run, recipe: Recipe, name: str, count: int, other: dict[str, dict[str, Any]] | None = None
) -> Numbers:
    """Train, and complete the first test pictures under each mask."""
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    count = 20 if run.short else count
    true = judging.in_floats(mnist().test_images[:count])
    labels = mnist().test_labels[:count]
    examples = run.images(pictures_of(mnist().train_images))
    numbers: Numbers = {"read of originals": fidelity(true, true, labels, judging.judge()).accuracy}
    shown = []
    for kind in MASKS:
        tg.manual_seed(run.seed)
        mask = named_mask(kind, model.picture_shape)
        made = _samples(model, true, mask, SAMPLES if is_random(model) else 1)
        ways = {
            "": made[0],
            "averaged": sum(made) / len(made),
            "nearest": nearest_fill(true, mask, examples),
            "mean": mean_fill(true, mask, examples),
            **{
                way: _samples(model, true, mask, 1, **options)[0]
                for way, options in (other or {}).items()
            },
        }
        for way, pictures in ways.items():
            found = completeness(true, pictures, mask, labels, judging.judge())
            numbers[f"{kind} read {way}".strip()] = found.recovered
            numbers[f"{kind} psnr {way}".strip()] = found.psnr
        before = tg.where(mask, 0.5, true)
        shown.append([true, before, ways["mean"], ways["nearest"], *made])
    if run.seed == 0 and not run.short:
        draw(shown, run.pictures / f"{name}.png")
    return {**numbers, "seconds": seconds(trainer)}


def _samples(model: Any, true: Any, mask: Any, samples: int, **options: Any) -> list[Any]:
    """The first completions of all pictures, then the second ones, and so on."""
    made = complete(model, true, mask, samples=samples, **options)
    made = made.reshape(len(true), samples, *true.shape[1:])
    return [made[:, place] for place in range(samples)]


def draw(shown: list[list[Any]], file: Any) -> None:
    """Draw a row for each picture: what it was, what was given, and what became of it.

    Parameters
    ----------
    shown : list of lists of Tensor of shape (N, C, H, W)
        For each mask the columns.
    file : path or binary file
    """
    rows = np.concatenate(
        [
            np.stack([images_of(pictures[:SHOWN], "complete") for pictures in columns], axis=1)
            for columns in shown
        ]
    )
    made = len(shown[0]) - 4
    table = Table(rows)
    again = ["again"] * (made - 1)
    table.column_labels = ["original", "given", "mean", "nearest", "completed", *again]
    table.row_labels = [kind if place == 0 else "" for kind in MASKS for place in range(SHOWN)]
    finished(table.draw(), file)


def _shown(*ways: str) -> dict[str, str]:
    """The numbers of the table: for each mask the model's, then those of other ways."""
    return {
        f"{kind} {number} {way}".strip(): shape
        for kind in MASKS
        for number, shape in (("read", SHARE), ("psnr", PLAIN))
        for way in ("", "nearest", *ways, "mean")
    }


BETTER = "nearer than the nearest training picture, and read as often"

ROWS: dict[str, Row] = {
    "complete-vae": Row(
        "completion by a VAE, 8 codes", 3, 4, BETTER, vae, _shown("averaged", "gibbs")
    ),
    "complete-gan": Row("completion by a conditional GAN", 3, 5, BETTER, gan, _shown("averaged")),
    "complete-rnn": Row("completion by a row LSTM", 3, 5, BETTER, rnn, _shown("averaged", "once")),
    "complete-cnn": Row("completion by a U-Net", 3, 5, BETTER, cnn, _shown()),
}
