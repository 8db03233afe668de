"""Normal noise in CUDA: from the very bits of the uniform noise, and all of it."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.fast.cuda_arrays import agree
from tinygen.backend import Backend, kernel
from tinygen.backend.random import Noise


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 1001])
@pytest.mark.parametrize("key", [0, 2**63 + 5])
def test_normal_numbers_are_those_of_the_plain_code(
    dtype: str, size: int, key: int, gpu: Backend
) -> None:
    drawn = kernel(gpu.xp, f"philox_normal_{dtype}")(gpu.xp, size, key, 3)
    with tg.plain():
        expected = Noise(key, 3).normal((size,), dtype)
    agree(gpu, drawn, expected, rounding={"float32": 2e-6, "float64": 1e-14}[dtype])


def test_normal_numbers_are_normal(gpu: Backend) -> None:
    drawn = gpu.to_numpy(kernel(gpu.xp, "philox_normal_float32")(gpu.xp, 100_001, 7, 0))
    assert abs(drawn.mean()) < 4 / np.sqrt(drawn.size)
    assert abs(drawn.var() - 1) < 4 * np.sqrt(2 / drawn.size)
    assert np.unique(drawn).size > 0.95 * drawn.size
