"""Batch normalization in CUDA, against the plain op."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests.fast.cuda_arrays import agree, dtypes, layouts, normal, on_device, seeds
from tinygen.backend import Backend
from tinygen.fast.cuda import norm
from tinygen.ops.norm import Standardize

EPS = 1e-3
image_shapes = st.tuples(*[st.integers(1, 4)] * 4).filter(lambda shape: np.prod(shape) > shape[1])


@given(image_shapes, st.booleans(), dtypes, layouts, layouts, seeds)
def test_results_and_gradients_are_those_of_the_plain_op(
    gpu: Backend, shape: tuple[int, ...], scaled: bool, dtype: str, first: str, second: str,
    seed: int,
) -> None:  # fmt: skip
    x, grad = normal(seed, shape, dtype) + np.asarray(3, dtype), normal(seed + 1, shape, dtype)
    numbers = [normal(seed + k, (1, shape[1], 1, 1), dtype) for k in (2, 3)] if scaled else []
    inputs = [tg.tensor(array, requires_grad=True) for array in (x, *numbers)]
    with tg.plain():
        results = Standardize.apply(inputs[0], (0, 2, 3), EPS, *inputs[1:])
        gradients = tg.grad(results[0], inputs, tg.tensor(grad))
    expected = tuple(result.detach().numpy() for result in results)

    there, to_y = on_device(gpu, x, first), on_device(gpu, grad, second)
    weight, bias = [gpu.asarray(array) for array in numbers] or (None, None)
    found = norm.standardize(there, EPS, weight, bias)
    agree(gpu, found, expected, rounding={"float32": 1e-5, "float64": 1e-12}[dtype])
    to_inputs = norm.standardize_backward(to_y, there, *found[1:], weight)
    agree(
        gpu,
        to_inputs[: len(inputs)],
        tuple(gradient.numpy() for gradient in gradients),
        rounding={"float32": 1e-3, "float64": 1e-10}[dtype],  # which cancels where there are few
    )
    np.testing.assert_allclose(
        gpu.to_numpy(to_inputs[2]).ravel(), grad.sum((0, 2, 3)), rtol=1e-4, atol=1e-5
    )
    agree(gpu, (there, to_y), (x, grad), rounding=0)


def test_a_mean_far_from_zero_costs_no_precision(gpu: Backend) -> None:
    x = normal(1, (4, 2, 8, 8), "float32") + np.float32(1000)
    y = gpu.to_numpy(norm.standardize(gpu.asarray(x), 1e-5, None, None)[0])
    exact = x.astype(np.float64)
    exact -= exact.mean((0, 2, 3), keepdims=True)
    exact /= np.sqrt(exact.var((0, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, exact, atol=1e-3)
