"""RMSprop: the gradient divided by the root of a running mean of its square."""

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

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    r"""RMSprop (Tieleman and Hinton, lecture 6.5 of a course on neural networks, 2012).

    .. math::
        g_t &= \nabla f(\theta_{t-1}) + \lambda \theta_{t-1} \\
        v_t &= \alpha v_{t-1} + (1 - \alpha) g_t^2 \\
        \theta_t &= \theta_{t-1} - \gamma \frac{g_t}{\sqrt{v_t} + \epsilon}

    Centered (Graves, arXiv:1308.0850), it divides by the root of the variance: with
    :math:`\bar g_t = \alpha \bar g_{t-1} + (1 - \alpha) g_t` it takes
    :math:`v_t - \bar g_t^2` for :math:`v_t` under the root. With momentum :math:`\mu` it moves by
    :math:`\gamma b_t`, where :math:`b_t = \mu b_{t-1} + g_t / (\sqrt{v_t} + \epsilon)`.

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize.
    lr : float
        The learning rate :math:`\gamma`.
    alpha : float
        How much of the running means is kept at a step.
    eps : float
        Keeps the division finite.
    weight_decay : float
        The L2 penalty :math:`\lambda`.
    momentum : float
        The momentum :math:`\mu`.
    centered : bool
        Divide by the root of the variance.
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
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_options(self, options: Group) -> None:
        require_at_least_zero(options, "lr", "alpha", "eps", "weight_decay", "momentum")

    def initial_state(self, theta: Array, group: Group) -> State:
        xp = backend.xp_of(theta)
        state: State = {"step": 0, "square_avg": xp.zeros_like(theta)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = xp.zeros_like(theta)
        if group["centered"]:
            state["grad_avg"] = xp.zeros_like(theta)
        return state

    def update(self, theta: Array, gradient: Array, state: State, group: Group) -> None:
        xp = backend.xp_of(theta)
        work = xp.empty_like(theta)
        gradient = self.with_weight_decay(theta, gradient, group["weight_decay"])
        state["step"] += 1

        squared = xp.multiply(gradient, gradient, out=work)
        update_average(state["square_avg"], squared, group["alpha"], work)

        if group["centered"]:
            mean = state["grad_avg"]
            update_average(mean, gradient, group["alpha"], work)
            square_of_mean = xp.multiply(mean, mean, out=work)
            variance = xp.subtract(state["square_avg"], square_of_mean, out=work)
            # Rounding can take the variance of a constant gradient below zero.
            root = xp.sqrt(xp.maximum(variance, 0, out=work), out=work)
        else:
            root = xp.sqrt(state["square_avg"], out=work)
        root += group["eps"]
        move = xp.divide(gradient, root, out=work)

        if group["momentum"] > 0:
            velocity = state["momentum_buffer"]
            velocity *= group["momentum"]
            velocity += move
            move = velocity
        theta -= xp.multiply(move, group["lr"], out=work)
