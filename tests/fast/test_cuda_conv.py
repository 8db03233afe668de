"""Images to columns and back in CUDA, against the plain functions: the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.cuda_arrays import agree, dtypes, layouts, normal, on_device, seeds
from tinygen.backend import Backend
from tinygen.fast.cuda import conv
from tinygen.ops.conv import Geometry, columns_to_image, geometry_of, image_to_columns

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def geometries(draw: Any, most_groups: int = 1) -> Geometry:
    """Windows that fit, also with gaps, dilation and uneven padding."""
    groups = draw(st.integers(1, most_groups))
    size = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.just("same") | st.tuples(st.integers(0, 2), st.integers(0, 2)))
    if padding != "same":
        reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        assume(all(n + 2 * p >= r for n, p, r in zip(size, padding, reach, strict=True)))
    return geometry_of("conv2d", size, kernel, stride, padding, dilation, groups)


@given(geometries(most_groups=2), st.integers(0, 3), st.integers(1, 2), dtypes, layouts, seeds)
def test_columns_are_those_of_the_plain_function(
    gpu: Backend, geometry: Geometry, batch: int, channels: int, dtype: str, layout: str, seed: int
) -> None:
    x = normal(seed, (batch, channels * geometry.groups, *geometry.size), dtype)
    there = on_device(gpu, x, layout)
    with tg.plain():
        expected = image_to_columns(np, x, geometry)
    agree(gpu, conv.image_to_columns(there, geometry), expected, rounding=0)
    agree(gpu, there, x, rounding=0)


@given(geometries(most_groups=2), st.integers(0, 3), st.integers(1, 2), dtypes, layouts, seeds)
def test_images_are_those_of_the_plain_function(
    gpu: Backend, geometry: Geometry, batch: int, channels: int, dtype: str, layout: str, seed: int
) -> None:
    rows, length = channels * np.prod(geometry.kernel), batch * np.prod(geometry.out)
    columns = normal(seed, (geometry.groups, rows, length), dtype)
    there = on_device(gpu, columns, layout)
    with tg.plain():
        expected = columns_to_image(np, columns, batch, geometry)
    result = conv.columns_to_image(there, batch, geometry)
    agree(gpu, result, expected, rounding=0)
    assert result.flags.c_contiguous
    agree(gpu, there, columns, rounding=0)
