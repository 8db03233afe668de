"""Cases of tinygen/ops/conv.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tests.ops import naive
from tests.ops.registry import Call, arrays, case

STEPS = st.sampled_from([1, 2, (1, 2), (2, 1), 3])
PADDINGS = st.sampled_from([0, 1, (1, 0), (0, 2), "same", "valid"])
GROUPS = st.sampled_from([1, 1, 2])
SIDE, KERNEL, CHANNELS = st.integers(3, 5), st.integers(1, 3), st.integers(1, 2)


@st.composite
def convolutions(draw: Any) -> Call:
    groups, kernel = draw(GROUPS), (draw(KERNEL), draw(KERNEL))
    inputs, outputs = draw(CHANNELS), groups * draw(CHANNELS)
    x = draw(arrays((draw(st.integers(0, 2)), groups * inputs, draw(SIDE), draw(SIDE))))
    w = draw(arrays((outputs, inputs, *kernel)))
    options = {"stride": draw(STEPS), "padding": draw(PADDINGS), "dilation": draw(STEPS)}
    if draw(st.booleans()):
        options["bias"] = draw(arrays((outputs,)))
    padding = options["padding"]
    room = (0, 0) if isinstance(padding, str) else naive.pair(padding)
    reach = [d * (k - 1) + 1 for d, k in zip(naive.pair(options["dilation"]), kernel, strict=True)]
    fits = all(n + 2 * p >= r for n, p, r in zip(x.shape[2:], room, reach, strict=True))
    assume(fits or padding == "same")
    return Call((x, w), options | {"groups": groups})


@st.composite
def transposed(draw: Any) -> Call:
    groups, kernel = draw(GROUPS), (draw(KERNEL), draw(KERNEL))
    inputs, outputs = draw(CHANNELS), draw(CHANNELS)
    x = draw(arrays((draw(st.integers(0, 2)), groups * inputs, *draw(st.tuples(SIDE, SIDE)))))
    w = draw(arrays((groups * inputs, outputs, *kernel)))
    stride, dilation = draw(STEPS), draw(STEPS)
    extra = tuple(draw(st.integers(0, step - 1)) for step in naive.pair(stride))
    options = {
        "stride": stride,
        "dilation": dilation,
        "output_padding": extra,
        "padding": draw(st.sampled_from([0, 1, (0, 1)])),
        "groups": groups,
    }
    if draw(st.booleans()):
        options["bias"] = draw(arrays((groups * outputs,)))
    return Call((x, w), options)


@st.composite
def blocks(draw: Any) -> Call:
    """Convolutions whose maps are large enough for the pooling after them."""
    x = draw(arrays((draw(st.integers(0, 2)), 2, draw(SIDE), draw(SIDE))))
    w = draw(arrays((draw(CHANNELS), 2, draw(st.integers(1, 2)), draw(st.integers(1, 2)))))
    bias = {"bias": draw(arrays((len(w),)))} if draw(st.booleans()) else {}
    return Call((x, w), {"padding": draw(st.sampled_from([0, 1, "same"])), **bias})


def conv_relu_pool(x: Any, w: Any, **options: Any) -> Any:
    return naive.max_pool2d(np.maximum(naive.conv2d(x, w, **options), 0), 2)


case("block.conv_relu_pool", blocks(), conv_relu_pool)
case("conv.conv2d", convolutions(), naive.conv2d)
case("conv.conv_transpose2d", transposed(), naive.conv_transpose2d)
