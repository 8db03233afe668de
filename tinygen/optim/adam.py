"""Adam, and AdamW, whose weight decay is no part of the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tinygen import backend
from tinygen.backend import Array
from tinygen.optim.optimizer import (
    Group,
    Optimizer,
    State,
    require_at_least_zero,
    require_fraction,
    update_average,
)
from tinygen.tensors import Tensor

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    r"""Adam (Kingma and Ba, arXiv:1412.6980).

    .. math::
        g_t &= \nabla f(\theta_{t-1}) + \lambda \theta_{t-1} \\
        m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \\
        v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \\
        \hat m_t &= m_t / (1 - \beta_1^t), \qquad \hat v_t = v_t / (1 - \beta_2^t) \\
        \theta_t &= \theta_{t-1} - \gamma \, \hat m_t / (\sqrt{\hat v_t} + \epsilon)

    The moments start at zero and would be too small at first: dividing by :math:`1 - \beta^t`
    corrects that. AMSGrad (Reddi, Kale and Kumar, arXiv:1904.09237) takes for :math:`v_t` in
    :math:`\hat v_t` the largest of :math:`v_1, \dots, v_t`.

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize.
    lr : float
        The learning rate :math:`\gamma`.
    betas : tuple of two float
        How much of the two moments is kept at a step, :math:`\beta_1` and :math:`\beta_2`.
    eps : float
        Keeps the division finite.
    weight_decay : float
        The L2 penalty :math:`\lambda`.
    amsgrad : bool
        Never let :math:`v_t` shrink.
    maximize : bool
        Ascend instead of descending.
    decoupled_weight_decay : bool
        Decay as :class:`AdamW` does.

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
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def check_options(self, options: Group) -> None:
        require_at_least_zero(options, "lr", "eps", "weight_decay")
        for index, beta in enumerate(options["betas"]):
            require_fraction(f"betas[{index}]", beta)

    def initial_state(self, theta: Array, group: Group) -> State:
        xp = backend.xp_of(theta)
        state = {"step": 0, "exp_avg": xp.zeros_like(theta), "exp_avg_sq": xp.zeros_like(theta)}
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = xp.zeros_like(theta)
        return state

    def update(self, theta: Array, gradient: Array, state: State, group: Group) -> None:
        xp = backend.xp_of(theta)
        lr, (beta1, beta2) = group["lr"], group["betas"]
        work = xp.empty_like(theta)
        state["step"] += 1

        if group["decoupled_weight_decay"]:
            theta *= 1 - lr * group["weight_decay"]
        else:
            gradient = self.with_weight_decay(theta, gradient, group["weight_decay"])

        first_moment, second_moment = state["exp_avg"], state["exp_avg_sq"]
        update_average(first_moment, gradient, beta1, work)
        update_average(second_moment, xp.multiply(gradient, gradient, out=work), beta2, work)
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]
            second_moment = xp.maximum(largest, second_moment, out=largest)

        # m / (1 - b1) / (sqrt(v) / c + eps) as m c / (1 - b1) / (sqrt(v) + c eps): numbers, not
        # arrays, are corrected.
        correction = math.sqrt(1 - beta2 ** state["step"])
        root = xp.sqrt(second_moment, out=work)
        root += group["eps"] * correction
        move = xp.divide(first_moment, root, out=work)
        move *= lr * correction / (1 - beta1 ** state["step"])
        theta -= move


class AdamW(Adam):
    r"""Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101).

    An L2 penalty enters Adam's gradient and is divided by :math:`\sqrt{\hat v_t}` with it, so that
    weights with large gradients decay less. Here all weights decay alike, before the step:

    .. math::
        \theta_{t-1} \leftarrow (1 - \gamma \lambda) \, \theta_{t-1}

    and the rest is :class:`Adam` without a penalty.

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize.
    lr : float
        The learning rate :math:`\gamma`.
    betas : tuple of two float
        How much of the two moments is kept at a step, :math:`\beta_1` and :math:`\beta_2`.
    eps : float
        Keeps the division finite.
    weight_decay : float
        The decay :math:`\lambda`.
    amsgrad : bool
        Never let :math:`v_t` shrink.
    maximize : bool
        Ascend instead of descending.

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state, which may be one of Adam: the decay stays decoupled."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
