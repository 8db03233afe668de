"""Cases of tinygen/ops/noise.py: values that are random have tests of their own."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import arrays, booleans, call, case, with_options

IMAGES = call(arrays((2, 3, 2, 1)))


def unchanged(x: np.ndarray, **options: object) -> np.ndarray:
    return x


def zeros_or_ones(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return booleans(rng, shape).astype(np.float64)


for name, calls in (("dropout", call(arrays())), ("dropout2d", IMAGES)):
    case(f"noise.{name}", with_options(calls, p=st.floats(0, 1), training=False), unchanged)
    case(f"noise.{name}", with_options(calls, p=0.0), unchanged)
    case(f"noise.{name}", with_options(calls, p=1.0), lambda x, p: x * 0)
    case(f"noise.{name}", with_options(calls, p=st.floats(0.1, 0.9)), None)
case(
    "noise.reparameterize",
    call(arrays((2, 3)), arrays((2, 3)), arrays((2, 3))),
    lambda mu, logvar, eps: mu + np.sqrt(np.exp(logvar)) * eps,
)
case("noise.reparameterize", call(arrays((2, 3)), arrays((2, 3))), None)
case("noise.randn_like", call(arrays()), None, gradient=False)
case("noise.bernoulli", call(arrays(values=zeros_or_ones)), lambda p: p, gradient=False)
