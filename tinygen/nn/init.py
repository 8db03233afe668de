"""Initial weights, drawn on the host: a seed gives the same ones on every device.

Each function changes a tensor in place and returns it, as in PyTorch.
"""

from __future__ import annotations

import math
from typing import Any

from tinygen import backend
from tinygen.autograd import no_grad
from tinygen.backend import random
from tinygen.tensors import Tensor

__all__ = [
    "calculate_gain", "constant_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_",
    "ones_", "orthogonal_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_",
    "zeros_",
]  # fmt: skip

GAINS = {
    "linear": 1.0, "sigmoid": 1.0, "conv2d": 1.0, "conv_transpose2d": 1.0,
    "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75,
}  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """What keeps the variance of activations through a nonlinearity.

    Parameters
    ----------
    nonlinearity : str
        "linear", "sigmoid", "tanh", "relu", "leaky_relu", ...
    param : float, optional
        The negative slope of leaky_relu (0.01 if not given).
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(
            f"no gain is known for {nonlinearity!r}: choose from leaky_relu, {', '.join(GAINS)}"
        )
    return GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs a unit has, and how many outputs an input reaches."""
    if tensor.ndim < 2:
        raise ValueError(f"fan in and fan out need 2 dimensions or more, got {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _filled(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        device = backend.of(tensor.data)
        return tensor.copy_(Tensor(device.asarray(values.astype(tensor.dtype))))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Uniform on [a, b)."""
    return _filled(tensor, random.host.random(tensor.shape) * (b - a) + a)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Normal."""
    return _filled(tensor, random.host.standard_normal(tensor.shape) * std + mean)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0
) -> Tensor:
    """Normal, with values outside [a, b] drawn again."""
    if not a < b:
        raise ValueError(f"trunc_normal_: the interval [{a}, {b}] is empty")
    values = random.host.standard_normal(tensor.shape) * std + mean
    for _ in range(1000):
        outside = (values < a) | (values > b)
        if not outside.any():
            return _filled(tensor, values)
        values[outside] = random.host.standard_normal(int(outside.sum())) * std + mean
    raise ValueError(f"trunc_normal_: [{a}, {b}] holds almost nothing of N({mean}, {std})")


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere."""
    with no_grad():
        return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_ needs a matrix, got shape {tensor.shape}")
    xp = backend.xp_of(tensor.data)
    with no_grad():
        return tensor.copy_(Tensor(xp.eye(*tensor.shape, dtype=tensor.dtype)))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Uniform with variance ``2 gain**2 / (fan_in + fan_out)``.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Normal with the variance of :func:`xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Uniform with variance ``gain**2 / fan``.

    K. He et al., "Delving deep into rectifiers" (2015), section 2.2.

    Parameters
    ----------
    tensor : Tensor
    a : float
        The negative slope of the leaky_relu that follows.
    mode : {"fan_in", "fan_out"}
        Keep the variance forward, or backward.
    nonlinearity : str
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Normal with the variance of :func:`kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Rows (or columns, if they are fewer) that are orthonormal, scaled by ``gain``.

    A. M. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks" (2014).
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ needs 2 dimensions or more, got {tensor.shape}")
    rows, cols = tensor.shape[0], math.prod(tensor.shape[1:])
    noise = random.host.standard_normal((max(rows, cols), min(rows, cols)))
    linalg = backend.get("numpy").xp.linalg
    q, r = linalg.qr(noise)
    q = q * backend.get("numpy").xp.sign(r.diagonal())  # makes the distribution uniform
    matrix = q.T if rows < cols else q
    return _filled(tensor, gain * matrix.reshape(tensor.shape))


def uniform_by_fan_in(parameters: list[Tensor | None], fan_in: int) -> None:
    """PyTorch's default for layers: uniform on +-1 / sqrt(fan_in), for weights and biases."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    for parameter in parameters:
        if parameter is not None:
            uniform_(parameter, -bound, bound)
