"""Hooks: what they see, what they replace, and that they can be removed."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen import nn


@pytest.fixture
def layer():
    """y = x @ [[1, 2], [3, 4]].T, in float64."""
    dense = nn.Dense(2, 2, bias=False).double()
    with tg.no_grad():
        dense.weight.copy_(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    return dense


def inputs(requires_grad=True):
    return tg.tensor(np.array([[1.0, -1.0]]), requires_grad=requires_grad)


OUTPUT = [[-1.0, -1.0]]


# ---- forward -----------------------------------------------------------------------------------


def test_a_pre_hook_sees_and_replaces_the_arguments(layer):
    seen = []

    def double(module, args):
        seen.append((module, args))
        return args[0] * 2

    layer.register_forward_pre_hook(double)
    x = inputs()

    np.testing.assert_array_equal(values(layer(x)), 2 * np.array(OUTPUT))
    assert seen[0][0] is layer
    assert seen[0][1][0] is x


def test_a_forward_hook_sees_and_replaces_the_output(layer):
    def add_ten(module, args, output):
        np.testing.assert_array_equal(values(output), OUTPUT)
        return output + 10

    layer.register_forward_hook(add_ten)

    np.testing.assert_array_equal(values(layer(inputs())), 10 + np.array(OUTPUT))


def test_hooks_run_in_order_of_registration_and_can_be_removed(layer):
    calls = []
    remove_a = layer.register_forward_hook(lambda *_: calls.append("a"))
    layer.register_forward_hook(lambda *_: calls.append("b"))

    layer(inputs())
    remove_a()
    remove_a()  # a second time does no harm
    layer(inputs())

    assert calls == ["a", "b", "b"]


def test_a_hook_may_remove_itself_while_it_runs(layer):
    calls = []

    def once(*_):
        calls.append("once")
        remove()

    remove = layer.register_forward_hook(once)
    layer.register_forward_hook(lambda *_: calls.append("always"))

    layer(inputs())
    layer(inputs())

    assert calls == ["once", "always", "always"]


# ---- backward ----------------------------------------------------------------------------------


def seen_by(layer):
    """What a backward hook of the layer sees, filled in by the next backward."""
    seen = []

    def note(module, grad_input, grad_output):
        assert module is layer
        seen.append([None if g is None else values(g) for g in (*grad_input, *grad_output)])

    return seen, layer.register_full_backward_hook(note)


def test_a_backward_hook_sees_the_gradients_of_inputs_and_outputs(layer):
    seen, _ = seen_by(layer)
    x = inputs()

    (layer(x) * tg.tensor(np.array([[1.0, 10.0]]))).sum().backward()

    (gradients,) = seen
    np.testing.assert_array_equal(gradients[0], [[31.0, 42.0]])  # [1, 10] @ weight
    np.testing.assert_array_equal(gradients[1], [[1.0, 10.0]])
    np.testing.assert_array_equal(values(x.grad), [[31.0, 42.0]])
    np.testing.assert_array_equal(values(layer.weight.grad), [[1.0, -1.0], [10.0, -10.0]])


def test_a_backward_hook_of_a_first_layer_runs_though_its_input_wants_no_gradient(layer):
    seen, _ = seen_by(layer)

    layer(inputs(requires_grad=False)).sum().backward()

    (gradients,) = seen
    assert gradients[0] is None
    np.testing.assert_array_equal(gradients[1], [[1.0, 1.0]])


def test_a_backward_hook_calculates_and_replaces_the_gradient_of_the_input(layer):
    def double(_, grad_input, __):
        doubled = grad_input[0] * 2
        assert isinstance(doubled, tg.Tensor)
        return (doubled,)

    layer.register_full_backward_hook(double)
    x = inputs()

    layer(layer(x)).sum().backward()

    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(values(x.grad), np.ones((1, 2)) @ w @ w * 4)
    np.testing.assert_array_equal(  # the inner use receives a doubled gradient
        values(layer.weight.grad),
        np.ones((2, 1)) * np.array(OUTPUT) + 2 * (np.ones((1, 2)) @ w).T * np.array([[1.0, -1.0]]),
    )


def test_one_tensor_may_replace_a_single_gradient(layer):
    layer.register_full_backward_hook(lambda _, grad_input, __: grad_input[0] * 0)
    x = inputs()

    layer(x).sum().backward()

    np.testing.assert_array_equal(values(x.grad), [[0.0, 0.0]])


def test_backward_hooks_are_removed(layer):
    seen, remove = seen_by(layer)
    remove()

    layer(inputs()).sum().backward()

    assert seen == []


def test_backward_hooks_of_several_inputs_and_outputs():
    class Swap(nn.Module):
        def forward(self, a, b):
            return b * 3, a * 2

    swap = Swap()
    seen, _ = seen_by(swap)
    a, b = inputs(), inputs(requires_grad=False)

    tripled, doubled = swap(a, b)
    (tripled.sum() + 5 * doubled.sum()).backward()

    (gradients,) = seen
    np.testing.assert_array_equal(gradients[0], [[10.0, 10.0]])
    assert gradients[1] is None  # b wants no gradient,
    assert gradients[2] is None  # nor does what was computed from it
    np.testing.assert_array_equal(gradients[3], [[5.0, 5.0]])


def test_gradients_that_a_backward_hook_sees_can_be_differentiated(layer):
    norms = []
    layer.register_full_backward_hook(lambda _, grad_input, __: norms.append(grad_input[0]))
    x = inputs()

    layer(x).square().sum().backward(create_graph=True)
    layer.zero_grad()
    norms[0].square().sum().backward()

    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    x0 = np.array([[1.0, -1.0]])
    # |2 x w' w|^2, differentiated by w
    v = 2 * x0 @ w.T @ w
    expected = 4 * (w @ v.T @ x0 + (w @ x0.T) @ v)
    np.testing.assert_allclose(values(layer.weight.grad), expected, rtol=1e-12)
