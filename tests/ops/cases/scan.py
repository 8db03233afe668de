"""Cases of tinygen/ops/scan.py."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import along_dim, arrays, call, case, with_options


def with_zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Some are 0: a rule that divides by them fails."""
    return rng.standard_normal(shape) * (rng.random(shape) < 0.7)


case("scan.cumsum", along_dim(min_length=0), lambda x, dim: np.cumsum(x, axis=dim))
case("scan.prod", call(arrays(values=with_zeros)), np.prod)
case(
    "scan.prod",
    with_options(along_dim(with_zeros, min_length=0), keepdim=st.booleans()),
    lambda x, dim, keepdim: np.prod(x, axis=dim, keepdims=keepdim),
)
