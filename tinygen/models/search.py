"""Searching for the code whose picture is as wanted, by going downhill."""

from __future__ import annotations

from collections.abc import Callable

from tinygen.autograd import enable_grad
from tinygen.optim import Adam
from tinygen.tensors import Tensor

__all__ = ["search_codes"]


def search_codes(
    losses: Callable[[Tensor], Tensor], start: Tensor, steps: int, lr: float = 0.1
) -> Tensor:
    """Move codes by Adam to where their losses are small: each code for itself.

    Nothing else gets a gradient, and none is needed outside: it works under ``no_grad`` too.

    Parameters
    ----------
    losses : callable
        From codes of shape (N, D) to their losses of shape (N,); each depends on its code only.
    start : Tensor of shape (N, D)
        Stays as it is.
    steps : int
        0 gives back the start.
    lr : float
        Of Adam.

    Returns
    -------
    Tensor of shape (N, D)
        Without a gradient.
    """
    codes = start.detach().clone().requires_grad_()
    optimizer = Adam([codes], lr=lr)
    with enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            losses(codes).sum().backward(inputs=[codes])
            optimizer.step()
    return codes.detach()
