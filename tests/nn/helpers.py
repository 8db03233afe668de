"""What the statements about modules share."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.conftest import CHOSEN
from tinygen.gradcheck import gradcheck

other_backends = pytest.mark.parametrize(
    "backend", [name for name in CHOSEN if name != "numpy"], indirect=True
)
"""For statements about mixing the CPU with another device."""


def normal(rng, *shape, dtype=np.float64, **options):
    """A tensor of normal numbers from a NumPy generator."""
    return tg.tensor(rng.normal(size=shape).astype(dtype), **options)


def values(tensor):
    """The numbers of a tensor, wherever it is."""
    return tensor.detach().cpu().numpy()


def gradients_are_right(function, *tensors):
    """Compare the gradients of a function's result with finite differences."""
    return gradcheck(lambda *_: function(), tensors, eps=1e-5, rtol=1e-6, atol=1e-8)
