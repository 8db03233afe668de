"""The gradient checker catches what it is for, and lets right rules pass."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.gradcheck import DIRECTIONS, FEW, GradcheckError, gradcheck, gradgradcheck

STRICT = {"eps": 1e-5, "atol": 1e-8, "rtol": 1e-6}


def normal(*shape, seed=0, requires_grad=True):
    values = np.random.default_rng(seed).standard_normal(shape)
    return tg.tensor(values, requires_grad=requires_grad)


def function(forward, backward):
    """An op whose rule may be wrong."""

    class Op(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(ctx.xp, x)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return backward(x, grad)

    return Op.apply


# ---- right rules pass ------------------------------------------------------------------------


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("fast_mode", [False, True])
def test_right_rules_pass(check, fast_mode):
    def several(x, y):
        return tg.softmax(x * y, -1), (tg.exp(x) @ y).sum(), tg.argmax(x)

    inputs = (normal(3, 4), normal(4, seed=1))
    assert check(several, inputs, fast_mode=fast_mode, **STRICT)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_an_input_too_large_for_entry_by_entry_is_moved_along_directions(check):
    x = normal(FEW + 1)
    calls = []

    def counted(x):
        calls.append(1)
        return tg.tanh(x)

    assert check(counted, x)
    assert len(calls) < 10 * DIRECTIONS < FEW


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_what_requires_no_gradient_is_passed_as_it_is(check):
    constant = tg.tensor([1.0, 2.0], dtype="float32")
    labels = tg.tensor([0, 2])

    def picked(x, scale, labels, power):
        return (x[labels] * scale.double()) ** power, scale

    assert check(picked, (normal(3), constant, labels, 3))


def test_an_input_that_is_not_used_has_a_gradient_of_zero():
    assert gradcheck(lambda x, y: x * x, (normal(2), normal(2)))
    assert gradgradcheck(lambda x, y: x * x, (normal(2), normal(2)))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1, 1)])
def test_every_shape_is_checked(shape):
    x = normal(*shape)
    assert gradcheck(tg.exp, x)
    assert gradgradcheck(tg.exp, x)


def test_parameters_reached_by_a_closure_are_moved():
    weight = normal(4, 3)
    assert gradcheck(lambda _: tg.tanh(weight @ tg.ones(3, dtype="float64")), weight)


def test_noise_is_replayed_at_each_call():
    x = normal(50)
    assert gradcheck(lambda x: x * tg.randn_like(x), x)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_inputs_and_random_state_stay_bit_for_bit(check):
    x, kink = normal(3, 4), tg.zeros(3, dtype="float64", requires_grad=True)
    arrays = x.data, kink.data
    bits = x.data.tobytes(), kink.data.tobytes()
    state = tg.get_rng_state()
    assert check(lambda x, k: tg.relu(k) * tg.randn_like(k) + x.sum(), (x, kink))
    assert (x.data is arrays[0], kink.data is arrays[1]) == (True, True)
    assert (x.data.tobytes(), kink.data.tobytes()) == bits
    assert (x.grad, kink.grad) == (None, None)
    assert tg.get_rng_state() == state


def test_both_backends(backend):
    x = tg.tensor(np.linspace(-1, 1, 6).reshape(2, 3), device=backend.device, requires_grad=True)
    wrong = function(lambda xp, x: xp.sin(x), lambda x, grad: grad)
    assert gradcheck(tg.sin, x)
    assert gradgradcheck(tg.sin, x)
    assert not gradcheck(wrong, x, raise_exception=False)


# ---- wrong rules are caught ------------------------------------------------------------------


def test_a_wrong_factor():
    wrong = function(lambda xp, x: xp.sin(x), lambda x, grad: 1.01 * grad * tg.cos(x))
    with pytest.raises(GradcheckError, match="12 of 12 slopes differ"):
        gradcheck(wrong, normal(3, 4))


def test_a_missing_term():
    wrong = function(lambda xp, x: x * xp.exp(x), lambda x, grad: grad * tg.exp(x))
    with pytest.raises(GradcheckError):
        gradcheck(wrong, normal(3, 4))


def test_a_softmax_that_is_right_only_where_a_covector_of_ones_looks():
    """Without the subtraction, both rules give what ones ask for: nothing changes a sum of 1."""

    def softmax(xp, x):
        e = xp.exp(x)
        return e / e.sum(-1, keepdims=True)

    def wrong_rule(x, grad):
        y = tg.softmax(tg.as_tensor(x), -1)
        y = y if isinstance(x, tg.Tensor) else y.data
        return y * (grad.sum(-1, keepdims=True) / x.shape[-1] - grad) * 2

    wrong, x = function(softmax, wrong_rule), normal(2, 3)
    (with_ones,) = tg.grad(wrong(x), x, tg.ones(2, 3, dtype="float64"))
    assert np.abs(with_ones.numpy()).max() < 1e-15
    with pytest.raises(GradcheckError):
        gradcheck(wrong, x)


def test_a_wrong_second_derivative():
    """The rule's own value is right, but it forgets that the factor depends on the input."""

    def rule(x, grad):
        return grad * 3 * (x.detach() if isinstance(x, tg.Tensor) else x) ** 2

    wrong = function(lambda xp, x: x**3, rule)
    assert gradcheck(wrong, normal(3))
    with pytest.raises(GradcheckError, match="gradgradcheck: the gradient of input 0"):
        gradgradcheck(wrong, normal(3))


