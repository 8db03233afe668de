"""Cases of tinygen/ops/norm.py; what running statistics do has tests of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, arrays, case, positive, shapes


@st.composite
def batches(draw: Any, training: bool) -> Call:
    """A batch of vectors, sequences or images, with scale, shift and statistics."""
    channels = draw(st.integers(1, 3))
    places = draw(st.sampled_from([(), (3,), (2, 2)]))
    x = draw(arrays((draw(st.integers(2, 3)), channels, *places)))
    per_channel, variances = arrays((channels,)), arrays((channels,), positive)
    kwargs = {"eps": draw(st.sampled_from([1e-5, 0.1])), "training": training}
    statistics = (None, None) if training else (draw(per_channel), draw(variances))
    if draw(st.booleans()):
        kwargs |= {"weight": draw(per_channel), "bias": draw(per_channel)}
    return Call((x, *statistics), kwargs)


def batch_norm(
    x: np.ndarray,
    mean: np.ndarray | None,
    var: np.ndarray | None,
    eps: float,
    training: bool,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """Channel after channel."""
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        values = x[:, c]
        m = values.mean() if mean is None else mean[c]
        v = values.var() if var is None else var[c]
        y[:, c] = (values - m) / np.sqrt(v + eps)
        if weight is not None and bias is not None:
            y[:, c] = y[:, c] * weight[c] + bias[c]
    return y


@st.composite
def samples(draw: Any) -> Call:
    lead = draw(shapes(max_dims=2, min_side=1))
    last = draw(st.sampled_from([(3,), (2, 2)]))
    args: list[Any] = [draw(arrays((*lead, *last))), last if len(last) > 1 else last[0]]
    if draw(st.booleans()):
        args += [draw(arrays(last)), draw(arrays(last))]
    return Call(tuple(args), {"eps": draw(st.sampled_from([1e-5, 0.1]))})


def layer_norm(
    x: np.ndarray, last: Any, weight: Any = 1.0, bias: Any = 0.0, eps: float = 0.0
) -> np.ndarray:
    """Sample after sample."""
    last = (last,) if isinstance(last, int) else last
    y = np.empty_like(x)
    for place in np.ndindex(*x.shape[: x.ndim - len(last)]):
        sample = x[place]
        y[place] = (sample - sample.mean()) / np.sqrt(sample.var() + eps) * weight + bias
    return y


case("norm.batch_norm", batches(training=True), batch_norm, rtol=1e-4)
case("norm.batch_norm", batches(training=False), batch_norm, rtol=1e-4)
case("norm.layer_norm", samples(), layer_norm, rtol=1e-4)
