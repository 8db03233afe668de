"""Gradients clipped, and parameters as one vector: ``torch.nn.utils``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from tinygen import backend
from tinygen.backend import Array
from tinygen.ops.shape import cat
from tinygen.tensors import Tensor, tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    r"""Scale all gradients down together so that their total norm is at most ``max_norm``.

    .. math:: g \leftarrow g \min\left(1, \frac{\mathrm{max\_norm}}{\|g\| + 10^{-6}}\right)

    where :math:`\|g\|` is the norm of all gradients as one vector, so that its direction is kept:
    the remedy for exploding gradients of Pascanu, Mikolov and Bengio, arXiv:1211.5063.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
        The largest norm allowed.
    norm_type : float
        The order of the norm; ``float("inf")`` for the largest absolute value.
    error_if_nonfinite : bool
        Raise if the norm is infinite or not a number, instead of scaling by it.

    Returns
    -------
    Tensor
        The total norm before clipping, a scalar.

    Raises
    ------
    RuntimeError
        If ``error_if_nonfinite`` is set and the norm is not finite.
    """
    gradients = _gradients(parameters)
    if not gradients:
        return tensor(0.0)
    xp = backend.xp_of(gradients[0].data)
    norms = xp.stack([_norm(xp, gradient.data, norm_type) for gradient in gradients])
    total_norm = Tensor(xp.asarray(_norm(xp, norms, norm_type)))
    if error_if_nonfinite and not math.isfinite(total_norm.item()):
        raise RuntimeError(
            f"the norm of order {norm_type} of all gradients is {total_norm.item()}, so they "
            "cannot be clipped: find the first NaN or infinity with tg.autograd.anomaly_mode(), "
            "lower the learning rate, or pass error_if_nonfinite=False"
        )
    # Multiplying by 1, rather than asking whether the norm is too large, spares a wait for a GPU.
    factor = xp.minimum(max_norm / (total_norm.data + 1e-6), 1.0)
    for gradient in gradients:
        gradient.data *= factor
        gradient.bump_version()
    return total_norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit every element of the gradients to ``[-clip_value, clip_value]``, in place.

    Unlike :func:`clip_grad_norm_` this changes the direction of the step.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    clip_value : float
        The largest absolute value allowed.
    """
    for gradient in _gradients(parameters):
        xp = backend.xp_of(gradient.data)
        xp.clip(gradient.data, -clip_value, clip_value, out=gradient.data)
        gradient.bump_version()


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join parameters, each flattened, into one differentiable vector.

    Parameters
    ----------
    parameters : iterable of Tensor

    Returns
    -------
    Tensor of shape (number of all elements,)

    Raises
    ------
    ValueError
        If there are no parameters.
    """
    flat = [parameter.reshape(-1) for parameter in parameters]
    if not flat:
        raise ValueError("there are no parameters to join: was their iterator already used up?")
    return cat(flat)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the parts of a vector into parameters, in place.

    Parameters
    ----------
    vec : Tensor of shape (number of all elements,)
        As :func:`parameters_to_vector` returns it.
    parameters : iterable of Tensor

    Raises
    ------
    TypeError
        If ``vec`` is not a Tensor.
    ValueError
        If it has not as many elements as the parameters together.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vec must be a Tensor, got {type(vec).__name__}")
    parameters = list(parameters)
    sizes = [math.prod(parameter.shape) for parameter in parameters]
    if vec.shape != (sum(sizes),):
        raise ValueError(
            f"the vector has shape {vec.shape}, but the parameters have {sum(sizes)} elements "
            f"together, so it should have shape ({sum(sizes)},)"
        )
    begin = 0
    for parameter, size in zip(parameters, sizes, strict=True):
        parameter.data[...] = vec.data[begin : begin + size].reshape(parameter.shape)
        parameter.bump_version()
        begin += size


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """List the gradients that there are."""
    listed = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in listed if parameter.grad is not None]


def _norm(xp: ModuleType, x: Array, order: float) -> Array:
    """Compute the norm of all elements, of a given order."""
    if order == 2:
        return xp.sqrt(xp.sum(x * x))
    if math.isinf(order):
        return xp.max(xp.abs(x))
    return xp.sum(xp.abs(x) ** order) ** (1 / order)


def __getattr__(name: str) -> Any:
    """What the four model families do not need is loaded when asked for."""
    if name == "spectral_norm":
        from tinygen.nn.spectral_norm import spectral_norm

        return spectral_norm
    raise AttributeError(f"tinygen.nn.utils has no {name!r}")
