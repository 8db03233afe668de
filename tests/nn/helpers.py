"""What the statements about modules share."""

from __future__ import annotations

import numpy as np

import tinygen as tg
from tinygen.gradcheck import gradcheck


def normal(rng, *shape, dtype=np.float64, **options):
    """A tensor of normal numbers from a NumPy generator."""
    return tg.tensor(rng.normal(size=shape).astype(dtype), **options)


def values(tensor):
    """The numbers of a tensor, wherever it is."""
    return tensor.detach().cpu().numpy()


def gradients_are_right(function, *tensors):
    """Compare the gradients of a function's result with finite differences."""
    return gradcheck(lambda *_: function(), tensors, eps=1e-5, rtol=1e-6, atol=1e-8)
