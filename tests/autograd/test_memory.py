"""A graph lives as long as somebody can use it, and not a moment longer."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygen as tg

pytestmark = pytest.mark.usefixtures("no_collector")

SIZE = 1000


class SavesBoth(tg.autograd.Function):
    """x * exp(x), keeping its input and its output."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x * ctx.xp.exp(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        x, y = ctx.saved_tensors
        return grad * (y + tg.exp(x))


OPS: dict[str, Callable[[tg.Tensor], tg.Tensor]] = {
    "saves nothing": lambda x: x + 1,
    "saves its input": lambda x: x.sin(),
    "saves its output": lambda x: x.exp(),
    "saves both": SavesBoth.apply,
    "a view": lambda x: x.reshape(10, 100),
    "two outputs": lambda x: x.max(0)[0],
}


@pytest.fixture(params=OPS.values(), ids=OPS.keys())
def op(request: pytest.FixtureRequest) -> Callable[[tg.Tensor], tg.Tensor]:
    return request.param


@pytest.fixture
def x() -> tg.Tensor:
    return tg.tensor(np.linspace(0.1, 1.0, SIZE), requires_grad=True)


class Watched:
    """Weak references to all functions and values behind a result."""

    def __init__(self, *values: tg.Tensor) -> None:
        self.references = []
        for value in values:
            assert value.grad_fn is not None
            self.references += [weakref.ref(value.grad_fn), weakref.ref(value.data)]

    def alive(self) -> int:
        return sum(reference() is not None for reference in self.references)


def test_a_walked_graph_is_freed(op: Callable[..., Any], x: tg.Tensor) -> None:
    middle = op(x * 2)
    last = middle * 3
    watched = Watched(middle, last)
    last.sum().backward()
    del middle, last
    assert watched.alive() == 0


def test_a_graph_dropped_unwalked_is_freed(op: Callable[..., Any], x: tg.Tensor) -> None:
    middle = op(x * 2)
    last = middle * 3
    watched = Watched(middle, last)
    assert watched.alive() == 4
    del middle, last
    assert watched.alive() == 0


def test_a_retained_graph_is_freed(op: Callable[..., Any], x: tg.Tensor) -> None:
    middle = op(x * 2)
    watched = Watched(middle)
    total = middle.sum()
    total.backward(retain_graph=True)
    del middle, total
    assert watched.alive() == 0


def test_a_recorded_walk_is_freed(op: Callable[..., Any], x: tg.Tensor) -> None:
    middle = op(x * x)
    (slope,) = tg.grad(middle.sum(), x, create_graph=True)
    watched = Watched(middle, slope)
    del middle, slope
    assert watched.alive() == 0


def test_a_recorded_walk_that_was_walked_is_freed(op: Callable[..., Any], x: tg.Tensor) -> None:
    middle = op(x * x)
    (slope,) = tg.grad(middle.sum(), x, create_graph=True)
    watched = Watched(middle, slope)
    slope.sum().backward()
    del middle, slope
    assert watched.alive() == 0


def test_a_hooked_graph_is_freed(x: tg.Tensor) -> None:
    middle = x.exp()
    middle.register_hook(lambda gradient: gradient * 2)
    watched = Watched(middle)
    del middle
    assert watched.alive() == 0


def test_a_value_with_a_retained_gradient_is_freed(x: tg.Tensor) -> None:
    middle = x.exp()
    middle.retain_grad()
    watched = Watched(middle)
    del middle
    assert watched.alive() == 0


def test_a_graph_walked_in_anomaly_mode_is_freed(x: tg.Tensor) -> None:
    with tg.anomaly_mode():
        middle = x.exp()
        watched = Watched(middle)
        middle.sum().backward()
    del middle
    assert watched.alive() == 0


def test_the_walk_frees_what_each_function_kept_as_it_passes(x: tg.Tensor) -> None:
    first = x * 2
    later = first.exp()
    kept = weakref.ref(later.data)
    seen: list[bool] = []
    first.register_hook(lambda _: seen.append(kept() is None))
    total = (later * later).sum()
    del first, later
    assert kept() is not None
    total.backward()
    assert seen == [True]


def test_no_graph_is_kept_where_none_is_wanted(x: tg.Tensor) -> None:
    with tg.no_grad():
        middle = x.exp()
    assert middle.grad_fn is None
    array = weakref.ref(middle.data)
    last = middle.sin()
    del middle
    assert array() is None
    assert last.shape == (SIZE,)
