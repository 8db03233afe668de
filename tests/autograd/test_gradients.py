"""A gradient has its value's shape, dtype and device, and memory of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

import tinygen as tg


def leaf(shape: tuple[int, ...], dtype: type = np.float32) -> tg.Tensor:
    values = np.random.default_rng(0).uniform(0.5, 1.5, shape)
    return tg.tensor(values.astype(dtype), requires_grad=True)


# ---- shape and dtype -------------------------------------------------------------------------

SHAPES = [
    ((2, 3), (3,)),
    ((2, 3), (2, 1)),
    ((2, 3), ()),
    ((2, 1, 4), (3, 1)),
    ((1, 1), (5, 4)),
    ((0, 3), (1, 3)),
]


@pytest.mark.parametrize(("first", "second"), SHAPES)
def test_a_broadcast_operand_gets_a_gradient_of_its_own_shape(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    a, b = leaf(first), leaf(second)
    (a * b).sum().backward()
    full = np.broadcast_shapes(first, second)
    for own, other in ((a, b), (b, a)):
        assert own.grad.shape == own.shape
        assert own.grad.dtype == np.float32
        spread = np.broadcast_to(other.detach().numpy(), full)
        expected = np.zeros(own.shape)
        place = np.broadcast_to(np.arange(own.numel()).reshape(own.shape), full)
        np.add.at(expected.reshape(-1), place, spread)
        np.testing.assert_allclose(own.grad.numpy(), expected, rtol=1e-6)


SCALAR_USES: dict[str, Callable[[tg.Tensor], tg.Tensor]] = {
    "broadcast": lambda x: (tg.ones(2, 3) * x).sum(),
    "twice": lambda x: x * x + x,
    "once": lambda x: x * 2,
}


@pytest.mark.parametrize("use", SCALAR_USES.values(), ids=SCALAR_USES.keys())
def test_the_gradient_of_a_scalar_is_an_array(use: Callable[[tg.Tensor], tg.Tensor]) -> None:
    x = tg.tensor(2.0, requires_grad=True)
    for _ in range(2):  # the second time adds to the first
        use(x).backward()
        assert type(x.grad.data) is np.ndarray
        assert x.grad.shape == ()
    assert type(tg.grad(use(x), x)[0].data) is np.ndarray


FLOAT32: dict[str, Callable[[tg.Tensor], tg.Tensor]] = {
    "arithmetic with Python numbers": lambda x: (2 * x + 1.5) / 3 - x**2,
    "arithmetic with NumPy numbers": lambda x: x * np.float64(2.0) + np.int64(3),
    "an integer tensor": lambda x: x * tg.tensor([1, 2, 3]),
    "a boolean tensor": lambda x: x * tg.tensor([True, False, True]),
    "functions": lambda x: tg.exp(tg.sin(x)) + tg.sqrt(x) + tg.log(x) + tg.sigmoid(x) + tg.erf(x),
    "reductions": lambda x: x.mean() + x.var() + tg.logsumexp(x, 0) + x.max() + x.prod(),
    "a product": lambda x: x @ tg.ones(3, 2),
    "choices": lambda x: tg.where(x > 1, x, 0.5) + x.clamp(0.6, 1.2) + tg.maximum(x, x * 0.9),
    "softmax": lambda x: tg.softmax(x, 0),
}


@pytest.mark.parametrize("function", FLOAT32.values(), ids=FLOAT32.keys())
def test_float32_stays_float32(function: Callable[[tg.Tensor], tg.Tensor]) -> None:
    x, seen = leaf((3,)), []
    h = x * 1
    h.register_hook(lambda gradient: seen.append(gradient.dtype))
    y = function(h)
    y.sum().backward()
    assert [y.dtype, x.grad.dtype, *seen] == [np.float32] * 3


def test_float32_stays_float32_at_second_order() -> None:
    x = leaf((3,))
    (slope,) = tg.grad((tg.exp(x) * x**3 / 2).sum(), x, create_graph=True)
    (curvature,) = tg.grad(slope.sum(), x)
    assert slope.dtype == curvature.dtype == np.float32


def test_where_dtypes_meet_each_leaf_gets_its_own() -> None:
    single, double = leaf((3,), np.float32), leaf((3,), np.float64)
    y = single * double
    assert y.dtype == np.float64
    y.sum().backward()
    assert single.grad.dtype == np.float32
    assert double.grad.dtype == np.float64


def test_a_float64_seed_does_not_promote() -> None:
    x = leaf((3,))
    (x * 2).backward(tg.ones(3, dtype=np.float64))
    assert x.grad.dtype == np.float32


def test_accumulating_keeps_the_dtype() -> None:
    x = leaf((3,))
    x.grad = tg.ones(3)
    (x * leaf((3,), np.float64)).sum().backward()
    assert x.grad.dtype == np.float32


# ---- memory ----------------------------------------------------------------------------------


def share_memory(*tensors: tg.Tensor) -> bool:
    return any(np.shares_memory(a.data, b.data) for a, b in combinations(tensors, 2))


PASSED_ON: dict[str, Callable[[tg.Tensor, tg.Tensor], tg.Tensor]] = {
    "a sum": lambda a, b: a + b,
    "a difference": lambda a, b: a - b,
    "views": lambda a, b: a.reshape(3, 2).t() + b,
    "a product": lambda a, b: a * b,
    "a joint": lambda a, b: tg.cat([a, b]),
    "a sum used twice": lambda a, b: (a + b) + a,
}


@pytest.mark.parametrize("create_graph", [False, True], ids=["first order", "recorded"])
@pytest.mark.parametrize("function", PASSED_ON.values(), ids=PASSED_ON.keys())
def test_leaf_gradients_share_no_memory(
    function: Callable[[tg.Tensor, tg.Tensor], tg.Tensor], create_graph: bool
) -> None:
    a, b = leaf((2, 3)), leaf((2, 3))
    y = function(a, b)
    seed = tg.ones(*y.shape)
    y.backward(seed, create_graph=create_graph)
    assert a.grad is not b.grad
    assert not share_memory(a, b, a.grad, b.grad, y, seed)
    with tg.no_grad():
        a.grad.zero_()  # writable, and nobody else's
    assert bool((b.grad != 0).all())


@pytest.mark.parametrize("function", PASSED_ON.values(), ids=PASSED_ON.keys())
def test_returned_gradients_share_no_memory(
    function: Callable[[tg.Tensor, tg.Tensor], tg.Tensor],
) -> None:
    a, b = leaf((2, 3)), leaf((2, 3))
    y = function(a, b)
    seed = tg.ones(*y.shape)
    to_a, to_b = tg.grad(y, [a, b], seed)
    assert not share_memory(a, b, to_a, to_b, y, seed)
    to_a.zero_()
    assert bool((to_b != 0).all())


def test_a_returned_gradient_of_a_plain_sum_can_be_changed() -> None:
    x = leaf((2, 3))
    (slope,) = tg.grad(x.sum(), x)
    slope.mul_(2.0)
    np.testing.assert_array_equal(slope.numpy(), np.full((2, 3), 2.0))


def test_a_gradient_that_was_handed_out_does_not_change_later() -> None:
    x = leaf((3,))
    (x * 2).sum().backward()
    before = x.grad
    copy = before.numpy().copy()
    (slope,) = tg.grad((x * 3).sum(), x)
    x.grad = slope
    (x * 5).sum().backward()
    np.testing.assert_array_equal(before.numpy(), copy)
    np.testing.assert_array_equal(slope.numpy(), [3.0] * 3)


def test_neither_values_nor_seed_are_written_to() -> None:
    a, b, seed = leaf((2, 3)), leaf((3,)), tg.ones(2, 3)
    before = [t.detach().numpy().copy() for t in (a, b, seed)]
    (tg.exp(a) * b + a).backward(seed)
    for tensor, copy in zip((a, b, seed), before, strict=True):
        np.testing.assert_array_equal(tensor.detach().numpy(), copy)


# ---- devices ---------------------------------------------------------------------------------


def test_tensors_of_two_devices_do_not_mix(cuda: str) -> None:
    here, there = tg.ones(2), tg.ones(2, device=cuda)
    with pytest.raises(TypeError, match=r"Add.*on cpu.*on cuda.*\.to\(device\)"):
        here + there
    with pytest.raises(TypeError, match="different devices"):
        tg.cat([here, there])


def test_a_gradient_is_on_the_device_of_its_leaf(cuda: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = (x.to(cuda) ** 2).sum()
    assert y.device == "cuda"
    y.backward()
    assert x.grad.device == "cpu"
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 4.0])


def test_devices_live_side_by_side(cuda: str) -> None:
    for device in ("cpu", cuda):
        x = tg.tensor([1.0, 2.0], device=device, requires_grad=True)
        (x * x + 1).sum().backward()
        assert x.grad.device == device
        np.testing.assert_array_equal(x.grad.numpy(), [2.0, 4.0])


def test_a_seed_on_the_wrong_device_is_refused(cuda: str) -> None:
    y = tg.ones(2, requires_grad=True) * 2
    with pytest.raises((TypeError, RuntimeError), match=r"device.*\.to\("):
        y.backward(tg.ones(2, device=cuda))
