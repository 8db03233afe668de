"""CUDA kernels that are one formula, against the formula in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests import standin
from tests.fast.cuda_arrays import agree, dtypes, layouts, normal, on_device, seeds
from tests.ops.registry import Call, broadcast_pair, shapes
from tinygen import gradcheck, gradgradcheck
from tinygen.backend import Backend, kernel
from tinygen.ops.loss import GaussianKL


def softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, np.zeros_like(x))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-softplus(-x))


# Each takes so many arrays of one shape, and then these numbers.
FORMULAS: dict[str, tuple[Callable[..., Any], int, tuple[float, ...]]] = {
    "bias_relu": (lambda a, b: np.maximum(a + b, 0), 2, ()),
    "relu": (lambda x: np.maximum(x, 0), 1, ()),
    "relu_backward": (lambda grad, y: np.where(y > 0, grad, 0), 2, ()),
    "leaky_relu": (lambda x, slope: np.where(x > 0, x, slope * x), 1, (0.2,)),
    "leaky_relu_backward": (
        lambda grad, x, slope: np.where(x > 0, grad, slope * grad), 2, (0.2,)
    ),
    "sigmoid": (sigmoid, 1, ()),
    "sigmoid_backward": (lambda grad, y: grad * y * (1 - y), 2, ()),
    "tanh_backward": (lambda grad, y: grad * (1 - y**2), 2, ()),
    "softplus": (softplus, 1, ()),
    "softplus_backward": (lambda grad, x: grad * sigmoid(x), 2, ()),
    "bce_with_logits": (lambda x, t: (softplus(x) - x * t, sigmoid(x) - t), 2, ()),
    "reparameterize": (lambda mu, logvar, eps: mu + np.exp(logvar / 2) * eps, 3, ()),
    "reparameterize_backward": (
        lambda grad, logvar, eps: grad * np.exp(logvar / 2) * eps / 2, 3, ()
    ),
}  # fmt: skip
every_formula = pytest.mark.parametrize("name", FORMULAS)


@every_formula
def test_it_gives_what_its_formula_gives(name: str, gpu: Backend) -> None:
    formula, count, numbers = FORMULAS[name]

    @given(shapes(), dtypes, st.lists(layouts, min_size=count, max_size=count), seeds)
    def check(shape: tuple[int, ...], dtype: str, orders: list[str], seed: int) -> None:
        hosts = [normal(seed + k, shape, dtype) for k in range(count)]
        arrays = [on_device(gpu, x, layout) for x, layout in zip(hosts, orders, strict=True)]
        wide = formula(*[x.astype(np.float64) for x in hosts], *numbers)
        expected = [np.asarray(y, dtype) for y in (wide if isinstance(wide, tuple) else (wide,))]
        results = kernel(gpu.xp, name)(*arrays, *numbers)
        agree(gpu, results if isinstance(results, tuple) else (results,), tuple(expected))
        agree(gpu, tuple(arrays), tuple(hosts), rounding=0)  # nothing is written to

    check()


@every_formula
def test_it_is_one_launch(name: str, gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in counts launches")
    _, count, numbers = FORMULAS[name]
    arrays = [on_device(gpu, normal(k, (4, 5), "float32")) for k in range(count)]
    standin.counters.reset()
    with standin.no_sync():
        kernel(gpu.xp, name)(*arrays, *numbers)
    assert standin.counters.launches == 1


EXTREME = np.array([-np.inf, -1e4, -89.0, -0.0, 0.0, 1e-30, 89.0, 1e4, np.inf, np.nan])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_are_those_of_the_plain_ops(dtype: str, gpu: Backend) -> None:
    x = EXTREME.astype(dtype)
    there = gpu.asarray(x)
    with np.errstate(invalid="ignore"):
        agree(gpu, kernel(gpu.xp, "softplus")(there), softplus(x))
        agree(gpu, kernel(gpu.xp, "sigmoid")(there), sigmoid(x))
    agree(gpu, kernel(gpu.xp, "relu")(there), np.maximum(x, 0))
    for slope, pick in ((0.2, np.maximum), (1.0, np.maximum), (3.0, np.minimum)):
        scaled = x * x.dtype.type(slope)
        agree(gpu, kernel(gpu.xp, "leaky_relu")(there, slope), pick(x, scaled))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loss_of_large_logits_is_exact(dtype: str, gpu: Backend) -> None:
    x = EXTREME[1:-2].astype(dtype)
    losses, slopes = kernel(gpu.xp, "bce_with_logits")(gpu.asarray(x), gpu.asarray(x * 0))
    agree(gpu, losses, softplus(x))
    agree(gpu, slopes, sigmoid(x))


@given(broadcast_pair(), dtypes, layouts, layouts)
def test_a_bias_is_added_wherever_it_broadcasts(
    gpu: Backend, pair: Call, dtype: str, first: str, second: str
) -> None:
    a, b = (array.astype(dtype) for array in pair.args)
    arrays = on_device(gpu, a, first), on_device(gpu, b, second)
    agree(gpu, kernel(gpu.xp, "bias_relu")(*arrays), np.maximum(a + b, 0))


def test_leaky_relu_of_integers_has_fractions(gpu: Backend) -> None:
    x = np.array([-2, 0, 3])
    agree(gpu, kernel(gpu.xp, "leaky_relu")(gpu.asarray(x), 0.1), np.array([-0.2, 0, 3.0]))


@given(shapes(min_dims=2), dtypes, layouts, layouts, seeds)
def test_the_divergence_of_a_normal_distribution(
    gpu: Backend, shape: tuple[int, ...], dtype: str, first: str, second: str, seed: int
) -> None:
    mu, logvar = normal(seed, shape, dtype), normal(seed + 1, shape, dtype)
    arrays = on_device(gpu, mu, first), on_device(gpu, logvar, second)
    total = ((mu.astype(float) ** 2 + np.exp(logvar.astype(float)) - 1 - logvar) / 2).sum(1)
    agree(gpu, kernel(gpu.xp, "gaussian_kl")(*arrays), total.astype(dtype))
    grad = normal(seed + 2, (shape[0], 1, *shape[2:]), dtype)
    agree(
        gpu,
        kernel(gpu.xp, "gaussian_kl_backward")(on_device(gpu, grad, first), *arrays),
        (grad * mu, grad * (np.exp(logvar) - 1) / 2),
    )


def test_the_divergence_has_derivatives_of_any_order(gpu: Backend) -> None:
    mu, logvar = (
        tg.tensor(normal(seed, (3, 4), "float64"), device=gpu.device, requires_grad=True)
        for seed in (1, 2)
    )
    assert gradcheck(GaussianKL.apply, [mu, logvar])
    assert gradgradcheck(GaussianKL.apply, [mu, logvar])


def test_a_divergence_and_its_gradients_are_two_launches(gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in counts launches")
    mu, logvar, grad = (gpu.asarray(normal(k, (4, 5), "float32")) for k in range(3))
    standin.counters.reset()
    kernel(gpu.xp, "gaussian_kl")(mu, logvar)
    kernel(gpu.xp, "gaussian_kl_backward")(grad, mu, logvar)
    assert standin.counters.launches == 2
