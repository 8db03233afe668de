"""AdaGrad: a learning rate for every coordinate, from the sum of its squared gradients."""

from __future__ import annotations

from collections.abc import Iterable

from tinygen import backend
from tinygen.backend import Array
from tinygen.optim.optimizer import Group, Optimizer, State, require_at_least_zero
from tinygen.tensors import Tensor

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    r"""AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011).

    .. math::
        g_t &= \nabla f(\theta_{t-1}) + \lambda \theta_{t-1} \\
        G_t &= G_{t-1} + g_t^2 \\
        \theta_t &= \theta_{t-1}
            - \frac{\gamma}{1 + (t - 1) \eta} \frac{g_t}{\sqrt{G_t} + \epsilon}

    The sum only grows, so that the steps only shrink: good for sparse gradients, and the reason
    for RMSprop.

    Parameters
    ----------
    params : iterable of Tensor, or iterable of dict
        What to optimize.
    lr : float
        The learning rate :math:`\gamma`.
    lr_decay : float
        The decay :math:`\eta` of the learning rate.
    weight_decay : float
        The L2 penalty :math:`\lambda`.
    initial_accumulator_value : float
        The value of :math:`G_0`.
    eps : float
        Keeps the division finite.
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
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_options(self, options: Group) -> None:
        require_at_least_zero(
            options, "lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value"
        )

    def initial_state(self, theta: Array, group: Group) -> State:
        xp = backend.xp_of(theta)
        return {"step": 0, "sum": xp.full_like(theta, group["initial_accumulator_value"])}

    def update(self, theta: Array, gradient: Array, state: State, group: Group) -> None:
        xp = backend.xp_of(theta)
        work = xp.empty_like(theta)
        gradient = self.with_weight_decay(theta, gradient, group["weight_decay"])
        state["step"] += 1
        learning_rate = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])

        squared_sum = state["sum"]
        squared_sum += xp.multiply(gradient, gradient, out=work)

        root = xp.sqrt(squared_sum, out=work)
        root += group["eps"]
        move = xp.divide(gradient, root, out=work)
        move *= learning_rate
        theta -= move
