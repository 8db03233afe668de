"""Several ops in one agree with the ops one by one, and Sequential joins layers for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tests import standin
from tests.fast.cuda_arrays import normal
from tests.fast.test_conv import ORDERS, division, in_memory  # noqa: F401  (a fixture for all)
from tinygen import gradcheck, gradgradcheck, nn
from tinygen.autograd.engine import order_of
from tinygen.backend import Backend
from tinygen.nn import functional as F
from tinygen.ops.block import conv_relu_pool


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of a block whose maps have rows and columns left at their ends, or none."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride, padding = draw(st.integers(1, 2)), draw(st.sampled_from([0, 1, "same"]))
    pool = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    size = [k + stride * (p + draw(st.integers(0, 4))) for k, p in zip(kernel, pool, strict=True)]
    batch, inputs, outputs = (
        draw(st.integers(0, 4)),
        draw(st.integers(1, 8)),
        draw(st.integers(1, 8)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 100)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    arrays = [
        in_memory(rng.normal(size=shape).astype(dtype), draw(ORDERS))
        for shape in ((batch, inputs, *size), (outputs, inputs, *kernel))
    ]
    if draw(st.booleans()):
        arrays.append(rng.normal(size=outputs).astype(dtype))
    return {"arrays": arrays, "stride": stride, "padding": padding, "pool": pool}


def fused(case: dict[str, Any], *inputs: tg.Tensor) -> tg.Tensor:
    return conv_relu_pool(
        *inputs, stride=case["stride"], padding=case["padding"], pool_size=case["pool"]
    )


def one_by_one(case: dict[str, Any], *inputs: tg.Tensor) -> tg.Tensor:
    maps = F.conv2d(*inputs, stride=case["stride"], padding=case["padding"])
    return F.max_pool2d(F.relu(maps), case["pool"])


def value_and_gradients(block: Any, case: dict[str, Any]) -> list[np.ndarray]:
    inputs = [tg.Tensor(array.copy(order="K"), requires_grad=True) for array in case["arrays"]]
    y = block(case, *inputs)
    seed = np.random.default_rng(5).normal(size=y.shape).astype(y.dtype)
    return [y.data, *[g.data for g in tg.grad(y, inputs, tg.Tensor(seed))]]


@given(case=blocks())
def test_value_and_gradients_are_those_of_the_three_ops(case: dict[str, Any]) -> None:
    found = value_and_gradients(fused, case)
    with tg.plain():
        expected = value_and_gradients(one_by_one, case)
        plain = value_and_gradients(fused, case)
    dtype = case["arrays"][0].dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    for result, twin, other in zip(found, expected, plain, strict=True):
        assert result.dtype == twin.dtype == dtype
        np.testing.assert_allclose(result, twin, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(other, twin, rtol=tolerance, atol=tolerance)


def test_of_equal_places_the_first_gets_the_gradient() -> None:
    x = tg.ones(1, 1, 2, 2, requires_grad=True)
    conv_relu_pool(x, tg.ones(1, 1, 1, 1)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[[[1, 0], [0, 0]]]])


def test_what_is_not_a_number_stays_so() -> None:
    x = tg.tensor(np.full((1, 1, 2, 2), np.nan, np.float32))
    assert np.isnan(conv_relu_pool(x, tg.ones(1, 1, 1, 1)).item())


def test_first_and_second_derivatives_are_right() -> None:
    rng = np.random.default_rng(0)
    x, w, b = (
        tg.tensor(rng.normal(size=shape), requires_grad=True)
        for shape in ((3, 2, 6, 5), (4, 2, 3, 3), (4,))
    )
    assert gradcheck(lambda x, w, b: conv_relu_pool(x, w, b, padding=1), [x, w, b])
    assert gradgradcheck(lambda x, w, b: conv_relu_pool(x, w, b, padding=1) ** 2, [x, w, b])


def network(*between: nn.Module) -> nn.Sequential:
    tg.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding="same"), *between)


RELU_FIRST = nn.ReLU(), nn.MaxPool2d(2)
POOLING_FIRST = nn.MaxPool2d(2), nn.ReLU()


@pytest.mark.parametrize("order", [RELU_FIRST, POOLING_FIRST])
def test_sequential_joins_a_convolution_a_relu_and_a_pooling(order: Any) -> None:
    model, x = network(*order), tg.rand(2, 3, 8, 8)
    assert type(model(x).grad_fn).__name__ == "ConvReLUPool"
    with tg.plain():
        expected = model(x)
    assert type(expected.grad_fn).__name__ != "ConvReLUPool"
    np.testing.assert_allclose(model(x).detach().numpy(), expected.detach().numpy(), rtol=1e-4)


@pytest.mark.parametrize(
    "between",
    [
        (nn.LeakyReLU(), nn.MaxPool2d(2)),
        (nn.ReLU(), nn.MaxPool2d(3, 2)),
        (nn.ReLU(), nn.MaxPool2d(2, padding=1)),
        (nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)),
        (nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        (nn.ReLU(),),
    ],
)
def test_other_layers_are_called_one_by_one(between: Any) -> None:
    y = network(*between)(tg.rand(2, 3, 8, 8))
    assert type(y.grad_fn).__name__ != "ConvReLUPool"


def test_a_layer_that_somebody_watches_is_called_itself() -> None:
    model, seen = network(*RELU_FIRST), []
    remove = model[1].register_forward_hook(lambda module, args, output: seen.append(output.shape))
    model(tg.rand(2, 3, 8, 8))
    assert seen == [(2, 4, 8, 8)]
    remove()
    assert type(model(tg.rand(2, 3, 8, 8)).grad_fn).__name__ == "ConvReLUPool"


def test_results_lie_channels_last() -> None:
    x = tg.rand(2, 3, 8, 8, requires_grad=True)
    model = network(*RELU_FIRST)
    y = model(x)
    y.sum().backward()
    assert order_of(y.data) == order_of(model[0].weight.grad.data) == "channels-last"
    assert order_of(x.grad.data) == order_of(x.data)


def test_two_runs_give_the_same_bits() -> None:
    model, x = network(*RELU_FIRST), tg.rand(9, 3, 8, 8)
    grads = [tg.grad((model(x) ** 2).sum(), list(model.parameters()))[0].numpy() for _ in range(5)]
    for other in grads[1:]:
        np.testing.assert_array_equal(grads[0], other)


# ---- on a GPU: a bias is added by the ReLU after it --------------------------------------------

LAYERS_BEFORE_A_RELU = {
    "dense": (lambda: nn.Dense(5, 4), (3, 5)),
    "dense on sequences": (lambda: nn.Dense(5, 4), (3, 2, 5)),
    "convolution": (lambda: nn.Conv2d(2, 4, 3, stride=2, padding=1), (3, 2, 5, 4)),
    "convolution in groups": (lambda: nn.Conv2d(4, 6, 2, groups=2), (2, 4, 3, 3)),
}
every_layer = pytest.mark.parametrize("name", LAYERS_BEFORE_A_RELU)


def with_relu(name: str, gpu: Backend, dtype: str = "float32") -> tuple[nn.Module, tg.Tensor]:
    """The layer with a ReLU on the device, and an input."""
    tg.manual_seed(0)
    make, shape = LAYERS_BEFORE_A_RELU[name]
    model = nn.Sequential(make(), nn.ReLU()).to(gpu.device).to(dtype)
    return model, tg.tensor(normal(1, shape, dtype), device=gpu.device, requires_grad=True)


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sequential_joins_a_layer_and_a_relu_on_a_gpu(name: str, dtype: str, gpu: Backend) -> None:
    model, x = with_relu(name, gpu, dtype)

    def value_and_gradients(maker: str) -> list[np.ndarray]:
        y = model(x)
        assert type(y.grad_fn).__name__ == maker
        seed = tg.tensor(normal(2, tuple(y.shape), dtype), device=gpu.device)
        found = [y.detach(), *tg.grad(y, [x, *model.parameters()], seed)]
        return [array.to("cpu").numpy() for array in found]

    joined = value_and_gradients("BiasReLU")
    with tg.plain():
        one_by_one = value_and_gradients("ReLU")
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for result, twin in zip(joined, one_by_one, strict=True):
        assert result.dtype == twin.dtype == dtype
        np.testing.assert_allclose(result, twin, rtol=tolerance, atol=tolerance)


@every_layer
def test_a_joined_layer_has_derivatives_of_any_order(name: str, gpu: Backend) -> None:
    model, x = with_relu(name, gpu, "float64")
    inputs = [x, *model.parameters()]
    assert gradcheck(lambda *_: model(x), inputs)
    assert gradgradcheck(lambda *_: model(x) ** 2, inputs)


@every_layer
def test_joining_a_layer_and_a_relu_saves_a_launch(name: str, gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in counts launches")
    (model, x), launches = with_relu(name, gpu), []
    for call in (model, lambda x: F.relu(model[0](x))):
        standin.counters.reset()
        tg.grad(call(x).sum(), [x, *model.parameters()])
        launches.append(standin.counters.launches)
    assert launches[0] == launches[1] - 1


@pytest.mark.parametrize(
    "layers",
    [
        (nn.Dense(4, 3), nn.LeakyReLU()),
        (nn.Dense(4, 3, bias=False), nn.ReLU()),
        (nn.Dense(4, 3), nn.LayerNorm(3), nn.ReLU()),
        (nn.Dense(4, 3),),
    ],
)
def test_on_a_gpu_other_layers_are_called_one_by_one(layers: Any, gpu: Backend) -> None:
    y = nn.Sequential(*layers).to(gpu.device)(tg.rand(2, 4, device=gpu.device))
    assert type(y.grad_fn).__name__ != "BiasReLU"


def test_a_watched_layer_on_a_gpu_is_called_itself(gpu: Backend) -> None:
    (model, x), seen = with_relu("dense", gpu), []
    remove = model[0].register_forward_hook(lambda module, args, output: seen.append(output))
    model(x)
    assert len(seen) == 1
    remove()
    assert type(model(x).grad_fn).__name__ == "BiasReLU"
