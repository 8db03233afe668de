"""Cases of tinygen/ops/extremes.py: values are distinct, ties have tests of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import (
    Call,
    along_dim,
    along_dims,
    arrays,
    call,
    case,
    distinct,
    shapes,
    with_options,
)

SOME = shapes(min_side=1)
ALONG = with_options(along_dim(distinct), keepdim=st.booleans())
SORTED = with_options(along_dim(distinct, min_length=0), descending=st.booleans())


def with_position(value: Any, position: Any) -> Any:
    """The extremes of NumPy, as (values, indices)."""
    return lambda x, dim, keepdim: [
        value(x, axis=dim, keepdims=keepdim),
        position(x, axis=dim, keepdims=keepdim),
    ]


def argsort(x: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    order = np.argsort(x, axis=dim)
    return np.flip(order, dim) if descending else order


def sort(x: np.ndarray, dim: int, descending: bool) -> list[np.ndarray]:
    order = argsort(x, dim, descending)
    return [np.take_along_axis(x, order, dim), order]


@st.composite
def some_of(draw: Any) -> Call:
    made = draw(along_dim(distinct))
    k = draw(st.integers(0, made.args[0].shape[made.kwargs["dim"]]))
    return Call((*made.args, k), made.kwargs | {"largest": draw(st.booleans())})


def topk(x: np.ndarray, k: int, dim: int, largest: bool) -> list[np.ndarray]:
    return [part.take(range(k), axis=dim) for part in sort(x, dim, largest)]


for name, value, position in (("max", np.max, np.argmax), ("min", np.min, np.argmin)):
    case(
        f"extremes.a{name}",
        along_dims(distinct),
        lambda x, dim, keepdim, value=value: value(x, axis=dim, keepdims=keepdim),
    )
    case(f"extremes.{name}", call(arrays(SOME, distinct)), value)
    case(f"extremes.{name}", ALONG, with_position(value, position))
    case(f"extremes.arg{name}", call(arrays(SOME, distinct)), position, gradient=False)
    case(
        f"extremes.arg{name}",
        ALONG,
        lambda x, dim, keepdim, position=position: position(x, axis=dim, keepdims=keepdim),
        gradient=False,
    )
case("extremes.argsort", SORTED, argsort, gradient=False)
case("extremes.sort", SORTED, sort)
case("extremes.topk", some_of(), topk)
