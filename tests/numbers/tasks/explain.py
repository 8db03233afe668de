"""The rows of the task: explain."""

from __future__ import annotations

import numpy as np

from tests.numbers import judging
from tests.numbers.running import Numbers, Row, Run, mnist
from tests.numbers.tasks.classify import trained_by
from tinygen.plots import film_strip
from tinygen.tasks.explain import area_under, deletion_curve, grad_cam, occlusion, saliency

EXPLAINED = 200
"""The first test pictures."""

FILLS = {"black": 0.0, "grey": 0.5}
"""What is in the place of pixels that are taken away, and of those that are covered."""


def deletion(run: Run) -> Numbers:
    """How soon the judge's answer is lost when pixels go in the order of each map."""
    judge, numbers = trained_by(run, "judge")
    pictures = judging.in_floats(mnist().test_images[: 20 if run.short else EXPLAINED])
    found: Numbers = {}
    for ground, fill in FILLS.items():
        maps = {
            "random": np.random.default_rng(run.seed).random(pictures[:, 0].shape),
            "brightest": pictures[:, 0].numpy(),
            "saliency": saliency(judge, pictures).numpy(),
            "Grad-CAM": grad_cam(judge, pictures).numpy(),
            "occlusion": occlusion(judge, pictures, fill=fill).numpy(),
        }
        for kind, values in maps.items():
            curve = deletion_curve(judge, pictures, values, fill=fill)
            found[f"{kind}, {ground}"] = float(area_under(curve).mean())
        if fill == 0 and run.seed == 0 and not run.short:
            shown = {"picture": pictures[:8].numpy()}
            shown |= {
                kind: _stretched(maps[kind][:8]) for kind in ("saliency", "Grad-CAM", "occlusion")
            }
            file = run.pictures / "explain-deletion.png"
            film_strip(list(shown.values()), list(shown), unit="", file=file)
    return {**found, "seconds": numbers["seconds"]}


def _stretched(maps: np.ndarray) -> np.ndarray:
    """Maps as pictures from 0 to 1."""
    positive = np.maximum(maps, 0).astype(np.float32)
    most = positive.max(axis=(1, 2), keepdims=True)
    return (positive / np.maximum(most, 1e-12))[:, None]


ROWS: dict[str, Row] = {
    "explain-deletion": Row(
        "area below the deletion curve, less is better", 3, 3, "below random order", deletion,
        {f"{kind}, {ground}": "{:.3f}" for ground in FILLS
         for kind in ("occlusion", "random", "brightest", "saliency", "Grad-CAM")},
    ),
}  # fmt: skip
