"""``tg.grad``: gradients as values, with nothing written to ``.grad``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygen as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


class MustNotBeWalked(tg.autograd.Function):
    """The identity, whose gradient nobody should ask for."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        raise AssertionError("this function is not on the way to the inputs")


def test_a_gradient_for_each_input_in_its_order() -> None:
    a, b = leaf(2.0), leaf(3.0)
    to_b, to_a = tg.grad((a * a * b).sum(), [b, a])
    np.testing.assert_array_equal(to_a.numpy(), [12.0])
    np.testing.assert_array_equal(to_b.numpy(), [4.0])


def test_no_grad_attribute_is_touched() -> None:
    a, b = leaf(2.0), leaf(3.0)
    b.grad = before = tg.tensor([7.0])
    tg.grad((a * b).sum(), a)
    assert a.grad is None
    assert b.grad is before


def test_a_single_input_gives_a_tuple_of_one() -> None:
    x = leaf(2.0)
    assert len(tg.grad((x * x).sum(), x)) == 1


def test_intermediate_values_are_inputs_too() -> None:
    x = leaf(2.0)
    h = x * 3
    to_h, to_x = tg.grad((h * h).sum(), [h, x])
    np.testing.assert_array_equal(to_h.numpy(), [12.0])
    np.testing.assert_array_equal(to_x.numpy(), [36.0])


def test_an_input_on_the_way_to_another_counts_all_paths() -> None:
    x = leaf(2.0)
    h = x * 3
    to_h, to_x = tg.grad((h * h + x * h).sum(), [h, x])
    np.testing.assert_array_equal(to_h.numpy(), [2 * 6.0 + 2.0])
    np.testing.assert_array_equal(to_x.numpy(), [3 * (2 * 6.0 + 2.0) + 6.0])


def test_the_output_itself_may_be_an_input() -> None:
    x = leaf(2.0)
    y = x * 3
    np.testing.assert_array_equal(tg.grad(y, y)[0].numpy(), [1.0])
    np.testing.assert_array_equal(tg.grad(x, x)[0].numpy(), [1.0])


def test_one_input_may_be_named_twice() -> None:
    x = leaf(2.0)
    first, second = tg.grad((x * 3).sum(), [x, x])
    np.testing.assert_array_equal(first.numpy(), second.numpy())


def test_several_outputs_are_summed_with_their_weights() -> None:
    x = leaf(2.0, 5.0)
    weights = [tg.tensor([1.0, 10.0], dtype=np.float64), tg.tensor(100.0, dtype=np.float64)]
    (to_x,) = tg.grad([x * x, x.sum()], x, weights)
    np.testing.assert_array_equal(to_x.numpy(), [4.0 + 100, 100.0 + 100])


def test_only_the_way_to_the_inputs_is_walked() -> None:
    a, b = leaf(2.0), leaf(3.0)
    y = (a * MustNotBeWalked.apply(b) + MustNotBeWalked.apply(b * 2)).sum()
    np.testing.assert_array_equal(tg.grad(y, a)[0].numpy(), [3.0])


def test_nothing_before_an_intermediate_input_is_walked() -> None:
    h = MustNotBeWalked.apply(leaf(2.0))
    np.testing.assert_array_equal(tg.grad((h * h).sum(), h)[0].numpy(), [4.0])


def test_backward_with_inputs_walks_no_more_than_grad_does() -> None:
    a, b = leaf(2.0), leaf(3.0)
    (a * MustNotBeWalked.apply(b)).sum().backward(inputs=[a])
    np.testing.assert_array_equal(a.grad.numpy(), [3.0])


def test_a_function_is_told_which_gradients_are_wanted() -> None:
    asked: list[tuple[bool, ...]] = []

    class Product(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any, scale: float) -> Any:
            ctx.save_for_backward(a, b)
            ctx.scale = scale
            return a * b * scale

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            asked.append(tuple(ctx.needs_input_grad))
            a, b = ctx.saved_tensors
            return grad * b * ctx.scale, grad * a * ctx.scale, None

    a, b = leaf(2.0), leaf(3.0)
    y = Product.apply(a, b, 10.0).sum()
    tg.grad(y, b, retain_graph=True)
    y.backward()
    assert asked == [(False, True, False), (True, True, False)]


def test_a_rule_that_failed_when_little_was_wanted_gives_all_later() -> None:
    class FailsOnce(tg.autograd.Function):
        failed = False

        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            if not FailsOnce.failed:
                FailsOnce.failed = True
                raise ArithmeticError
            a, b = ctx.saved_tensors
            needs_a, needs_b = ctx.needs_input_grad
            return grad * b if needs_a else None, grad * a if needs_b else None

    a, b = leaf(2.0), leaf(3.0)
    y = FailsOnce.apply(a, b).sum()
    with pytest.raises(ArithmeticError):
        tg.grad(y, b, retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(a.grad.numpy(), [3.0])
    np.testing.assert_array_equal(b.grad.numpy(), [2.0])


# ---- inputs without a gradient ---------------------------------------------------------------


def test_an_unused_input_is_an_error_that_says_how_to_allow_it() -> None:
    a, unused = leaf(2.0), tg.ones(3, 4, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"input 1 \(shape \(3, 4\)\).*allow_unused=True"):
        tg.grad((a * a).sum(), [a, unused])


def test_an_unused_input_may_be_allowed() -> None:
    a, unused = leaf(2.0), leaf(1.0)
    to_a, nothing = tg.grad((a * a).sum(), [a, unused], allow_unused=True)
    np.testing.assert_array_equal(to_a.numpy(), [4.0])
    assert nothing is None


def test_an_unused_input_may_get_zeros() -> None:
    a, unused = leaf(2.0), tg.ones(3, 4, requires_grad=True)
    _, zeros = tg.grad((a * a).sum(), [a, unused], materialize_grads=True)
    assert zeros.dtype == np.float32
    np.testing.assert_array_equal(zeros.numpy(), np.zeros((3, 4)))


def test_an_input_that_requires_no_gradient_is_refused_by_number() -> None:
    a = leaf(2.0)
    with pytest.raises(RuntimeError, match=r"input 1 .*requires_grad_\(\)"):
        tg.grad((a * a).sum(), [a, tg.ones(2)])


def test_grad_frees_the_graph_unless_told_to_keep_it() -> None:
    x = leaf(2.0)
    y = (x**3).sum()
    tg.grad(y, x, retain_graph=True)
    tg.grad(y, x)
    with pytest.raises(RuntimeError, match="already walked"):
        tg.grad(y, x)


def test_first_order_gradients_are_leaves_without_a_graph() -> None:
    x = leaf(2.0)
    (slope,) = tg.grad((x * x).sum(), x)
    assert not slope.requires_grad
    assert slope.grad_fn is None