def test_a_rule_that_differs_under_create_graph():
    wrong = function(
        lambda xp, x: 2 * x, lambda x, grad: grad * (3 if isinstance(grad, tg.Tensor) else 2)
    )
    assert gradcheck(wrong, normal(3))
    assert not gradgradcheck(wrong, normal(3), raise_exception=False)
    with pytest.raises(GradcheckError, match="another under create_graph"):
        gradgradcheck(wrong, normal(3))


def test_one_wrong_entry_of_a_large_input_is_found():
    def rule(x, grad):
        wrong = np.ones(x.shape)
        wrong[7, 33] = 0
        return grad * wrong

    with pytest.raises(GradcheckError, match=r"index \(7, 33\)"):
        gradcheck(function(lambda xp, x: x + 0, rule), normal(20, 50))


def test_a_gradient_that_is_nan():
    wrong = function(lambda xp, x: x * 1, lambda x, grad: grad * math.nan)
    with pytest.raises(GradcheckError, match="analytic nan"):
        gradcheck(wrong, normal(2))


def test_false_instead_of_an_exception():
    wrong = function(lambda xp, x: x * 1, lambda x, grad: grad * 2)
    assert gradcheck(wrong, normal(2), raise_exception=False) is False


# ---- what it says ----------------------------------------------------------------------------


def test_the_message_names_the_worst_entry():
    def rule(x, grad):
        return grad * np.array([[1.0, 1.0, 1.001], [1.0, 4.0, 1.0]])

    wrong = function(lambda xp, x: x * 1, rule)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda a, b: a.sum() + wrong(b), (normal(2), normal(2, 3)), rtol=1e-4)
    message = str(caught.value)
    assert "gradient of input 1 (shape (2, 3)) is wrong, worst at index (1, 1)" in message
    assert "relative error 0.75" in message
    assert "2 of 6 slopes differ" in message
    words = message.replace(",", " ").replace(";", " ").split()
    numeric, analytic = (float(words[words.index(w) + 1]) for w in ("numeric", "analytic"))
    assert analytic / numeric == pytest.approx(4)


def test_the_message_tells_inputs_from_grad_outputs():
    def rule(x, grad):
        return grad + (grad.detach() if isinstance(grad, tg.Tensor) else grad)

    wrong = function(lambda xp, x: 2 * x, rule)
    with pytest.raises(GradcheckError, match="gradient of grad_outputs 0"):
        gradgradcheck(wrong, normal(3), normal(3, seed=1))


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_float32_is_refused(check):
    with pytest.raises(TypeError, match=r"input 1 is float32.*float64.*double"):
        check(tg.add, (normal(2), tg.ones(2, requires_grad=True)))


def test_a_function_that_leaves_float64_is_refused():
    with pytest.raises(TypeError, match="output 0 is float32"):
        gradcheck(lambda x: x.float(), normal(2))


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_nothing_to_check_is_an_error(check):
    with pytest.raises(ValueError, match="no input requires a gradient"):
        check(tg.exp, normal(2, requires_grad=False))
    with pytest.raises(ValueError, match="no output requires a gradient"):
        check(lambda x: x.detach(), normal(2))


def test_a_function_that_changes_is_an_error():
    values = iter(range(100))
    with pytest.raises(ValueError, match="other values for the same inputs"):
        gradcheck(lambda x: x * next(values), normal(2))


# ---- kinks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0.0, 1e-7, -4e-7, 9e-7])
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_relu_at_its_kink_is_drawn_again(check, offset):
    x = tg.full((4,), offset, dtype="float64", requires_grad=True)
    assert check(tg.relu, x)


def test_ties_are_drawn_again():
    assert gradcheck(lambda x: tg.max(x, 0)[0], tg.ones(4, dtype="float64", requires_grad=True))


def test_a_wrong_rule_is_not_excused_by_a_kink_elsewhere():
    x = tg.tensor([0.0, 1.0], dtype="float64", requires_grad=True)
    wrong = function(lambda xp, x: xp.maximum(x, 0), lambda x, grad: grad * 0.5)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(wrong, x)
    assert "worst at index (1,)" in str(caught.value)
    assert "Note" not in str(caught.value)


def test_a_kink_that_stays_is_noted():
    """A function that is bent wherever it is looked at."""
    seen = [np.zeros(1)]

    def bent(xp, x):
        if abs(x - seen[-1]) > 1e-5:
            seen.append(x.copy())
        return abs(x - seen[-1])

    with pytest.raises(GradcheckError, match="Note: the slopes to the left"):
        gradcheck(function(bent, lambda x, grad: grad * 1), normal(1))
