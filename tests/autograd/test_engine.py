"""The walk back: what reaches a leaf, how often, and what is said when it cannot."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg


def leaf(*values: float, dtype: type = np.float64) -> tg.Tensor:
    return tg.tensor(np.array(values, dtype), requires_grad=True)


# ---- sums over paths and calls ---------------------------------------------------------------


def test_a_value_used_twice_gets_the_sum_of_both_gradients() -> None:
    x = leaf(3.0)
    (x * x + 2 * x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [2 * 3.0 + 2])


def test_a_diamond_is_walked_in_topological_order() -> None:
    a = leaf(1.5)
    b = a + a
    c = b + b  # a walk that visits b before c has sent all it has gives 2 or 3
    c.sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [4.0])


def test_many_stacked_diamonds_are_walked_once_each() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(60):  # 2**60 paths
        y = y + y
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0**60])


def test_a_shortcut_past_a_long_branch_waits_for_the_branch() -> None:
    x = leaf(0.5)
    h = x * 3
    y = h
    for _ in range(5):
        y = y * 2
    (y + h).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3 * (2**5 + 1)])


def test_gradients_accumulate_over_calls_until_they_are_cleared() -> None:
    x = leaf(2.0)
    for _ in range(3):
        (x * 5).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [15.0])
    x.grad = None
    (x * 5).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [5.0])


def test_two_results_are_walked_together() -> None:
    x = leaf(2.0)
    shared = x * x
    tg.autograd.backward([shared.sum(), (shared * 3).sum()])
    np.testing.assert_array_equal(x.grad.numpy(), [2 * 2.0 * (1 + 3)])


def test_the_same_result_may_be_named_twice() -> None:
    x = leaf(2.0)
    y = (x * 3).sum()
    tg.autograd.backward([y, y])
    np.testing.assert_array_equal(x.grad.numpy(), [6.0])


def test_a_leaf_is_its_own_result() -> None:
    x = leaf(2.0)
    x.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0])


def test_only_leaves_that_require_it_get_a_gradient() -> None:
    x, constant = leaf(2.0), tg.tensor([3.0], dtype=np.float64)
    h = x * constant
    h.sum().backward()
    assert x.grad is not None
    assert constant.grad is None
    assert h.grad is None


def test_a_detached_value_is_a_constant() -> None:
    x = leaf(3.0)
    (x * x.detach()).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3.0])


# ---- depth -----------------------------------------------------------------------------------


def test_a_chain_of_100_000_ops_is_walked() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), [100_001.0])
    np.testing.assert_array_equal(x.grad.numpy(), [1.0])


def test_a_chain_of_100_000_ops_can_be_dropped_unwalked() -> None:
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    del y  # a recursion of destructors would end the process here


def test_a_long_chain_is_recorded_and_walked_a_second_time() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(2_000):
        y = y * 1.001
    (slope,) = tg.grad(y.sum(), x, create_graph=True)
    np.testing.assert_allclose(slope.detach().numpy(), [1.001**2_000])


# ---- walking twice ---------------------------------------------------------------------------


def test_walking_a_freed_graph_says_what_to_do() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"already walked and freed.*detach.*retain_graph=True"):
        y.backward()


def test_a_part_that_was_freed_is_found_from_another_result() -> None:
    x = leaf(2.0)
    shared = x.exp()
    (shared * 2).sum().backward()
    with pytest.raises(RuntimeError, match="<Exp> was already walked"):
        (shared * 3).sum().backward()


def test_grad_finds_a_part_that_was_freed_too() -> None:
    x = leaf(2.0)
    shared = x.exp()
    (shared * 2).sum().backward()
    with pytest.raises(RuntimeError, match="<Exp> was already walked"):
        tg.grad((shared * 3).sum(), x)


def test_a_carried_state_can_be_detached_instead() -> None:
    w, state = leaf(0.5), tg.tensor([1.0], dtype=np.float64)
    for _ in range(3):
        state = state.detach() * w
        state.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), [1 + 0.5 + 0.25])


def test_a_retained_graph_is_walked_again() -> None:
    x = leaf(2.0)
    y = (x**3).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), [2 * 3 * 2.0**2])
    with pytest.raises(RuntimeError, match="already walked"):
        y.backward()


def test_a_failed_walk_leaves_recording_as_it_was() -> None:
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="starts from a scalar"):
        (x + leaf(1.0, 2.0)).backward()
    y = x * 2
    assert tg.is_grad_enabled()
    assert y.requires_grad


# ---- where a walk starts ---------------------------------------------------------------------


def test_backward_of_a_vector_asks_for_a_scalar_or_a_gradient() -> None:
    y = leaf(1.0, 2.0) * 2
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*\.sum\(\).*gradient="):
        y.backward()


def test_one_element_counts_as_a_scalar() -> None:
    x = tg.ones(1, 1, requires_grad=True)
    (x * 3).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[3.0]])


def test_a_given_gradient_weighs_the_outputs() -> None:
    x = leaf(1.0, 2.0)
    (x * x).backward(tg.tensor([10.0, 100.0], dtype=np.float64))
    np.testing.assert_array_equal(x.grad.numpy(), [20.0, 400.0])


def test_a_gradient_of_the_wrong_shape_is_refused_with_both_shapes() -> None:
    y = leaf(1.0, 2.0) * 2
    with pytest.raises(RuntimeError, match=r"\(3,\).*\(2,\)"):
        y.backward(tg.ones(3, dtype=np.float64))


def test_a_gradient_must_be_a_tensor() -> None:
    y = leaf(1.0, 2.0) * 2
    with pytest.raises(TypeError, match="must be a Tensor, got ndarray"):
        y.backward(np.ones(2))


def test_the_number_of_gradients_must_match() -> None:
    y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="2 gradients for 1 outputs"):
        tg.autograd.backward([y], [tg.ones(1), tg.ones(1)])


def test_what_requires_no_gradient_has_no_backward() -> None:
    for tensor in (tg.ones(1), tg.ones(1) * 2, (leaf(1.0) * 2).detach()):
        with pytest.raises(RuntimeError, match="does not require a gradient"):
            tensor.backward()


def test_only_tensors_are_differentiated() -> None:
    with pytest.raises(TypeError, match="expected a Tensor to differentiate, got float"):
        tg.autograd.backward([1.0])


def test_integers_have_no_gradient() -> None:
    with pytest.raises(RuntimeError, match=r"int64.*\.float\(\)"):
        tg.tensor([1, 2], requires_grad=True)
    x = leaf(1.5, 2.5)
    for discrete in (x.argmax(), x > 2, x.long()):
        assert not discrete.requires_grad
        assert discrete.is_leaf


def test_a_gradient_flows_past_an_integer_operand() -> None:
    x, counts = leaf(1.5, 2.5), tg.tensor([2, 3])
    (x * counts).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 3.0])


# ---- chosen inputs ---------------------------------------------------------------------------


def test_backward_can_be_limited_to_inputs() -> None:
    a, b = leaf(2.0), leaf(3.0)
    h = a * b
    (h * h).sum().backward(inputs=[a, h])
    np.testing.assert_array_equal(a.grad.numpy(), [2 * 6.0 * 3.0])
    np.testing.assert_array_equal(h.grad.numpy(), [2 * 6.0])
    assert b.grad is None


def test_backward_adds_to_the_chosen_inputs() -> None:
    a = leaf(2.0)
    for _ in range(2):
        (a * 3).sum().backward(inputs=[a])
    np.testing.assert_array_equal(a.grad.numpy(), [6.0])
