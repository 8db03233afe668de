"""Penalties on weights, to be added to a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tinygen.tensors import Tensor

__all__ = ["l1_penalty", "l2_penalty"]


def l1_penalty(parameters: Tensor | Iterable[Tensor]) -> Tensor:
    r"""Sum of the absolute values, :math:`\sum_i |\theta_i|`; drives weights to exactly zero.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Usually the weights only: a bias does no harm when it is large.

    Returns
    -------
    Tensor
        A differentiable scalar.

    Raises
    ------
    ValueError
        If there are no parameters.

    Notes
    -----
    Tibshirani, "Regression shrinkage and selection via the lasso", 1996.
    """
    return _total(parameters, _absolute)


def l2_penalty(parameters: Tensor | Iterable[Tensor]) -> Tensor:
    r"""Sum of the squares, :math:`\sum_i \theta_i^2`; shrinks weights in proportion.

    Its gradient is :math:`2 \theta`, so adding ``weight_decay / 2 * l2_penalty(parameters)`` to the
    loss does what the option ``weight_decay`` of the optimizers does (all but AdamW).

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor

    Returns
    -------
    Tensor
        A differentiable scalar.

    Raises
    ------
    ValueError
        If there are no parameters.

    Notes
    -----
    Hoerl and Kennard, "Ridge regression", 1970.
    """
    return _total(parameters, _square)


def _absolute(parameter: Tensor) -> Tensor:
    return parameter.abs()


def _square(parameter: Tensor) -> Tensor:
    return parameter * parameter


def _total(parameters: Tensor | Iterable[Tensor], of: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum a function of all the parameters' elements."""
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not listed:
        raise ValueError(
            "there are no parameters to penalize: was the iterator model.parameters() already "
            "used up?"
        )
    total = of(listed[0]).sum()
    for parameter in listed[1:]:
        total = total + of(parameter).sum()
    return total
