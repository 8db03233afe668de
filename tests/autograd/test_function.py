"""Functions that a user writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygen as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


class Cube(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * grad


class SumAndProduct(tg.autograd.Function):
    """Two outputs of two inputs."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        return a + b, a * b

    @staticmethod
    def backward(ctx: Any, to_sum: Any, to_product: Any) -> Any:
        a, b = ctx.saved_tensors
        return to_sum + to_product * b, to_sum + to_product * a


class Returning(tg.autograd.Function):
    """``a * b``, whose backward returns what it is told to."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, gradients: Any) -> Any:
        ctx.gradients = gradients
        return a * b

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return ctx.gradients


def test_one_rule_serves_every_order() -> None:
    x = leaf(2.0, -1.0)
    (first,) = tg.grad(Cube.apply(x).sum(), x, create_graph=True)
    (second,) = tg.grad(first.sum(), x, create_graph=True)
    (third,) = tg.grad(second.sum(), x)
    np.testing.assert_array_equal(first.detach().numpy(), [12.0, 3.0])
    np.testing.assert_array_equal(second.detach().numpy(), [12.0, -6.0])
    np.testing.assert_array_equal(third.numpy(), [6.0, 6.0])


def test_forward_and_first_order_backward_see_arrays_second_order_tensors() -> None:
    kinds: list[type] = []

    class Spy(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            kinds.append(type(x))
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            kinds.extend(map(type, (grad, *ctx.saved_tensors)))
            return grad * 2

    x = leaf(1.0)
    Spy.apply(x).sum().backward()
    assert kinds == [np.ndarray] * 3
    kinds.clear()
    tg.grad(Spy.apply(x).sum(), x, create_graph=True)
    assert kinds == [np.ndarray, tg.Tensor, tg.Tensor]


def test_tinygen_functions_serve_arrays_inside_forward_and_backward() -> None:
    class Sine(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return tg.sin(x)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grad * tg.cos(x)

    x = leaf(0.3)
    Sine.apply(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.cos([0.3]))


def test_a_function_without_a_graph_gives_a_plain_tensor() -> None:
    y = Cube.apply(tg.tensor([2.0]))
    assert isinstance(y, tg.Tensor)
    assert not y.requires_grad
    np.testing.assert_array_equal(y.numpy(), [8.0])


def test_numbers_arrays_and_keywords_are_constants() -> None:
    class Scale(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, table: Any, number: float, *, sign: int) -> Any:
            ctx.factor = table * (number * sign)
            return x * ctx.factor

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * ctx.factor

    x = leaf(1.0, 2.0)
    Scale.apply(x, np.array([3.0, 4.0]), 10.0, sign=-1).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [-30.0, -40.0])


# ---- several outputs -------------------------------------------------------------------------


def test_each_output_brings_its_gradient() -> None:
    a, b = leaf(2.0), leaf(5.0)
    total, product = SumAndProduct.apply(a, b)
    (total * 10 + product).sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [15.0])
    np.testing.assert_array_equal(b.grad.numpy(), [12.0])


def test_an_unused_output_counts_as_zero() -> None:
    a, b = leaf(2.0), leaf(5.0)
    _, product = SumAndProduct.apply(a, b)
    product.sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [5.0])


def test_several_outputs_have_second_derivatives() -> None:
    a, b = leaf(2.0), leaf(5.0)
    _, product = SumAndProduct.apply(a, b)
    (to_a,) = tg.grad((product * product).sum(), a, create_graph=True)  # 2 a b^2
    (mixed,) = tg.grad(to_a.sum(), b)
    np.testing.assert_array_equal(mixed.numpy(), [4 * 2.0 * 5.0])


def test_an_integer_output_takes_part_in_no_gradient() -> None:
    class WithRank(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, ctx.xp.argsort(x)

        @staticmethod
        def backward(ctx: Any, grad: Any, _: Any) -> Any:
            return grad * 2

    x = leaf(3.0, 1.0)
    doubled, rank = WithRank.apply(x)
    assert not rank.requires_grad
    doubled.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 2.0])


# ---- what backward may return ----------------------------------------------------------------


def test_none_means_no_gradient() -> None:
    a, b = leaf(2.0), leaf(5.0)
    Returning.apply(a, b, (None, np.array([7.0]), None)).sum().backward()
    assert a.grad is None
    np.testing.assert_array_equal(b.grad.numpy(), [7.0])


def test_gradients_of_constants_may_be_left_out_at_the_end() -> None:
    a, b = leaf(2.0), leaf(5.0)
    Returning.apply(a, b, (np.array([1.0]), np.array([7.0]))).sum().backward()
    np.testing.assert_array_equal(b.grad.numpy(), [7.0])


def test_a_number_is_a_gradient_for_a_scalar() -> None:
    a = tg.tensor(2.0, requires_grad=True)
    Returning.apply(a, 1.0, 3.0).backward()
    assert a.grad.item() == 3.0


def test_too_few_gradients_are_refused() -> None:
    y = Returning.apply(leaf(2.0), leaf(5.0), (np.array([1.0]),)).sum()
    with pytest.raises(RuntimeError, match="<Returning> returned 1 gradients for the 3 arguments"):
        y.backward()


def test_too_many_gradients_are_refused() -> None:
    one = np.array([1.0])
    y = Returning.apply(leaf(2.0), leaf(5.0), (one, one, None, one)).sum()
    with pytest.raises(RuntimeError, match="<Returning> returned 4 gradients"):
        y.backward()


def test_a_gradient_of_the_wrong_shape_is_refused_with_both_shapes() -> None:
    y = Returning.apply(leaf(2.0, 3.0), 1.0, (np.ones(3), None)).sum()
    with pytest.raises(RuntimeError, match=r"<Returning>.*shape \(3,\).*input 0.*\(2,\)"):
        y.backward()


def test_a_gradient_of_a_broadcast_operand_is_summed_by_the_engine() -> None:
    a = leaf(2.0)
    Returning.apply(a, np.ones((3, 4)), (np.ones((3, 4)), None)).sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [12.0])


# ---- what may be kept ------------------------------------------------------------------------


class SquareKeepingADouble(tg.autograd.Function):
    """Wrong at second order: what it keeps depends on the input, and the graph cannot know."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(2 * x)
        return x * x

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (double,) = ctx.saved_tensors
        return grad * double


