"""Every optimizer against its formula, written out once more in float64."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg

STEPS = 7


def sgd(theta, gradients, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    buffer = None
    for gradient in gradients:
        g = gradient + weight_decay * theta
        buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
        if momentum == 0:
            theta = theta - lr * g
        elif nesterov:
            theta = theta - lr * (g + momentum * buffer)
        else:
            theta = theta - lr * buffer
    return theta


def adagrad(
    theta, gradients, lr, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
):
    total = initial_accumulator_value
    for t, gradient in enumerate(gradients, start=1):
        g = gradient + weight_decay * theta
        total = total + g**2
        theta = theta - lr / (1 + (t - 1) * lr_decay) * g / (total**0.5 + eps)
    return theta


def rmsprop(
    theta, gradients, lr, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False
):
    mean = mean_square = velocity = 0.0
    for gradient in gradients:
        g = gradient + weight_decay * theta
        mean = alpha * mean + (1 - alpha) * g
        mean_square = alpha * mean_square + (1 - alpha) * g**2
        spread = mean_square - mean**2 if centered else mean_square
        velocity = momentum * velocity + g / (spread**0.5 + eps)
        theta = theta - lr * velocity
    return theta


def adam(
    theta, gradients, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False,
    decoupled_weight_decay=False,
):  # fmt: skip
    m = v = largest = 0.0
    for t, gradient in enumerate(gradients, start=1):
        if decoupled_weight_decay:
            theta, g = theta - lr * weight_decay * theta, gradient
        else:
            g = gradient + weight_decay * theta
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        largest = np.maximum(largest, v)
        m_hat = m / (1 - betas[0] ** t)
        v_hat = (largest if amsgrad else v) / (1 - betas[1] ** t)
        theta = theta - lr * m_hat / (v_hat**0.5 + eps)
    return theta


def adamw(theta, gradients, lr, weight_decay=0.01, **options):
    options = {"weight_decay": weight_decay, "decoupled_weight_decay": True, **options}
    return adam(theta, gradients, lr, **options)


def adadelta(theta, gradients, lr, rho=0.9, eps=1e-6, weight_decay=0.0):
    mean_square = mean_square_move = 0.0
    for gradient in gradients:
        g = gradient + weight_decay * theta
        mean_square = rho * mean_square + (1 - rho) * g**2
        move = (mean_square_move + eps) ** 0.5 / (mean_square + eps) ** 0.5 * g
        mean_square_move = rho * mean_square_move + (1 - rho) * move**2
        theta = theta - lr * move
    return theta


CASES = [
    (tg.optim.SGD, sgd, {"lr": 0.1}),
    (tg.optim.SGD, sgd, {"lr": 0.1, "weight_decay": 0.3}),
    (tg.optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9}),
    (tg.optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.3}),
    (tg.optim.SGD, sgd, {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    (tg.optim.SGD, sgd, {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.3}),
    (tg.optim.Adagrad, adagrad, {"lr": 0.1}),
    (tg.optim.Adagrad, adagrad, {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.3}),
    (tg.optim.Adagrad, adagrad, {"lr": 0.1, "initial_accumulator_value": 0.7, "eps": 0.2}),
    (tg.optim.RMSprop, rmsprop, {"lr": 0.1}),
    (tg.optim.RMSprop, rmsprop, {"lr": 0.1, "alpha": 0.7, "eps": 0.1, "weight_decay": 0.3}),
    (tg.optim.RMSprop, rmsprop, {"lr": 0.1, "momentum": 0.9}),
    (tg.optim.RMSprop, rmsprop, {"lr": 0.1, "centered": True}),
    (tg.optim.RMSprop, rmsprop, {"lr": 0.1, "alpha": 0.6, "momentum": 0.9, "centered": True}),
    (tg.optim.Adam, adam, {"lr": 0.1}),
    (tg.optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.1, "weight_decay": 0.3}),
    (tg.optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.3), "amsgrad": True}),
    (tg.optim.Adam, adam, {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    (tg.optim.AdamW, adamw, {"lr": 0.1}),
    (tg.optim.AdamW, adamw, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    (tg.optim.Adadelta, adadelta, {"lr": 1.0}),
    (tg.optim.Adadelta, adadelta, {"lr": 0.5, "rho": 0.6, "eps": 0.01, "weight_decay": 0.3}),
]


def named(cases):
    return [
        pytest.param(*case, id=f"{case[0].__name__}-" + "-".join(sorted(case[2]))) for case in cases
    ]


def follow(optimizer, param, gradients, dtype=np.float64):
    """Step once for each gradient; None leaves the parameter without one."""
    for gradient in gradients:
        param.grad = None if gradient is None else tg.tensor(gradient.astype(dtype))
        optimizer.step()
    return param.detach().numpy()


@pytest.fixture
def start_and_gradients():
    rng = np.random.default_rng(7)
    return rng.normal(size=(3, 4)), rng.normal(size=(STEPS, 3, 4))


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_steps_follow_the_formula(optimizer, formula, options, start_and_gradients):
    start, gradients = start_and_gradients
    param = tg.tensor(start, requires_grad=True)

    reached = follow(optimizer([param], **options), param, gradients)

    np.testing.assert_allclose(reached, formula(start, gradients, **options), rtol=1e-11)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_maximize_follows_the_formula_of_the_negated_gradient(
    optimizer, formula, options, start_and_gradients
):
    start, gradients = start_and_gradients
    param = tg.tensor(start, requires_grad=True)

    reached = follow(optimizer([param], maximize=True, **options), param, gradients)

    np.testing.assert_allclose(reached, formula(start, -gradients, **options), rtol=1e-11)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_float32_stays_float32_in_parameters_and_state(
    optimizer, formula, options, start_and_gradients
):
    start, gradients = start_and_gradients
    param = tg.tensor(start.astype(np.float32), requires_grad=True)
    stepper = optimizer([param], **{**options, "lr": np.float64(options["lr"])})

    reached = follow(stepper, param, gradients, np.float32)

    assert reached.dtype == np.float32
    arrays = [value for value in stepper.state[param].values() if isinstance(value, np.ndarray)]
    assert {array.dtype for array in arrays} <= {np.dtype(np.float32)}
    np.testing.assert_allclose(reached, formula(start, gradients, **options), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_a_step_without_gradient_leaves_parameter_and_clock_alone(
    optimizer, formula, options, start_and_gradients
):
    start, gradients = start_and_gradients
    param = tg.tensor(start, requires_grad=True)
    with_gaps = [None, gradients[0], None, *gradients[1:4], None]

    reached = follow(optimizer([param], **options), param, with_gaps)

    np.testing.assert_allclose(reached, formula(start, gradients[:4], **options), rtol=1e-11)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_groups_follow_their_own_options(optimizer, formula, options, start_and_gradients):
    start, gradients = start_and_gradients
    first, second = (tg.tensor(start, requires_grad=True) for _ in range(2))
    other = {"lr": 0.02, "weight_decay": 0.05}
    stepper = optimizer([{"params": [first]}, {"params": [second], **other}], **options)

    for gradient in gradients:
        first.grad, second.grad = tg.tensor(gradient), tg.tensor(gradient)
        stepper.step()

    expected = formula(start, gradients, **options)
    expected_other = formula(start, gradients, **{**options, **other})
    np.testing.assert_allclose(first.detach().numpy(), expected, rtol=1e-11)
    np.testing.assert_allclose(second.detach().numpy(), expected_other, rtol=1e-11)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_a_scalar_parameter_moves_in_place(optimizer, formula, options):
    param = tg.tensor(np.array(1.5), requires_grad=True)
    gradients = [np.array(value) for value in (0.3, -0.2, 0.7)]

    reached = follow(optimizer([param], **options), param, gradients)

    assert reached.shape == ()
    expected = formula(np.array(1.5), gradients, **options)
    np.testing.assert_allclose(reached, expected, rtol=1e-11)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
def test_gradients_are_left_as_they_are(optimizer, formula, options, start_and_gradients):
    start, gradients = start_and_gradients
    param = tg.tensor(start, requires_grad=True)
    stepper = optimizer([param], **options)

    for gradient in gradients[:2]:
        param.grad = tg.tensor(gradient)
        stepper.step()
        np.testing.assert_array_equal(param.grad.numpy(), gradient)


def test_centered_rmsprop_survives_a_constant_gradient():
    param = tg.tensor(np.zeros(1, np.float32), requires_grad=True)
    stepper = tg.optim.RMSprop([param], lr=1e-3, alpha=0.5, centered=True)
    param.grad = tg.tensor(np.full(1, 0.3, np.float32))

    for _ in range(200):
        stepper.step()

    assert np.isfinite(param.detach().numpy()).all()


def test_two_parameters_of_one_shape_do_not_disturb_each_other(start_and_gradients):
    start, gradients = start_and_gradients
    params = [tg.tensor(start, requires_grad=True) for _ in range(2)]
    stepper = tg.optim.Adam(params, lr=0.1, weight_decay=0.3)

    for gradient in gradients:
        for sign, param in zip((1, -1), params, strict=True):
            param.grad = tg.tensor(sign * gradient)
        stepper.step()

    for sign, param in zip((1, -1), params, strict=True):
        expected = adam(start, sign * gradients, lr=0.1, weight_decay=0.3)
        np.testing.assert_allclose(param.detach().numpy(), expected, rtol=1e-11)
