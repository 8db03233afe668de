"""The rows of the task: generate."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.baselines import mixture_of_bernoullis
from tests.numbers.models import fixed_binarization, mean_nll
from tests.numbers.running import (
    JUDGED,
    NATS,
    PLAIN,
    SHARE,
    Numbers,
    Row,
    Run,
    mnist,
    seconds,
    train,
)
from tinygen.cli.baselines import independent_pixels
from tinygen.models import pretrained
from tinygen.plots.host import images_of
from tinygen.plots.saving import save_figure
from tinygen.plots.table import Table
from tinygen.tasks.generate import assess, generate, nearest

ACROSS = 12
"""Pictures in a row of a figure."""

FAMILIES = {
    "vae": ("VAE", {}),
    "cgan": ("GAN", {}),
    "row-generator": ("row LSTM", {"means": True}),
}
"""The generators that ship: what they are called, and how they draw. Of the row generator each
pixel is shown by its probability, given those drawn before it: the real pictures, which it stands
beside here, have greys too."""


# ---- PixelCNN ----------------------------------------------------------------------------------


def pixelcnn(run: Run) -> Numbers:
    """On the fixed binarization of the other autoregressive models; samples beside such pictures.

    The judge has learned from greys. How sure it is of binary pictures, and how often it is right,
    is said by what it makes of the binary test pictures: ``real confidence`` and ``real accuracy``.
    """
    train_images, test = fixed_binarization()
    as_bytes = (train_images * 255).astype(np.uint8)  # which the model's own drawing leaves alone
    model, trainer = train(run, run.recipe("pixelcnn"), as_bytes, mnist().train_labels)
    tg.manual_seed(run.seed)
    samples = generate(model, 200 if run.short else judging.SAMPLES)
    real = tg.tensor(train_images)
    _show(
        run,
        "generate-pixelcnn",
        {
            "drawn": samples[:ACROSS],
            "nearest in training": _nearest(samples[:ACROSS], real),
            "drawn next": samples[ACROSS : 2 * ACROSS],
            "and next": samples[2 * ACROSS : 3 * ACROSS],
        },
    )
    found = assess(samples, real, tg.tensor(test), judging.judge(), test_labels=mnist().test_labels)
    return {
        "nll": mean_nll(model, test),
        **_simple_models(run.short),
        **judging.numbers(found),
        "real confidence": found.real_confidence,
        "real accuracy": found.real_agreement,
        "seconds": seconds(trainer),
    }


def _simple_models(short: bool) -> Numbers:
    """The first two of the row "simple", on the same pixels."""
    train_images, test = fixed_binarization()
    few = train_images[:2000] if short else train_images
    return {
        "independent pixels": independent_pixels(255 * train_images, test),
        "mixture of 10": mixture_of_bernoullis(few, test, 10, 50, 0),
    }


# ---- what ships --------------------------------------------------------------------------------


def families(run: Run) -> Numbers:
    """One model of each family as it ships, between noise and real pictures.

    These are the last 10,000 training pictures beside the 50,000 before them; the judge has learned
    from all of them, so that it is a little too sure.
    """
    count = 200 if run.short else judging.SAMPLES
    learned, test = (
        judging.in_floats(images) for images in (mnist().train_images, mnist().test_images)
    )
    before, last = learned[:50_000], learned[50_000 : 50_000 + count]
    numbers: Numbers = {}
    drawn: dict[str, tg.Tensor] = {}

    def judge(name: str, pictures: tg.Tensor, told: Any = None, train: tg.Tensor = learned) -> None:
        found = assess(pictures, train, test, judging.judge(), told, mnist().test_labels)
        numbers.update({f"{name} {key}": value for key, value in judging.numbers(found).items()})
        if told is not None:
            numbers[f"{name} agreement"] = found.agreement
        numbers["judge's accuracy"] = found.real_agreement
        drawn[name] = pictures[:ACROSS]

    tg.manual_seed(run.seed)
    judge("noise", tg.rand(count, 1, 28, 28))
    for name, (called, options) in FAMILIES.items():
        model = pretrained(name)
        told = None if model.classes is None else np.arange(count) % judging.CLASSES
        judge(called, generate(model, count, told, **options), told)
    judge("real", last, train=before)
    rows = {}
    for name, pictures in drawn.items():
        rows[name] = pictures
        if name not in ("noise", "real"):
            rows[f"nearest to {name}"] = _nearest(pictures, learned)
    _show(run, "generate-families", rows)
    return numbers


# ---- pictures ----------------------------------------------------------------------------------


def _nearest(pictures: tg.Tensor, train: tg.Tensor) -> tg.Tensor:
    """The training picture that each is nearest to."""
    return train[nearest(pictures, train).indices[:, 0].tolist()]


def _show(run: Run, name: str, rows: dict[str, tg.Tensor]) -> None:
    """Named rows of pictures; of the first seed only."""
    if run.seed == 0 and not run.short:
        pictures = np.stack([images_of(row, name) for row in rows.values()])
        figure = Table(pictures, row_labels=tuple(rows)).draw()
        save_figure(figure, run.pictures / f"{name}.png")


ROWS: dict[str, Row] = {
    "generate-pixelcnn": Row(
        "PixelCNN, 16 units, 5 layers", 3, 10, "<= 94 nats; beside the row of baselines", pixelcnn,
        {"nll": PLAIN, "confidence": SHARE, "real confidence": SHARE, **JUDGED,
         "independent pixels": NATS, "mixture of 10": NATS},
    ),
    "generate-families": Row(
        "what ships, judged: VAE, GAN, row LSTM", 3, 5, "between noise and the real ones", families,
        {
            f"{name} {number}": shape
            for number, shape in (("fid", PLAIN), ("confidence", SHARE), ("tv", "{:.3f}"))
            for name in ("GAN", "real", "row LSTM", "VAE", "noise")
        },
    ),
}  # fmt: skip
