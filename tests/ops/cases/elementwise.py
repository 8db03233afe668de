"""Cases of tinygen/ops/elementwise.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import (
    Call,
    Values,
    arrays,
    booleans,
    broadcast_pair,
    call,
    case,
    coarse,
    integers,
    nonzero,
    positive,
    real,
)


def unary(op: str, oracle: Any, values: Values = real, **options: Any) -> None:
    case(f"elementwise.{op}", call(arrays(values=values)), oracle, **options)


def binary(
    op: str, oracle: Any, first: Values = real, second: Values = real, **options: Any
) -> None:
    """Two tensors, and a tensor with a number."""
    case(f"elementwise.{op}", broadcast_pair(first, second), oracle, **options)
    numbers = st.sampled_from([2, -0.5, 1])
    case(f"elementwise.{op}", call(arrays(values=first), numbers), oracle, **options)


def special(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice([math.nan, math.inf, -math.inf, 0.0, -1.5], shape)


def scaled(op: Any) -> Any:
    return lambda a, b, alpha: op(a, alpha * b)


ALPHAS = st.sampled_from([1, 2, -0.5])

binary("add", np.add)
case("elementwise.add", call(arrays((2, 3)), arrays((3,)), alpha=ALPHAS), scaled(np.add))
binary("sub", np.subtract)
case("elementwise.sub", call(arrays((2, 3)), arrays((3,)), alpha=ALPHAS), scaled(np.subtract))
binary("mul", np.multiply)
binary("div", np.divide, second=nonzero)
unary("neg", np.negative)

case("elementwise.pow", call(arrays(values=nonzero), st.sampled_from([0, 1, 2, 3, -1])), np.power)
case("elementwise.pow", call(arrays(values=positive), st.sampled_from([0.5, -1.5, 2.5])), np.power)
case("elementwise.pow", broadcast_pair(positive, real), np.power)
case("elementwise.pow", call(st.sampled_from([2, 0.5, 3.0]), arrays()), np.power)

unary("exp", np.exp)
unary("expm1", np.expm1)
unary("log", np.log, positive)
unary("log1p", np.log1p, positive)
unary("sqrt", np.sqrt, positive)
unary("rsqrt", lambda x: x**-0.5, positive)
unary("reciprocal", np.reciprocal, nonzero)
unary("square", np.square)
unary("sin", np.sin)
unary("cos", np.cos)
unary("tanh", np.tanh)
unary("sigmoid", lambda x: 1 / (1 + np.exp(-x)))
unary("erf", np.vectorize(math.erf, otypes=[float]))
unary("abs", np.abs, nonzero)

binary("maximum", np.maximum)
binary("minimum", np.minimum)
BOUNDS = st.sampled_from([(-0.5, 0.5), (None, 0.3), (-0.3, None)])
case(
    "elementwise.clamp",
    st.builds(lambda x, b: Call((x,), {"min": b[0], "max": b[1]}), arrays(), BOUNDS),
    lambda x, min, max: np.clip(x, min, max),
)
case(
    "elementwise.clamp",
    call(arrays((2, 3)), min=arrays((3,), nonzero), max=st.sampled_from([None, 0.7])),
    lambda x, min, max: np.minimum(np.maximum(x, min), np.inf if max is None else max),
)
case(
    "elementwise.where",
    call(arrays((2, 1, 3), booleans), arrays((2, 3)), arrays((4, 2, 1, 3))),
    np.where,
)
case("elementwise.where", call(arrays((2, 3), booleans), arrays((3,)), 0.5), np.where)
case("elementwise.where", call(arrays((2, 3), booleans), -1, arrays((2, 1))), np.where)
case(
    "elementwise.masked_fill",
    call(arrays((2, 3)), arrays((2, 3), booleans), st.sampled_from([0, -2.5])),
    lambda x, mask, value: np.where(mask, value, x),
)

case("elementwise.to", call(arrays(), "float64"), lambda x, dtype: x, dtype="float64")
case(
    "elementwise.to",
    call(arrays(), "int64"),
    lambda x, dtype: np.trunc(x).astype(np.int64),
    gradient=False,
)

unary("sign", np.sign, nonzero)
unary("floor", np.floor)
unary("round", np.round)
unary("isnan", np.isnan, special, gradient=False)
unary("isinf", np.isinf, special, gradient=False)
unary("isfinite", np.isfinite, special, gradient=False)
unary("logical_not", np.logical_not, booleans, gradient=False)
unary("logical_not", np.logical_not, coarse, gradient=False)
for name, compare in (
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal),
    ("gt", np.greater), ("ge", np.greater_equal), ("logical_and", np.logical_and),
    ("logical_or", np.logical_or),
):  # fmt: skip
    binary(name, compare, coarse, coarse, gradient=False)
for values in (booleans, integers(8)):
    for name in ("bitwise_and", "bitwise_or"):
        pairs = broadcast_pair(values, values)
        case(f"elementwise.{name}", pairs, getattr(np, name), gradient=False)
    unary("bitwise_not", np.bitwise_not, values, gradient=False)
