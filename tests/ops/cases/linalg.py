"""Cases of tinygen/ops/linalg.py."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, along_dims, arrays, case, nonzero, with_options


@st.composite
def factors(draw: Any, first: str, second: str) -> Call:
    """Two arrays whose shapes are spelled in letters, equal letters for equal lengths."""
    lengths = {letter: draw(st.integers(0, 3)) for letter in first + second}
    return Call(tuple(draw(arrays(tuple(lengths[i] for i in s))) for s in (first, second)), {})


@st.composite
def broadcast_factors(draw: Any) -> Call:
    """Matrices or vectors, and leading dimensions that broadcast."""
    drawn = hnp.mutually_broadcastable_shapes(
        signature="(n?,k),(k,m?)->(n?,m?)", max_dims=2, min_side=0, max_side=3
    )
    return Call(tuple(draw(arrays(shape)) for shape in draw(drawn).input_shapes), {})


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sum over the inner index, without a product of matrices."""
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    product = (left[..., :, :, None] * right[..., None, :, :]).sum(-2)
    if a.ndim == 1:
        product = product[..., 0, :]
    return product[..., 0] if b.ndim == 1 else product


@st.composite
def layers(draw: Any) -> Call:
    features, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    lead = draw(st.sampled_from([(), (2,), (0,), (2, 3)]))
    bias = draw(st.none() | arrays((outputs,)))
    return Call((draw(arrays((*lead, features))), draw(arrays((outputs, features))), bias), {})


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    y = np.einsum("...i,oi->...o", x, weight)
    return y if bias is None else y + bias


def norm(x: np.ndarray, p: float, dim: Any, keepdim: bool) -> np.ndarray:
    size = np.abs(x)
    if p == math.inf:
        return size.max(axis=dim, keepdims=keepdim)
    return (size**p).sum(axis=dim, keepdims=keepdim) ** (1 / p)


case("linalg.matmul", broadcast_factors(), matmul)
case("linalg.mm", factors("nk", "km"), matmul)
case("linalg.bmm", factors("bnk", "bkm"), matmul)
case("linalg.dot", factors("k", "k"), lambda a, b: (a * b).sum())
case("linalg.outer", factors("n", "m"), np.outer)
case("linalg.linear", layers(), linear)
case(
    "linalg.norm",
    with_options(along_dims(nonzero), p=st.sampled_from([2.0, 1, 2, 3.0, 1.5, math.inf])),
    norm,
)
