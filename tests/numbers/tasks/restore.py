"""The rows of the task: restore. Noise is drawn once, by a seed of its own, for all models.

Of each strength of noise, as a standard deviation in 255ths: the decibels (PSNR) of the noisy
pictures, of the best Gaussian and the best median filter (chosen with the answers at hand, which no
model has), and of the model; ``read`` is the share of the digits that the judge reads rightly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.running import PLAIN, SHARE, Numbers, Row, Run, mnist, seconds, train
from tinygen.models import Model, pretrained
from tinygen.models.damage import add_noise, shrink
from tinygen.plots.host import images_of
from tinygen.plots.style import finished
from tinygen.plots.table import Table
from tinygen.tasks.fidelity import Fidelity, fidelity
from tinygen.tasks.filters import bicubic
from tinygen.tasks.restore import best_filter, denoise, enlarge

NOISE_SEED = 1

SIGMAS = {"25": 25 / 255, "50": 50 / 255, "128": 0.5}
"""The two usual strengths (K. Zhang et al., 2017), and that of denoising autoencoders."""

SHOWN = 5
"""Pictures that people get to see."""


def denoising(run: Run) -> Numbers:
    """A U-Net that is not told how strong the noise is."""
    recipe = run.recipe("unet", arguments={"task": "denoise"})
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    return {**_denoised(run, "restore-denoise", {"": model}), "seconds": seconds(trainer)}


def denoising_vae(run: Run) -> Numbers:
    """A VAE that was shown noisy pictures, and the one that ships, which was not."""
    recipe = run.recipe("denoising-vae")
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    models = {"plain vae": pretrained("vae"), "": model}
    return {**_denoised(run, "restore-denoising-vae", models), "seconds": seconds(trainer)}


def _denoised(run: Run, name: str, models: Mapping[str, Model]) -> Numbers:
    """The numbers of all strengths of noise; the picture is of the strongest."""
    true, labels = judging.in_floats(mnist().test_images), mnist().test_labels
    numbers: Numbers = {"clean read": fidelity(true, true, labels, judging.judge()).accuracy}
    for strength, sigma in SIGMAS.items():
        tg.manual_seed(NOISE_SEED)
        noisy = add_noise(true, sigma)
        made = {"noisy": noisy}
        for kind in ("gaussian", "median"):
            made[kind] = best_filter(kind, noisy, true).pictures
        made |= {which: denoise(model, noisy) for which, model in models.items()}
        scores = {
            which: fidelity(true, pictures, labels, judging.judge())
            for which, pictures in made.items()
        }
        numbers |= _named(strength, scores)
    shown = {which or "restored": pictures for which, pictures in made.items()}
    draw_columns(run, name, {**shown, "true": true})
    return numbers


def _named(strength: str, scores: Mapping[str, Fidelity]) -> Numbers:
    numbers = {}
    for which, score in scores.items():
        numbers[f"{strength} psnr {which}".strip()] = score.psnr
        numbers[f"{strength} read {which}".strip()] = score.accuracy
    numbers[f"{strength} gained"] = scores[""].psnr - max(
        score.psnr for which, score in scores.items() if which in ("gaussian", "median")
    )
    return numbers


def enlarging(run: Run) -> Numbers:
    """14 x 14 to 28 x 28, beside bicubic interpolation."""
    recipe = run.recipe("unet", arguments={"task": "enlarge"})
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    true, labels = judging.in_floats(mnist().test_images), mnist().test_labels
    small = shrink(true)
    curves, made = bicubic(small), enlarge(model, small)
    before, after = (fidelity(true, one, labels, judging.judge()) for one in (curves, made))
    shown = {"given": tg.nn.functional.interpolate(small, scale_factor=2), "bicubic": curves}
    draw_columns(run, "restore-enlarge", {**shown, "restored": made, "true": true})
    return {
        "psnr": after.psnr,
        "psnr bicubic": before.psnr,
        "gained": after.psnr - before.psnr,
        "read": after.accuracy,
        "read bicubic": before.accuracy,
        "true read": fidelity(true, true, labels, judging.judge()).accuracy,
        "seconds": seconds(trainer),
    }


def draw_columns(run: Run, name: str, columns: Mapping[str, Any]) -> None:
    """Draw what became of the first test pictures, a row for each.

    Parameters
    ----------
    run : Run
        Nothing is drawn of other seeds than the first.
    name : str
        Of the file.
    columns : mapping of str to Tensor of shape (N, C, H, W)
    """
    if run.seed != 0 or run.short:
        return
    rows = [images_of(pictures[:SHOWN], "draw_columns") for pictures in columns.values()]
    table = Table(np.stack(rows, axis=1))
    table.column_labels = list(columns)
    finished(table.draw(), run.pictures / f"{name}.png")


def _shown(*ways: str) -> dict[str, str]:
    return {
        name: shape
        for strength in SIGMAS
        for name, shape in (
            (f"{strength} psnr", PLAIN),
            (f"{strength} gained", PLAIN),
            *((f"{strength} psnr {way}", PLAIN) for way in ways),
            (f"{strength} read", SHARE),
            (f"{strength} read median", SHARE),
        )
    }


ROWS: dict[str, Row] = {
    "restore-denoise": Row(
        "denoising, U-Net", 3, 5, "nearer than the best filter", denoising,
        _shown("noisy", "gaussian", "median"),
    ),
    "restore-enlarge": Row(
        "14 x 14 to 28 x 28, U-Net", 3, 5, "nearer than bicubic", enlarging,
        {"psnr": PLAIN, "psnr bicubic": PLAIN, "gained": PLAIN, "read": SHARE,
         "read bicubic": SHARE},
    ),
    "restore-denoising-vae": Row(
        "denoising, VAE", 3, 3, "nearer than a VAE that never saw noise", denoising_vae,
        _shown("noisy", "median", "plain vae"),
    ),
}  # fmt: skip
