"""Every optimizer finds the minimum of a quadratic, through the engine's own gradients."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg

CURVATURE = np.array([[3.0, 0.5], [0.5, 1.0]])
MINIMUM = np.array([1.0, -2.0])


def loss_at(theta):
    offset = theta - tg.tensor(MINIMUM)
    return (offset * (tg.tensor(CURVATURE) @ offset)).sum() / 2


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (tg.optim.SGD, {"lr": 0.3}),
        (tg.optim.SGD, {"lr": 0.1, "momentum": 0.8}),
        (tg.optim.SGD, {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
        (tg.optim.Adagrad, {"lr": 1.0}),
        (tg.optim.RMSprop, {"lr": 0.01}),
        (tg.optim.RMSprop, {"lr": 0.001, "momentum": 0.9}),
        (tg.optim.Adam, {"lr": 0.1}),
        (tg.optim.Adam, {"lr": 0.1, "amsgrad": True}),
        (tg.optim.AdamW, {"lr": 0.1, "weight_decay": 0.0}),
        (tg.optim.Adadelta, {"lr": 0.3, "eps": 1e-4}),
    ],
)
def test_the_minimum_of_a_quadratic_is_found(optimizer, options):
    theta = tg.tensor(np.zeros(2), requires_grad=True)
    stepper = optimizer([theta], **options)

    for _ in range(600):
        stepper.zero_grad()
        loss_at(theta).backward()
        stepper.step()

    np.testing.assert_allclose(theta.detach().numpy(), MINIMUM, atol=0.02)


def test_gradient_descent_contracts_by_one_minus_rate_times_eigenvalue():
    eigenvalues, eigenvectors = np.linalg.eigh(CURVATURE)
    theta = tg.tensor(MINIMUM + eigenvectors[:, 1], requires_grad=True)
    stepper = tg.optim.SGD([theta], lr=0.1)

    for _ in range(5):
        stepper.zero_grad()
        loss_at(theta).backward()
        stepper.step()

    distance = (1 - 0.1 * eigenvalues[1]) ** 5
    np.testing.assert_allclose(
        theta.detach().numpy(), MINIMUM + distance * eigenvectors[:, 1], rtol=1e-12
    )


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_scale():
    for scale in (1e-3, 1.0, 1e5):
        theta = tg.tensor(np.array([0.0, 0.0]), requires_grad=True)
        stepper = tg.optim.Adam([theta], lr=0.25, eps=0.0)
        (scale * (theta * tg.tensor([3.0, -2.0], dtype=np.float64))).sum().backward()
        stepper.step()

        np.testing.assert_allclose(theta.detach().numpy(), [-0.25, 0.25], rtol=1e-12)


def test_adamw_decays_all_weights_alike_and_adam_does_not():
    moved = {}
    for optimizer in (tg.optim.Adam, tg.optim.AdamW):
        theta = tg.tensor(np.array([1.0, 1.0]), requires_grad=True)
        stepper = optimizer([theta], lr=0.01, weight_decay=0.1)
        for sign in (1, -1) * 50:  # a mean of zero, on very different scales
            theta.grad = tg.tensor(np.array([0.01, 100.0]) * sign)
            stepper.step()
        moved[optimizer] = 1 - theta.detach().numpy()

    small, large = moved[tg.optim.AdamW]
    assert small == pytest.approx(large, rel=0.01)
    small, large = moved[tg.optim.Adam]
    assert small > 10 * abs(large)
