"""How near pictures come to those that they should be, and whether they can still be read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygen.metrics import psnr
from tinygen.models import Classifier
from tinygen.tensors import Tensor, tensor

__all__ = ["Fidelity", "fidelity"]

LEVELS = 255
"""Pictures are judged as a file would hold them, with eight bits a pixel."""


class Fidelity(NamedTuple):
    """How near pictures come to the true ones, all of them together.

    Attributes
    ----------
    l1 : float
        The absolute error of a pixel, from 0 to 1.
    psnr : float
        The peak signal-to-noise ratio of all pixels, in decibels: finite even if one of the
        pictures is right to the last bit.
    accuracy : float or None
        How often the judge reads what the pictures should show.
    """

    l1: float
    psnr: float
    accuracy: float | None


def fidelity(
    true: Tensor, made: Tensor, labels: Any = None, judge: Classifier | None = None
) -> Fidelity:
    """Compare pictures with the true ones, pixel by pixel and by what a classifier reads in them.

    Parameters
    ----------
    true, made : float Tensor of shape (N, C, H, W)
        From 0 to 1; ``made`` may have one channel where ``true`` has three.
    labels : integer array of shape (N,), optional
        What the pictures show.
    judge : Classifier, optional
        One that had no part in making them; needed with labels.

    Returns
    -------
    Fidelity

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    answer, wanted = (np.rint(pictures.numpy() * LEVELS) / LEVELS for pictures in (made, true))
    answer = np.broadcast_to(answer, wanted.shape)
    accuracy = None
    if judge is not None and labels is not None:
        device = next(judge.parameters()).device
        guesses = judge.predict(tensor(answer.astype(np.float32), device=device)).numpy()
        accuracy = float((guesses == np.asarray(labels)).mean())
    ratio = psnr(wanted.reshape(1, -1), answer.reshape(1, -1))
    return Fidelity(float(np.abs(answer - wanted).mean()), ratio, accuracy)
