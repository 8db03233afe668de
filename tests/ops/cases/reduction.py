"""Cases of tinygen/ops/reduction.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, along_dims, arrays, booleans, case, shapes, with_options


def over(function: Any) -> Any:
    """A reduction of NumPy with PyTorch's names."""
    return lambda x, dim, keepdim, **options: function(x, axis=dim, keepdims=keepdim, **options)


def variance(x: np.ndarray, axis: Any, keepdims: bool, correction: int) -> np.ndarray:
    return x.var(axis=axis, keepdims=keepdims, ddof=correction)


def logsumexp(x: np.ndarray, dim: Any, keepdim: bool) -> np.ndarray:
    return np.log(np.exp(x).sum(axis=dim, keepdims=keepdim))


@st.composite
def stretched(draw: Any, op: str) -> Call:
    """An array with some axes of length 1, and a shape that it broadcasts to."""
    shape = draw(shapes(min_dims=1, min_side=0))
    small = tuple(draw(st.sampled_from([1, n])) for n in shape)
    if op == "sum_to_size":
        return Call((draw(arrays(shape)), *small), {})
    x = draw(arrays(small))
    lead = draw(st.lists(st.integers(0, 2), max_size=1))
    if op == "expand" and draw(st.booleans()):
        kept = (-1 if a == b else b for a, b in zip(small, shape, strict=True))
        return Call((x, *lead, *kept), {})
    return Call((x, (*lead, *shape)), {})


def sum_to_size(x: np.ndarray, *size: int) -> np.ndarray:
    axes = tuple(i for i, (n, small) in enumerate(zip(x.shape, size, strict=True)) if n != small)
    return x.sum(axes, keepdims=True)


def expand(x: np.ndarray, *shape: Any) -> np.ndarray:
    wanted = shape[0] if isinstance(shape[0], tuple) else shape
    lead = len(wanted) - x.ndim
    return np.zeros([x.shape[i - lead] if n == -1 else n for i, n in enumerate(wanted)]) + x


case("reduction.sum", along_dims(min_side=0), over(np.sum))
case("reduction.sum", along_dims(booleans, min_side=0), over(np.sum), gradient=False)
case("reduction.mean", along_dims(), over(np.mean))
SPREAD = with_options(along_dims(min_side=2), correction=st.sampled_from([0, 1]))
HAS_AXES = SPREAD.filter(lambda made: made.args[0].ndim > 0)
case("reduction.var", HAS_AXES, over(variance))
case("reduction.std", HAS_AXES, lambda *args, **kwargs: np.sqrt(over(variance)(*args, **kwargs)))
case("reduction.logsumexp", along_dims(), logsumexp)
case("reduction.all", along_dims(booleans, min_side=0), over(np.all), gradient=False)
case("reduction.any", along_dims(booleans, min_side=0), over(np.any), gradient=False)
case("reduction.expand", stretched("expand"), expand)
case("reduction.sum_to_size", stretched("sum_to_size"), sum_to_size)
