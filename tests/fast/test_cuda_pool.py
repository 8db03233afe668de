"""Pooling in CUDA, against the plain ops: the largest and their places are the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.cuda_arrays import agree, layouts, normal, on_device, seeds
from tests.fast.test_cuda_conv import geometries
from tinygen.backend import Backend
from tinygen.fast.cuda import pool
from tinygen.ops.conv import Geometry, geometry_of
from tinygen.ops.pool import AvgPool2d, AvgUnpool2d, MaxPool2d, MaxUnpool2d

pixels = st.sampled_from(["float32", "float64", "uint8", "int64"])


def images(seed: int, geometry: Geometry, planes: tuple[int, int], dtype: str) -> np.ndarray:
    """Images with many equal pixels, and with those that are special."""
    rng = np.random.default_rng(seed)
    values = [0.0, 1.0, 2.0] + ([-np.inf, np.inf, np.nan, -1.5] if dtype.startswith("f") else [])
    return rng.choice(np.array(values).astype(dtype), (*planes, *geometry.size))


def plain(op: Any, *args: Any) -> Any:
    """What an op gives on NumPy without fast kernels."""
    with tg.plain(), np.errstate(all="ignore"):
        results = op.apply(*args)
    return tuple(r.numpy() for r in results) if isinstance(results, tuple) else results.numpy()


planes_of_images = st.tuples(st.integers(0, 2), st.integers(1, 3))


@given(geometries(), planes_of_images, pixels, layouts, seeds)
def test_the_largest_and_their_places_are_those_of_the_plain_op(
    gpu: Backend, geometry: Geometry, planes: tuple[int, int], dtype: str, layout: str, seed: int
) -> None:
    x = images(seed, geometry, planes, dtype)
    there = on_device(gpu, x, layout)
    agree(gpu, pool.max_pool2d(there, geometry), plain(MaxPool2d, x, geometry), rounding=0)
    agree(gpu, there, x, rounding=0)


@given(geometries(), planes_of_images, st.sampled_from(["float32", "float64"]), layouts, seeds)
def test_values_go_back_to_the_places_of_the_plain_op(
    gpu: Backend, geometry: Geometry, planes: tuple[int, int], dtype: str, layout: str, seed: int
) -> None:
    winner = plain(MaxPool2d, normal(seed, (*planes, *geometry.size), dtype), geometry)[1]
    values = normal(seed + 1, winner.shape, dtype)
    there = on_device(gpu, values, layout), on_device(gpu, winner, layout)
    expected = plain(MaxUnpool2d, values, winner, geometry)
    agree(gpu, pool.max_unpool2d(*there, geometry), expected, rounding=0)
    agree(gpu, there, (values, winner), rounding=0)


@given(geometries(), planes_of_images, st.sampled_from(["float32", "float64"]), layouts, seeds)
def test_means_and_their_way_back_are_those_of_the_plain_op(
    gpu: Backend, geometry: Geometry, planes: tuple[int, int], dtype: str, layout: str, seed: int
) -> None:
    x, weights = normal(seed, (*planes, *geometry.size), dtype), normal(1, geometry.out, dtype)
    values = normal(seed + 1, (*planes, *geometry.out), dtype)
    there = [on_device(gpu, array, layout) for array in (x, weights, values)]
    means = pool.avg_pool2d(there[0], there[1], geometry)
    agree(gpu, means, plain(AvgPool2d, x, weights, geometry))
    spread = pool.avg_unpool2d(there[2], there[1], geometry)
    agree(gpu, spread, plain(AvgUnpool2d, values, weights, geometry))


def test_a_window_of_many_taps_has_large_numbers(gpu: Backend) -> None:
    geometry = geometry_of("max_pool2d", (17, 18), (17, 18), 1, 0)
    x = np.arange(17 * 18, dtype=np.float32).reshape(1, 1, 17, 18)
    best, winner = pool.max_pool2d(gpu.asarray(x), geometry)
    assert winner.dtype == np.int32
    assert gpu.to_numpy(winner).item() == gpu.to_numpy(best).item() == 17 * 18 - 1
    agree(gpu, pool.max_unpool2d(best, winner, geometry), x * (x == x.max()), rounding=0)
