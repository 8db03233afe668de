"""Adadelta: steps in the units of the parameters, without a learning rate to choose."""

from __future__ import annotations

from collections.abc import Iterable

from tinygen import backend
from tinygen.backend import Array
from tinygen.optim.optimizer import (
    Group,
    Optimizer,
    State,
    require_at_least_zero,
    update_average,
)
from tinygen.tensors import Tensor

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    r"""Adadelta (Zeiler, arXiv:1212.5701).

    .. math::
        g_t &= \nabla f(\theta_{t-1}) + \lambda \theta_{t-1} \\
        v_t &= \rho v_{t-1} + (1 - \rho) g_t^2 \\
        \Delta_t &= \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}} \, g_t \\
        u_t &= \rho u_{t-1} + (1 - \rho) \Delta_t^2 \\
        \theta_t &= \theta_{t-1} - \gamma \Delta_t

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize.
    lr : float
        The factor :math:`\gamma`; 1 in the paper.
    rho : float
        How much of the running means is kept at a step.
    eps : float
        Starts the steps and keeps the division finite.
    weight_decay : float
        The L2 penalty :math:`\lambda`.
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
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_options(self, options: Group) -> None:
        require_at_least_zero(options, "lr", "rho", "eps", "weight_decay")
        if options["rho"] > 1:
            raise ValueError(f"invalid rho: {options['rho']!r} (it must be between 0 and 1)")

    def initial_state(self, theta: Array, group: Group) -> State:
        xp = backend.xp_of(theta)
        return {"step": 0, "square_avg": xp.zeros_like(theta), "acc_delta": xp.zeros_like(theta)}

    def update(self, theta: Array, gradient: Array, state: State, group: Group) -> None:
        xp = backend.xp_of(theta)
        rho, eps = group["rho"], group["eps"]
        work, move = xp.empty_like(theta), xp.empty_like(theta)
        gradient = self.with_weight_decay(theta, gradient, group["weight_decay"])
        state["step"] += 1

        mean_square, mean_square_move = state["square_avg"], state["acc_delta"]
        update_average(mean_square, xp.multiply(gradient, gradient, out=work), rho, work)

        xp.add(mean_square_move, eps, out=move)
        move /= xp.add(mean_square, eps, out=work)
        xp.sqrt(move, out=move)
        move *= gradient

        update_average(mean_square_move, xp.multiply(move, move, out=work), rho, work)
        theta -= xp.multiply(move, group["lr"], out=work)
