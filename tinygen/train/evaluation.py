"""Evaluating a model in the midst of its training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

import tinygen as tg
from tinygen.metrics import accuracy_score
from tinygen.models.base import evaluating
from tinygen.nn import Module

__all__ = ["accuracy", "undisturbed"]


def accuracy(targets: np.ndarray, outputs: np.ndarray) -> float:
    """Return the share of samples whose label has the highest score, as a metric for a Trainer.

    Parameters
    ----------
    targets : labels of shape (N,)
    outputs : array of shape (N, K)
        Logits or probabilities.

    Returns
    -------
    float
    """
    return float(accuracy_score(targets, outputs.argmax(axis=1)))


@contextmanager
def undisturbed(model: Module, seed: int | None) -> Iterator[None]:
    """Evaluate a model without gradients and with noise of its own; then all is as before.

    With a seed the noise is the same each time, so that the results can be compared.
    """
    noise = tg.get_rng_state()
    if seed is not None:
        tg.manual_seed(seed)
    try:
        with evaluating(model), tg.no_grad():
            yield
    finally:
        tg.set_rng_state(noise)
