"""Adam for all parameters in one launch, against the plain update."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests import standin
from tests.fast.cuda_arrays import dtypes, layouts, normal, on_device, seeds
from tests.ops.registry import shapes
from tinygen.backend import Backend, kernel

STEPS = 3


@st.composite
def options(draw: Any) -> dict[str, Any]:
    """What a group may say."""
    return {
        "lr": draw(st.sampled_from([1e-3, 0.1])),
        "betas": draw(st.sampled_from([(0.9, 0.999), (0.5, 0.9), (0.0, 0.0)])),
        "eps": draw(st.sampled_from([1e-8, 1e-2])),
        "weight_decay": draw(st.sampled_from([0.0, 0.1])),
        "amsgrad": draw(st.booleans()),
        "maximize": draw(st.booleans()),
        "decoupled_weight_decay": draw(st.booleans()),
    }


def trained(
    gpu: Backend, seed: int, groups: list[Any], dtype: str, layout: str
) -> list[tuple[np.ndarray, dict[str, Any]]]:
    """Parameters after some steps, and what the optimizer remembers of them.

    The second one of each group joins in at the second step, so that it is younger.
    """
    made = []
    for number, (sizes, chosen) in enumerate(groups):
        starts = [normal(seed + number, shape, dtype) for shape in sizes]
        params = [tg.Tensor(on_device(gpu, x)).requires_grad_() for x in starts]
        made.append({"params": params, **chosen})
    optimizer = tg.optim.Adam(made)
    everything = [param for group in made for param in group["params"]]
    for step in range(STEPS):
        for k, param in enumerate(everything):
            joins = step > 0 or k % 2 == 0
            gradient = normal(seed + 7 * step + k, param.shape, dtype)
            param.grad = tg.Tensor(on_device(gpu, gradient, layout)) if joins else None
        optimizer.step()
    states = [optimizer.state[param] for param in everything]
    return [
        (gpu.to_numpy(param.data), {name: _host(gpu, value) for name, value in state.items()})
        for param, state in zip(everything, states, strict=True)
    ]


def _host(gpu: Backend, value: Any) -> Any:
    return value if isinstance(value, int) else gpu.to_numpy(value)


@given(
    st.lists(st.tuples(st.lists(shapes(), min_size=1, max_size=3), options()), min_size=1,
             max_size=2),
    dtypes, layouts, seeds,
)  # fmt: skip
def test_parameters_and_state_are_those_of_the_plain_update(
    gpu: Backend, groups: list[Any], dtype: str, layout: str, seed: int
) -> None:
    fast = trained(gpu, seed, groups, dtype, layout)
    with tg.plain():
        plain = trained(gpu, seed, groups, dtype, layout)
    rounding = {"float32": 2e-5, "float64": 1e-12}[dtype]
    for (theta, state), (twin, twin_state) in zip(fast, plain, strict=True):
        assert theta.dtype == twin.dtype == dtype
        np.testing.assert_allclose(theta, twin, rtol=rounding, atol=rounding)
        assert state.keys() == twin_state.keys()
        for name, value in state.items():
            np.testing.assert_allclose(value, twin_state[name], rtol=rounding, atol=rounding)


def network(gpu: Backend, dtype: str = "float32") -> list[tg.Tensor]:
    params = [tg.Tensor(on_device(gpu, normal(k, (k + 1, 3), dtype))) for k in range(6)]
    for param in params:
        param.requires_grad_().grad = tg.ones_like(param)
    return params


def test_a_network_moves_in_one_launch_and_nobody_waits(gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in counts launches")
    optimizer = tg.optim.AdamW(network(gpu))
    optimizer.step()  # makes the moments
    standin.counters.reset()
    with standin.no_sync():
        optimizer.step()
    assert (standin.counters.launches, standin.counters.to_device) == (1, 1)


def test_dtypes_may_be_mixed(gpu: Backend) -> None:
    params = network(gpu) + network(gpu, "float64")
    before = [
        param.numpy() if gpu.name == "numpy" else gpu.to_numpy(param.data) for param in params
    ]
    tg.optim.Adam(params, lr=0.25).step()
    for param, start in zip(params, before, strict=True):
        assert param.dtype == start.dtype
        np.testing.assert_allclose(gpu.to_numpy(param.data), start - 0.25, rtol=1e-6, atol=1e-6)


def test_parameters_may_be_on_host_and_device(gpu: Backend) -> None:
    params = network(gpu) + [tg.ones(3, requires_grad=True)]
    params[-1].grad = tg.ones(3)
    tg.optim.Adam(params, lr=0.25).step()
    np.testing.assert_allclose(params[-1].detach().numpy(), [0.75] * 3, rtol=1e-6)


def test_a_formula_of_ones_own_is_kept(gpu: Backend) -> None:
    class Descent(tg.optim.Adam):
        def update(self, theta: Any, gradient: Any, state: Any, group: Any) -> None:
            theta -= group["lr"] * gradient

    assert kernel(gpu.xp, "move_all") is not None
    params = network(gpu)
    before = [gpu.to_numpy(param.data) for param in params]
    Descent(params, lr=0.5).step()
    for param, start in zip(params, before, strict=True):
        np.testing.assert_array_equal(gpu.to_numpy(param.data), start - np.float32(0.5))


def test_a_parameter_that_is_a_view_with_gaps_moves_too(gpu: Backend) -> None:
    theta = on_device(gpu, normal(1, (4, 3), "float32"), "gaps")
    start = gpu.to_numpy(theta)
    param = tg.Tensor(theta).requires_grad_()
    param.grad = tg.ones_like(param)
    tg.optim.Adam([param], lr=0.25).step()
    np.testing.assert_allclose(gpu.to_numpy(param.data), start - 0.25, rtol=1e-5)
