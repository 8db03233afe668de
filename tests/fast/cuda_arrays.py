"""Arrays on the device for the tests of the CUDA kernels: drawn, in every layout, and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinygen.backend import Backend

LAYOUTS = ("C", "transposed", "gaps", "backwards", "channels-last")
layouts = st.sampled_from(LAYOUTS)
dtypes = st.sampled_from(["float32", "float64"])
seeds = st.integers(0, 2**16)
ROUNDING = {"float32": 1e-5, "float64": 1e-12}


def normal(seed: int, shape: tuple[int, ...], dtype: str, scale: float = 1.0) -> np.ndarray:
    """Normal numbers on the host."""
    drawn = np.random.default_rng(seed).standard_normal(shape)
    return np.asarray(drawn * scale, dtype)


def on_device(gpu: Backend, values: np.ndarray, layout: str = "C") -> Any:
    """The same values on the device; not every layout changes every shape."""
    if layout == "transposed" and values.ndim:
        return gpu.asarray(np.ascontiguousarray(values.T)).T
    if layout == "channels-last" and values.ndim > 2:
        last = gpu.asarray(np.ascontiguousarray(np.moveaxis(values, 1, -1)))
        return last.transpose(0, values.ndim - 1, *range(1, values.ndim - 1))
    if layout == "backwards" and values.ndim:
        return gpu.asarray(np.ascontiguousarray(values[::-1]))[::-1]
    if layout == "gaps" and values.ndim:
        wide = gpu.xp.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
        wide[..., ::2] = gpu.asarray(np.ascontiguousarray(values))
        return wide[..., ::2]
    return gpu.asarray(values)


def agree(gpu: Backend, results: Any, expected: Any, rounding: float | None = None) -> None:
    """Each device array has the shape, the dtype and, rounding apart, the values of its twin."""
    if not isinstance(results, tuple):
        results, expected = (results,), (expected,)
    assert len(results) == len(expected)
    for result, twin in zip(results, expected, strict=True):
        twin = twin if isinstance(twin, np.ndarray | np.generic) else gpu.to_numpy(twin)
        assert (result.shape, result.dtype) == (twin.shape, twin.dtype)
        tolerance = ROUNDING.get(str(twin.dtype), 0) if rounding is None else rounding
        scale = np.abs(twin[np.isfinite(twin)]).max(initial=0) if twin.dtype.kind == "f" else 0
        np.testing.assert_allclose(
            gpu.to_numpy(result), twin, rtol=tolerance, atol=tolerance * scale
        )