def test_keeping_a_derived_array_is_right_at_first_order() -> None:
    x = leaf(3.0)
    SquareKeepingADouble.apply(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [6.0])


def test_keeping_a_derived_array_is_refused_at_second_order() -> None:
    x = leaf(3.0)
    with pytest.raises(RuntimeError, match="neither an input nor an output.*compute it again"):
        tg.grad(SquareKeepingADouble.apply(x).sum(), x, create_graph=True)


def test_numbers_and_none_may_be_kept() -> None:
    class Power(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, n: int) -> Any:
            ctx.save_for_backward(x, n, None)
            return x**n

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            x, n, nothing = ctx.saved_tensors
            assert nothing is None
            return grad * (n * x ** (n - 1))

    x = leaf(3.0)
    (first,) = tg.grad(Power.apply(x, 3).sum(), x, create_graph=True)
    (second,) = tg.grad(first.sum(), x)
    np.testing.assert_array_equal(second.numpy(), [18.0])


# ---- what is said when forward fails ---------------------------------------------------------


def test_an_error_in_forward_names_the_op_and_its_inputs() -> None:
    with pytest.raises(
        ValueError, match=r"Mul: .*float64 \(2,\) on cpu, float32 \(3,\) on cpu"
    ) as caught:
        leaf(1.0, 2.0) * tg.ones(3)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_in_forward_keeps_its_kind() -> None:
    with pytest.raises(IndexError, match="GetItem"):
        leaf(1.0, 2.0)[5]


def test_a_function_prints_as_its_name() -> None:
    assert repr(Cube.apply(leaf(1.0)).grad_fn) == "<Cube>"
