"""Optimizers on the device, where NumPy is of no use: the stand-in for CuPy refuses it."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests import standin
from tests.optim.test_update_rules import CASES, named
from tinygen import backend


@pytest.fixture
def device():
    standin.install()
    yield backend.get("cuda")
    standin.uninstall()


def float32(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(("optimizer", "formula", "options"), named(CASES))
@pytest.mark.parametrize("shape", [(3, 4), ()])
def test_steps_follow_the_formula_and_do_not_wait(device, optimizer, formula, options, shape):
    rng = np.random.default_rng(7)
    start, gradients = float32(rng, *shape), [float32(rng, *shape) for _ in range(4)]
    param = tg.tensor(start, device="cuda", requires_grad=True)
    stepper = optimizer([param], **options)

    for gradient in [tg.tensor(gradient, device="cuda") for gradient in gradients]:
        param.grad = gradient
        with standin.no_sync():
            stepper.step()

    wide = [gradient.astype(np.float64) for gradient in gradients]
    expected = formula(start.astype(np.float64), wide, **options)
    np.testing.assert_allclose(param.detach().cpu().numpy(), expected, rtol=1e-3, atol=1e-4)


def test_a_state_moves_between_host_and_device(device):
    rng = np.random.default_rng(7)
    on_host = tg.tensor(float32(rng, 3), requires_grad=True)
    there = tg.tensor(on_host.detach().numpy(), device="cuda", requires_grad=True)
    host_optimizer, its_optimizer = tg.optim.Adam([on_host]), tg.optim.Adam([there])
    on_host.grad = tg.tensor(float32(rng, 3))
    host_optimizer.step()

    its_optimizer.load_state_dict(host_optimizer.state_dict())

    assert backend.of(its_optimizer.state[there]["exp_avg"]) is device
    back = its_optimizer.state_dict()["state"][0]["exp_avg"]
    np.testing.assert_array_equal(back, host_optimizer.state[on_host]["exp_avg"])


def test_clipping_does_not_wait(device):
    param = tg.tensor([0.0, 0.0], device="cuda", requires_grad=True)
    param.grad = tg.tensor([3.0, -4.0], device="cuda")

    with standin.no_sync():
        norm = tg.nn.utils.clip_grad_norm_([param], max_norm=1.0)
        tg.nn.utils.clip_grad_value_([param], 0.7)

    assert norm.item() == 5.0
    np.testing.assert_allclose(param.grad.cpu().numpy(), [0.6, -0.7], rtol=1e-5)
