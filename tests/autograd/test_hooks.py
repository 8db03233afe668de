"""Hooks see gradients as they are computed, and may replace them."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


def test_a_hook_on_a_leaf_sees_the_whole_gradient_once() -> None:
    x, seen = leaf(3.0), []
    x.register_hook(lambda gradient: seen.append(gradient.numpy().tolist()))
    (x * x + x).sum().backward()
    assert seen == [[7.0]]
    np.testing.assert_array_equal(x.grad.numpy(), [7.0])


def test_a_hook_on_a_leaf_may_replace_the_gradient() -> None:
    x = leaf(3.0)
    x.register_hook(lambda gradient: gradient * 10)
    for _ in range(2):
        (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [40.0])


def test_a_hook_on_an_intermediate_value_changes_what_flows_on() -> None:
    x, seen = leaf(3.0), []
    h = x * 2
    h.register_hook(lambda gradient: seen.append(gradient.item()))
    h.register_hook(lambda gradient: -gradient)
    (h * h + h).sum().backward()
    assert seen == [13.0]
    np.testing.assert_array_equal(x.grad.numpy(), [-26.0])


def test_hooks_run_in_the_order_they_were_registered() -> None:
    x = leaf(1.0)
    x.register_hook(lambda gradient: gradient + 1)
    x.register_hook(lambda gradient: gradient * 10)
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [30.0])


def test_a_removed_hook_is_silent() -> None:
    x, h_seen, x_seen = leaf(1.0), [], []
    remove = x.register_hook(x_seen.append)
    h = x * 2
    remove_from_h = h.register_hook(h_seen.append)
    remove()
    remove_from_h()
    h.sum().backward()
    assert h_seen == x_seen == []


def test_each_output_of_a_function_has_its_own_hooks() -> None:
    x, seen = leaf(1.0, 2.0, 3.0), []
    first, last = tg.split(x, [1, 2])
    last.register_hook(lambda gradient: seen.append(gradient.shape))
    (first.sum() + last.sum()).backward()
    assert seen == [(2,)]


def test_grad_runs_hooks_too() -> None:
    x = leaf(3.0)
    x.register_hook(lambda gradient: gradient * 10)
    np.testing.assert_array_equal(tg.grad((x * 2).sum(), x)[0].numpy(), [20.0])


def test_a_hook_is_recorded_under_create_graph() -> None:
    x = leaf(3.0)
    h = x * 1
    remove = h.register_hook(lambda gradient: gradient * gradient)
    (slope,) = tg.grad((h**2).sum(), x, create_graph=True)  # (2 x)^2
    remove()
    (curvature,) = tg.grad(slope.sum(), x)
    np.testing.assert_array_equal(curvature.numpy(), [8 * 3.0])


def test_a_hook_sees_a_tensor_and_computes_unrecorded_at_first_order() -> None:
    x, kinds = leaf(3.0), []

    def hook(gradient: tg.Tensor) -> tg.Tensor:
        kinds.append((type(gradient), (gradient * 2).requires_grad))
        return tg.clamp(gradient, -1.0, 1.0)

    h = x * 1
    h.register_hook(hook)
    (h * 5).sum().backward()
    assert kinds == [(tg.Tensor, False)]
    np.testing.assert_array_equal(x.grad.numpy(), [1.0])


def test_a_hook_must_keep_the_shape() -> None:
    x = leaf(1.0, 2.0)
    x.register_hook(lambda gradient: gradient.sum())
    with pytest.raises(RuntimeError, match=r"hook.*\(\).*\(2,\)"):
        (x * 2).sum().backward()


def test_a_hook_must_return_a_tensor() -> None:
    x = leaf(1.0, 2.0)
    x.register_hook(lambda gradient: gradient.numpy())
    with pytest.raises(TypeError, match=r"hook.*Tensor.*ndarray"):
        (x * 2).sum().backward()


def test_what_has_no_gradient_cannot_be_hooked() -> None:
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        tg.ones(2).register_hook(print)


def test_retain_grad_keeps_the_gradient_of_an_intermediate_value() -> None:
    x = leaf(3.0)
    h = x * 2
    h.retain_grad()
    (h * h).sum().backward()
    np.testing.assert_array_equal(h.grad.numpy(), [12.0])
    np.testing.assert_array_equal(x.grad.numpy(), [24.0])


def test_a_retained_gradient_accumulates_over_walks_of_the_graph() -> None:
    h = leaf(3.0) * 2
    h.retain_grad()
    y = (h * h).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(h.grad.numpy(), [24.0])


def test_retain_grad_twice_is_retain_grad_once() -> None:
    h = leaf(3.0) * 2
    h.retain_grad()
    h.retain_grad()
    (h * h).sum().backward()
    np.testing.assert_array_equal(h.grad.numpy(), [12.0])


def test_retain_grad_of_a_leaf_changes_nothing() -> None:
    x = leaf(3.0)
    x.retain_grad()
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0])
