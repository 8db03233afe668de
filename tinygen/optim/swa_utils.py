"""Averages of a model's weights over training, often better than the last weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tinygen.autograd import no_grad
from tinygen.nn.module import Module
from tinygen.tensors import Tensor, tensor

__all__ = ["AveragedModel", "get_ema_avg_fn", "get_swa_avg_fn"]

AverageFunction = Callable[[Tensor, Tensor, int], Tensor]


def get_ema_avg_fn(decay: float = 0.999) -> AverageFunction:
    r"""Return the rule of an exponential moving average (Polyak and Juditsky, 1992).

    .. math:: \bar\theta_{t+1} = d \, \bar\theta_t + (1 - d) \, \theta_{t+1}

    Parameters
    ----------
    decay : float
        The share :math:`d` that is kept; it averages over some :math:`1 / (1 - d)` updates.

    Returns
    -------
    callable
        The ``avg_fn`` for :class:`AveragedModel`.

    Raises
    ------
    ValueError
        If ``decay`` is not between 0 and 1.
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"decay is a share, between 0 and 1; got {decay!r}")

    def ema_update(averaged: Tensor, current: Tensor, num_averaged: int) -> Tensor:
        return decay * averaged + (1 - decay) * current

    return ema_update


def get_swa_avg_fn() -> AverageFunction:
    r"""Return the rule of the mean of all updates (Izmailov et al., arXiv:1803.05407).

    .. math:: \bar\theta_{n+1} = \bar\theta_n + (\theta_{n+1} - \bar\theta_n) / (n + 1)

    Returns
    -------
    callable
        The ``avg_fn`` for :class:`AveragedModel`.
    """

    def swa_update(averaged: Tensor, current: Tensor, num_averaged: int) -> Tensor:
        return averaged + (current - averaged) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model that holds the average of its weights.

    Parameters
    ----------
    model : Module
        The model to copy; it is trained as before.
    avg_fn : callable, optional
        ``avg_fn(averaged, current, num_averaged)`` gives the new average of one parameter; by
        default the mean of all updates.

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : Tensor
        The number of updates, a buffer.

    Examples
    --------
    ::

        averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(0.999))
        for x, y in loader:
            train_on(model, x, y)
            averaged.update_parameters(model)
    """

    n_averaged: Tensor

    def __init__(self, model: Module, *, avg_fn: AverageFunction | None = None) -> None:
        super().__init__()
        self.module = copy.deepcopy(model)
        self.avg_fn = get_swa_avg_fn() if avg_fn is None else avg_fn
        self.register_buffer("n_averaged", tensor(0))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the copy."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the model's present weights into the average; the first time they are copied.

        Buffers, such as the running statistics of batch normalization, are always copied.

        Parameters
        ----------
        model : Module
            The model that was given to the constructor.
        """
        num_averaged = int(self.n_averaged.item())
        for averaged, current in zip(self.module.parameters(), model.parameters(), strict=True):
            first = num_averaged == 0
            averaged.copy_(current if first else self.avg_fn(averaged, current, num_averaged))
        for copied, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
            copied.copy_(buffer)
        self.n_averaged.fill_(num_averaged + 1)
