"""Edits by models that draw row by row: another label from a row on."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.autograd import no_grad
from tinygen.models.base import evaluating
from tinygen.models.made import Autoregressive
from tinygen.ops.indexing import index_select
from tinygen.tasks.edit.checks import require_model
from tinygen.tensors import Tensor, as_tensor, tensor

__all__ = ["redraw_rows"]


def redraw_rows(
    model: Autoregressive,
    pictures: Tensor,
    rows: int,
    labels: Any,
    candidates: int = 8,
    temperature: float = 1.0,
) -> Tensor:
    """Keep the first rows, and draw the rest as another class goes on.

    What is above tells against the new label, and the model believes what it sees rather than what
    it is told. So several continuations are drawn, and of these the one is kept that the model
    itself finds most probably of that class, by Bayes' rule.

    Parameters
    ----------
    model : Autoregressive
        With classes.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1; cut at a half to black and white, which is what the model knows.
    rows : int
        How many stay.
    labels : N integers
        What they shall show.
    candidates : int
        How many continuations are drawn of each picture.
    temperature : float
        As in :meth:`tinygen.models.made.Autoregressive.complete`.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        Of 0 and 1; the first rows are those of the pictures.

    Raises
    ------
    TypeError
        If the model does not draw row by row.
    ValueError
        If it has no classes, or an argument does not fit.
    """
    require_model(model, Autoregressive, "redraw_rows")
    if model.classes is None:
        raise ValueError(
            f"this {type(model).__name__} is unconditional, so there is no new label to be told: "
            "make one with classes=10"
        )
    model.check_pictures(pictures)
    binary = (pictures > 0.5).to(pictures.dtype)
    with evaluating(model), no_grad():
        drawn = model.complete(
            binary, rows=rows, labels=labels, samples=candidates, temperature=temperature
        )
        if candidates == 1:
            return drawn
        beliefs = model.predict_proba(drawn).reshape(len(pictures), candidates, -1).numpy()
        wanted = as_tensor(labels).numpy()
        best = beliefs[np.arange(len(pictures)), :, wanted].argmax(1)
        places = best + candidates * np.arange(len(pictures))
        return index_select(drawn, 0, tensor(places, device=pictures.device))
