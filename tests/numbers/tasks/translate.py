"""The rows of the task: translate. What is given is made of the test pictures themselves.

``read`` is the share of the digits that the judge reads rightly, ``fid`` the Fréchet distance from
the true pictures on its features: it says how alike they look as a whole, where ``l1`` and ``psnr``
compare pixel by pixel. The first names are the model's, those with ``before`` the baseline's: not
translating at all.
"""

from __future__ import annotations

from collections.abc import Callable

import tinygen as tg
from tests.numbers import judging
from tests.numbers.running import PLAIN, SHARE, Numbers, Row, Run, mnist, seconds, train
from tests.numbers.tasks.restore import draw_columns
from tinygen import data, metrics
from tinygen.tasks.fidelity import fidelity
from tinygen.tasks.translate import source, translate
from tinygen.train.recipe import Recipe

FOUR = "{:.4f}"


def pix2pix(run: Run) -> Numbers:
    """Edges to digits by a U-Net with a discriminator."""
    return _digits(run, run.recipe("pix2pix"), "translate-pix2pix")


def edges(run: Run) -> Numbers:
    """The same network with the absolute error only."""
    recipe = run.recipe("unet", arguments={"task": "edges"})
    return _digits(run, recipe, "translate-cnn-edges")


def _digits(run: Run, recipe: Recipe, name: str) -> Numbers:
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    true, labels = judging.in_floats(mnist().test_images), mnist().test_labels
    given = source(model, true)
    made = translate(model, given)
    before, after = (fidelity(true, one, labels, judging.judge()) for one in (given, made))
    draw_columns(run, name, {"given": given, "made": made, "true": true})
    return {
        "l1": after.l1,
        "psnr": after.psnr,
        "read": after.accuracy,
        "fid": _distance(made, true),
        "before l1": before.l1,
        "before psnr": before.psnr,
        "before read": before.accuracy,
        "before fid": _distance(given, true),
        "true read": fidelity(true, true, labels, judging.judge()).accuracy,
        "seconds": seconds(trainer),
    }


def _distance(pictures: tg.Tensor, true: tg.Tensor) -> float:
    judge = judging.judge()
    return metrics.frechet_distance(judge.features(pictures), judge.features(true))


def colour(name: str, epochs: int) -> Callable[[Run], Numbers]:
    """Grey to colour on a set of pictures of 32 x 32."""

    def row(run: Run) -> Numbers:
        pictures = data.load(name, offline=True)
        recipe = run.recipe("unet", data=name, epochs=epochs, arguments={"task": "colourize"})
        model, trainer = train(run, recipe, pictures.train_images, pictures.train_labels)
        true = tg.tensor(pictures.test_images).float() / 255
        grey = source(model, true)
        made = translate(model, grey)
        draw_columns(run, f"translate-colour-{name}", {"given": grey, "made": made, "true": true})
        before, after = fidelity(true, grey), fidelity(true, made)
        return {
            "psnr": after.psnr,
            "l1": after.l1,
            "before psnr": before.psnr,
            "before l1": before.l1,
            "gained": after.psnr - before.psnr,
            "seconds": seconds(trainer),
        }

    return row


DIGITS = {
    name: shape
    for when in ("", "before ")
    for name, shape in (
        (f"{when}read", SHARE), (f"{when}fid", PLAIN), (f"{when}l1", FOUR), (f"{when}psnr", PLAIN)
    )
}  # fmt: skip

ROWS: dict[str, Row] = {
    "translate-pix2pix": Row(
        "edges to digits, pix2pix", 3, 6, "read >= 97 %, a lower fid than by L1 alone", pix2pix,
        DIGITS,
    ),
    "translate-cnn-edges": Row(
        "edges to digits, U-Net, L1 alone", 3, 5, "read >= 97 %, a lower L1 than pix2pix", edges,
        DIGITS,
    ),
    **{
        f"translate-colour-{name}": Row(
            f"grey to colour, U-Net, {name}", 3, 5, wanted, colour(name, epochs),
            {"psnr": PLAIN, "before psnr": PLAIN, "gained": PLAIN, "l1": FOUR, "before l1": FOUR},
        )
        for name, epochs, wanted in (
            ("shapes", 8, "no worse than grey: the colours follow no rule"),
            ("cifar10", 10, "nearer than grey"),
        )
    },
}  # fmt: skip
