"""Fixtures of the statements about modules."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg


@pytest.fixture
def rng():
    """NumPy's generator, for data."""
    return np.random.default_rng(20240607)


@pytest.fixture(autouse=True)
def _seeded():
    """Weights and noise are the same in every run, whatever ran before."""
    tg.manual_seed(0)
