"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable

from tinygen import backend
from tinygen.backend import Array
from tinygen.optim.optimizer import Group, Optimizer, State, require_at_least_zero
from tinygen.tensors import Tensor

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent (Robbins and Monro, 1951), with momentum (Polyak, 1964).

    .. math::
        g_t &= \nabla f(\theta_{t-1}) + \lambda \theta_{t-1} \\
        b_t &= \mu b_{t-1} + (1 - \tau) g_t, \qquad b_1 = g_1 \\
        \theta_t &= \theta_{t-1} - \gamma b_t

    Nesterov's momentum, as Sutskever, Martens, Dahl and Hinton (ICML 2013) write it, moves by
    :math:`g_t + \mu b_t` instead of :math:`b_t`. Without momentum :math:`b_t = g_t`.

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize.
    lr : float
        The learning rate :math:`\gamma`.
    momentum : float
        The momentum :math:`\mu`.
    dampening : float
        The dampening :math:`\tau` of the momentum.
    weight_decay : float
        The L2 penalty :math:`\lambda`.
    nesterov : bool
        Use Nesterov's momentum, which needs ``momentum > 0`` and ``dampening = 0``.
    maximize : bool
        Ascend instead of descending.

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    by_element = True

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_options(self, options: Group) -> None:
        require_at_least_zero(options, "lr", "momentum", "weight_decay")
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError(
                "Nesterov's momentum needs momentum > 0 and dampening = 0, got "
                f"momentum={options['momentum']!r} and dampening={options['dampening']!r}"
            )

    def initial_state(self, theta: Array, group: Group) -> State:
        return {"momentum_buffer": None}

    def update(self, theta: Array, gradient: Array, state: State, group: Group) -> None:
        xp = backend.xp_of(theta)
        momentum, work = group["momentum"], xp.empty_like(theta)
        gradient = self.with_weight_decay(theta, gradient, group["weight_decay"])
        direction = gradient

        if momentum != 0:
            velocity = state["momentum_buffer"]
            if velocity is None:
                velocity = state["momentum_buffer"] = xp.array(gradient)
            else:
                velocity *= momentum
                velocity += xp.multiply(gradient, 1 - group["dampening"], out=work)
            direction = velocity
            if group["nesterov"]:
                direction = xp.multiply(velocity, momentum, out=work)
                direction += gradient

        theta -= xp.multiply(direction, group["lr"], out=work)
