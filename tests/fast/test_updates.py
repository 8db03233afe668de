"""Optimizers move parameters in strips as they do whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygen as tg
from tinygen.fast import updates
from tinygen.optim import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop

SHAPES = [(7, 3), (5, 2, 3, 3), (23,), (), (1, 40), (0, 3)]
MAKERS: dict[str, Callable[[Any], Optimizer]] = {
    "Adam": lambda params: Adam(params, weight_decay=0.1, amsgrad=True),
    "Adam, ascending": lambda params: Adam(params, maximize=True),
    "AdamW": AdamW,
    "SGD with momentum": lambda params: SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "SGD": lambda params: SGD(params, lr=0.1),
    "RMSprop": lambda params: RMSprop(params, momentum=0.9, centered=True),
    "Adagrad": lambda params: Adagrad(params, lr_decay=0.1),
    "Adadelta": Adadelta,
}


@pytest.fixture(autouse=True)
def short_strips(three_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "UPDATE_STRIP", 6)


def after_steps(make: Callable[[Any], Optimizer], steps: int = 4) -> tuple[list[Any], Any]:
    """Parameters, and the optimizer's state, after some steps from the same start."""
    rng = np.random.default_rng(0)
    params = [tg.tensor(rng.normal(size=shape), requires_grad=True) for shape in SHAPES]
    optimizer = make(params)
    for _ in range(steps):
        for param in params:
            param.grad = tg.tensor(rng.normal(size=param.shape))
        optimizer.step()
    return [param.detach().numpy() for param in params], optimizer.state_dict()


@pytest.mark.parametrize("name", MAKERS)
def test_strips_and_whole_parameters_end_at_the_same_numbers(name: str) -> None:
    found, state = after_steps(MAKERS[name])
    with tg.plain():
        expected, plain_state = after_steps(MAKERS[name])
    for result, twin in zip(found, expected, strict=True):
        np.testing.assert_array_equal(result, twin)
    np.testing.assert_equal(state, plain_state)


def test_a_rule_that_looks_at_the_whole_parameter_gets_it_whole() -> None:
    class Normalized(Optimizer):
        """Steps of length 1, whatever the gradient's length is."""

        def update(self, theta: Any, gradient: Any, state: Any, group: Any) -> None:
            theta -= gradient / np.sqrt((gradient**2).sum())

    param = tg.zeros(20, 3, requires_grad=True)
    param.grad = tg.ones(20, 3)
    Normalized([param], {}).step()
    np.testing.assert_allclose(np.linalg.norm(param.detach().numpy()), 1, rtol=1e-6)


def test_a_step_is_counted_once() -> None:
    _, state = after_steps(MAKERS["Adam"], steps=3)
    assert {entry["step"] for entry in state["state"].values()} == {3}
