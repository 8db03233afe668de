"""Cases of tinygen/ops/activation.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, along_dim, arrays, call, case, shapes


def unary(op: str, oracle: Any, **options: Any) -> None:
    case(f"activation.{op}", call(arrays(), **options), oracle)


def normal_cdf(x: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)), otypes=[float])(x)


def gelu(x: np.ndarray, approximate: str) -> np.ndarray:
    if approximate == "none":
        return x * normal_cdf(x)
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(x: np.ndarray, dim: int) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(dim, keepdims=True)


@st.composite
def with_biases(draw: Any) -> Call:
    """An array, a bias, and the dimension along which it has a number for each place."""
    x = draw(arrays(shapes(min_dims=1)))
    dim = draw(st.integers(-x.ndim, x.ndim - 1))
    return Call((x, draw(arrays((x.shape[dim],))), dim), {})


def bias_relu(x: np.ndarray, bias: np.ndarray, dim: int) -> np.ndarray:
    return np.moveaxis(np.maximum(np.moveaxis(x, dim, -1) + bias, 0), -1, dim)


unary("relu", lambda x: np.where(x > 0, x, 0.0))
case("block.bias_relu", with_biases(), bias_relu)
unary(
    "leaky_relu",
    lambda x, negative_slope: np.where(x > 0, x, negative_slope * x),
    negative_slope=st.sampled_from([0.01, 0.5, 1.5, -0.5]),
)
unary("elu", lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), alpha=st.floats(0.5, 2))
unary("gelu", gelu, approximate=st.sampled_from(["none", "tanh"]))
unary("silu", lambda x: x / (1 + np.exp(-x)))
unary(
    "softplus",
    lambda x, beta: np.log(1 + np.exp(beta * x)) / beta,
    beta=st.sampled_from([1, 0.5, 3.0]),
)
unary("logsigmoid", lambda x: -np.log(1 + np.exp(-x)))
case("activation.softmax", along_dim(), softmax)
case("activation.log_softmax", along_dim(), lambda x, dim: np.log(softmax(x, dim)))
