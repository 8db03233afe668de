"""What the tests of ``tinygen translate`` and ``tinygen restore`` share."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

import tinygen as tg
from tinygen.io import save_checkpoint
from tinygen.models import create

__all__ = ["new_model", "pixels", "results"]


def new_model(path, name, **arguments):
    """The checkpoint of a small model that has learned nothing, but gives other than it is given.

    Returns
    -------
    Path
    """
    tg.manual_seed(0)
    model = create(name, **arguments)
    chance = np.random.default_rng(0)
    with tg.no_grad():
        for parameter in model.parameters():
            parameter.add_(tg.tensor(0.05 * chance.standard_normal(parameter.shape)).float())
    save_checkpoint(path, model=model, architecture=name, arguments=arguments)
    return path


def results(out):
    """What a report says in numbers."""
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def pixels(path):
    """A picture that was written, from 0 to 1: (C, H, W)."""
    array = np.asarray(Image.open(path), np.float32) / 255
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
