"""Averages of weights against the averages of what the weights were."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen import nn
from tinygen.optim.swa_utils import AveragedModel, get_ema_avg_fn


def a_model():
    tg.manual_seed(0)
    return nn.Sequential(nn.Dense(3, 4), nn.BatchNorm1d(4), nn.Dense(4, 2))


def wander(model, averaged, steps):
    """Move the weights at random; the values of the first weight after each move."""
    rng = np.random.default_rng(0)
    history = []
    for _ in range(steps):
        for param in model.parameters():
            param.data[...] = rng.normal(size=param.shape)
            param.bump_version()
        averaged.update_parameters(model)
        history.append(next(model.parameters()).detach().numpy().copy())
    return history


def test_by_default_the_average_is_the_mean():
    model = a_model()
    averaged = AveragedModel(model)

    history = wander(model, averaged, steps=5)

    weight = next(averaged.module.parameters()).detach().numpy()
    np.testing.assert_allclose(weight, np.mean(history, axis=0), rtol=1e-5, atol=1e-6)
    assert averaged.n_averaged.item() == 5


def test_an_exponential_average_weighs_by_powers_of_its_decay():
    model = a_model()
    averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(0.8))

    history = wander(model, averaged, steps=4)

    weights = [0.8**3, 0.2 * 0.8**2, 0.2 * 0.8, 0.2]
    expected = np.tensordot(weights, history, axes=1)
    weight = next(averaged.module.parameters()).detach().numpy()
    np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-6)
    assert weight.dtype == np.float32


def test_the_copy_is_the_models_own_business_no_more():
    model = a_model()
    averaged = AveragedModel(model)
    before = next(averaged.module.parameters()).detach().numpy().copy()

    next(model.parameters()).data[...] = 7.0

    np.testing.assert_array_equal(next(averaged.module.parameters()).detach().numpy(), before)


def test_buffers_are_copied_and_the_call_is_passed_on():
    model = a_model()
    averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))
    x = tg.tensor(np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32))
    for _ in range(3):
        model(x)
    averaged.update_parameters(model)

    for copied, buffer in zip(averaged.module.buffers(), model.buffers(), strict=True):
        np.testing.assert_array_equal(copied.numpy(), buffer.numpy())
    model.eval()
    averaged.eval()
    np.testing.assert_allclose(averaged(x).detach().numpy(), model(x).detach().numpy(), rtol=1e-6)


def test_updates_are_not_recorded_and_survive_a_saved_state():
    model = a_model()
    averaged = AveragedModel(model)
    wander(model, averaged, steps=3)
    assert all(param.is_leaf for param in averaged.parameters())

    fresh = AveragedModel(a_model())
    fresh.load_state_dict(averaged.state_dict())

    assert fresh.n_averaged.item() == 3
    assert "module.0.weight" in averaged.state_dict()


def test_a_decay_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match=r"between 0 and 1; got 1\.5"):
        get_ema_avg_fn(1.5)
