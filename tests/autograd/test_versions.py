"""A value that a gradient needs must not change before the walk; other values may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygen as tg

CHANGED = "changed in place after the forward pass"


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


CHANGES: dict[str, Callable[[tg.Tensor], object]] = {
    "add_": lambda x: x.add_(1.0),
    "sub_": lambda x: x.sub_(1.0),
    "mul_": lambda x: x.mul_(2.0),
    "div_": lambda x: x.div_(2.0),
    "clamp_": lambda x: x.clamp_(0.0, 1.0),
    "fill_": lambda x: x.fill_(7.0),
    "zero_": lambda x: x.zero_(),
    "copy_": lambda x: x.copy_(tg.ones(2, dtype=np.float64)),
    "setitem": lambda x: x.__setitem__(0, 7.0),
    "through detach": lambda x: x.detach().mul_(2.0),
    "through a detached row": lambda x: x.detach()[0:1].mul_(2.0),
    "through a reshaped view": lambda x: x.detach().reshape(1, 2).zero_(),
    "through a transposed view": lambda x: x.detach().reshape(2, 1).t().zero_(),
    "by hand": lambda x: x.bump_version(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_input_is_noticed(change: Callable[[tg.Tensor], object]) -> None:
    x = leaf(2.0, 3.0)
    y = (x * x).sum()
    with tg.no_grad():
        change(x)
    with pytest.raises(RuntimeError, match=f"<Mul>.*{CHANGED}"):
        y.backward()


def test_a_changed_output_is_noticed() -> None:
    y = leaf(2.0).exp()
    with tg.no_grad():
        y.mul_(2.0)
    with pytest.raises(RuntimeError, match=f"<Exp>.*{CHANGED}"):
        y.sum().backward()


def test_a_view_that_was_saved_notices_a_change_of_its_base() -> None:
    base = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    w = tg.tensor([1.0, 1.0], requires_grad=True)
    y = (w * base[0]).sum()
    base.zero_()
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()


def test_a_view_of_a_function_that_a_user_wrote_notices_it_as_well() -> None:
    class LastHalf(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x[len(x) // 2 :]

    base, w = tg.tensor([1.0, 2.0]), tg.tensor([1.0], requires_grad=True)
    y = (w * LastHalf.apply(base)).sum()
    base.zero_()
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()


def test_a_change_is_noticed_in_a_recorded_walk_too() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    x.detach().zero_()
    with pytest.raises(RuntimeError, match=CHANGED):
        tg.grad(y, x, create_graph=True)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_step_of_an_optimizer_is_noticed(name: str) -> None:
    w = leaf(2.0)
    optimizer = getattr(tg.optim, name)([w], lr=0.1)
    y = (w * w).sum()
    y.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()


# ---- changes that do no harm -----------------------------------------------------------------


def test_a_value_that_no_gradient_needs_may_change() -> None:
    x = leaf(2.0, 3.0)
    y = (x + 1).sum()
    x.detach().zero_()
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0, 1.0])


def test_a_value_may_change_before_it_is_used() -> None:
    x = leaf(2.0)
    x.detach().mul_(3.0)
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [12.0])


def test_a_value_may_change_after_the_walk() -> None:
    x = leaf(2.0)
    for _ in range(3):
        x.grad = None
        (x * x).sum().backward()
        x.detach().sub_(0.1 * x.grad)
    np.testing.assert_allclose(x.detach().numpy(), [2.0 * 0.8**3])


def test_a_copy_may_change() -> None:
    x = leaf(2.0, 3.0)
    y = (x * x).sum()
    x.detach().clone().zero_()
    x.detach()[[0, 1]].zero_()
    x.detach()[x.detach() > 2.5].zero_()
    x.detach().reshape(1, 2)[:, [1, 0]].zero_()
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4.0, 6.0])


def test_a_change_off_the_way_does_not_matter() -> None:
    a, b = leaf(2.0), leaf(3.0)
    y = ((a * 5) + (b * b)).sum()
    b.detach().zero_()
    np.testing.assert_array_equal(tg.grad(y, a)[0].numpy(), [5.0])


# ---- changes that are refused at once --------------------------------------------------------


def test_a_leaf_changes_inside_no_grad_only() -> None:
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match=r"in the graph.*no_grad\(\)"):
        x.add_(1.0)
    with pytest.raises(RuntimeError, match=r"not recorded.*tg\.where"):
        x[0] = 1.0
    np.testing.assert_array_equal(x.detach().numpy(), [2.0])
    with tg.no_grad():
        x.add_(1.0)
        x[0] = x[0] * 2
    np.testing.assert_array_equal(x.detach().numpy(), [6.0])


def test_a_value_with_a_graph_cannot_be_written_into_a_constant() -> None:
    x, buffer = leaf(2.0), tg.zeros(1, dtype=np.float64)
    with pytest.raises(RuntimeError, match="in the graph"):
        buffer.add_(x)
    with pytest.raises(RuntimeError, match="not recorded"):
        buffer[0] = x[0]


def test_a_replaced_array_is_refused_at_second_order() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    x.data = np.array([5.0])
    with pytest.raises(RuntimeError, match="replaced after the forward pass"):
        tg.grad(y, x, create_graph=True)
