"""Cases of tinygen/ops/pool.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tests.ops import naive
from tests.ops.registry import Call, Values, arrays, call, case, distinct, real, shapes

SIZES = st.sampled_from([1, 2, 3, (2, 3), (3, 1)])


@st.composite
def images(draw: Any, values: Values = real) -> np.ndarray:
    shape = tuple(draw(st.integers(low, high)) for low, high in ((0, 2), (1, 2), (3, 5), (3, 5)))
    return draw(arrays(shape, values))


@st.composite
def pooled(draw: Any, values: Values, **more: Any) -> Call:
    x, kernel = draw(images(values)), draw(SIZES)
    padding = draw(st.sampled_from([0, 0, 1, (0, 1), "same", "valid"]))
    if not isinstance(padding, str):
        both = zip(naive.pair(padding), naive.pair(kernel), strict=True)
        assume(all(2 * p <= k for p, k in both))
    drawn = {"stride": st.none() | SIZES, "ceil_mode": st.booleans(), **more}
    options = {name: draw(strategy) for name, strategy in drawn.items()}
    return Call((x, kernel), {"padding": padding, **options})


@st.composite
def padded(draw: Any) -> Call:
    x = draw(arrays(shapes(min_dims=1, min_side=2)))
    count = draw(st.integers(0, x.ndim))
    widths = tuple(draw(st.integers(-1, 2)) for _ in range(2 * count))
    return Call((x, widths), {"value": draw(st.sampled_from([0.0, -1.5]))})


def fits(made: Call) -> bool:
    """Whether the dilated window fits into the padded image."""
    padding = made.kwargs["padding"]
    room = (0, 0) if isinstance(padding, str) else naive.pair(padding)
    reach = [
        d * (k - 1) + 1
        for d, k in zip(naive.pair(made.kwargs["dilation"]), naive.pair(made.args[1]), strict=True)
    ]
    return padding == "same" or all(
        n + 2 * p >= r for n, p, r in zip(made.args[0].shape[2:], room, reach, strict=True)
    )


case(
    "pool.max_pool2d",
    pooled(
        distinct, dilation=st.sampled_from([1, 1, 2, (2, 1)]), return_indices=st.booleans()
    ).filter(fits),
    naive.max_pool2d,
)
case(
    "pool.avg_pool2d",
    pooled(
        real, count_include_pad=st.booleans(), divisor_override=st.sampled_from([None, None, 3])
    ),
    naive.avg_pool2d,
)
ADAPTIVE = st.sampled_from([1, 2, 3, (2, 5), (None, 1), (7, 2)])
case(
    "pool.adaptive_avg_pool2d",
    call(images(), ADAPTIVE),
    lambda x, size: naive.adaptive_pool2d(x, size, np.mean),
)
case(
    "pool.adaptive_max_pool2d",
    call(images(distinct), ADAPTIVE),
    lambda x, size: naive.adaptive_pool2d(x, size, np.max),
)
case(
    "pool.global_avg_pool2d",
    call(images()),
    lambda x: naive.adaptive_pool2d(x, 1, np.mean)[..., 0, 0],
)
for mode in ("nearest", "bilinear", "bicubic"):
    sizes = st.sampled_from([1, 2, 7, (4, 6), (9, 3)])
    case("pool.interpolate", call(images(), size=sizes, mode=mode), naive.interpolate)
    factors = st.sampled_from([2, 0.5, 1.5, (2, 3.0), 0.7])
    case("pool.interpolate", call(images(), scale_factor=factors, mode=mode), naive.interpolate)
for mode in ("bilinear", "bicubic"):
    sizes = st.sampled_from([1, 2, 7, (4, 6)])
    case(
        "pool.interpolate",
        call(images(), size=sizes, mode=mode, align_corners=True),
        naive.interpolate,
    )
case("pool.pad", padded(), naive.pad)
