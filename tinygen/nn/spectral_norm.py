"""Spectral normalization: weights divided by their largest singular value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from tinygen.autograd import no_grad
from tinygen.nn import init
from tinygen.nn.layers import ConvTranspose2d
from tinygen.nn.module import Buffer, Module
from tinygen.ops.elementwise import clamp
from tinygen.ops.linalg import dot, norm
from tinygen.ops.shape import movedim
from tinygen.tensors import Tensor, empty

__all__ = ["spectral_norm"]

Layer = TypeVar("Layer", bound=Module)


def spectral_norm(
    module: Layer,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Layer:
    r"""Let a layer use its weight divided by the weight's largest singular value.

    Then the layer, as a linear map of the matrix, stretches no vector: the discriminator of a GAN
    stays Lipschitz continuous (T. Miyato et al., "Spectral normalization for generative
    adversarial networks", 2018). The singular value is estimated by power iteration,

    .. math:: v = W^T u / \|W^T u\|, \quad u = W v / \|W v\|, \quad \sigma = u^T W v,

    a step at each call in training; u and v are kept, so the estimate becomes better over time.

    Parameters
    ----------
    module : Module
        Changed in place: the parameter ``weight`` becomes ``weight_orig``, beside the buffers
        ``weight_u`` and ``weight_v``.
    name : str
        The parameter.
    n_power_iterations : int
        Steps of power iteration at each call in training.
    eps : float
        The least length to divide by.
    dim : int, optional
        The dimension of the weight that is the matrix's rows; all others are its columns. By
        default that of the outputs: 1 for ``ConvTranspose2d``, otherwise 0.

    Returns
    -------
    Module
        The same.

    Raises
    ------
    ValueError
        If there is no such parameter, or it is normalized already.

    Examples
    --------
    >>> import tinygen as tg
    >>> layer = tg.nn.utils.spectral_norm(tg.nn.Dense(20, 40))
    >>> sorted(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    layer = type(module).__name__
    parameters = dict(module.named_parameters(recurse=False))
    if f"{name}_orig" in parameters:
        raise ValueError(f"spectral_norm: {name!r} of this {layer} is already normalized")
    if name not in parameters:
        own = f", only {', '.join(parameters)}" if parameters else ": apply it to the layers inside"
        raise ValueError(f"spectral_norm: {layer} has no {name!r} of its own{own}")
    if n_power_iterations < 1:
        raise ValueError(
            f"spectral_norm: n_power_iterations must be positive, got {n_power_iterations}"
        )
    if dim is None:
        dim = 1 if isinstance(module, ConvTranspose2d) else 0
    weight = parameters[name]
    hook = _SpectralNorm(name, n_power_iterations, eps, dim)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    for vector, length in zip(("u", "v"), hook.matrix(weight).shape, strict=True):
        drawn = init.normal_(empty(length, dtype=weight.dtype, device=weight.device))
        module.register_buffer(f"{name}_{vector}", Buffer(_unit(drawn, eps)))
    setattr(module, name, weight.detach())
    module.register_forward_pre_hook(hook)
    module.register_forward_hook(hook.detach)
    return module


@dataclass(frozen=True)
class _SpectralNorm:
    """Renews the weight of a module before each call."""

    name: str
    n_power_iterations: int
    eps: float
    dim: int

    def __call__(self, module: Module, _: Any) -> None:
        matrix = self.matrix(getattr(module, f"{self.name}_orig"))
        u, v = self.singular_vectors(module, matrix)
        sigma = dot(u, matrix @ v)
        setattr(module, self.name, getattr(module, f"{self.name}_orig") / sigma)

    def detach(self, module: Module, _: Any, __: Any) -> None:
        """After the call: a module that holds a part of a graph could not be copied."""
        setattr(module, self.name, getattr(module, self.name).detach())

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight as a matrix, a row for each output."""
        return movedim(weight, self.dim, 0).reshape(weight.shape[self.dim], -1)

    def singular_vectors(self, module: Module, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """Constants near those of the largest singular value: nearer after each call."""
        kept = [getattr(module, f"{self.name}_{vector}") for vector in ("u", "v")]
        u, v = (vector.clone() for vector in kept)  # the graph of this call needs them unchanged
        if module.training:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v = _unit(matrix.T @ u, self.eps)
                    u = _unit(matrix @ v, self.eps)
                for buffer, vector in zip(kept, (u, v), strict=True):
                    buffer.copy_(vector)
        return u, v


def _unit(vector: Tensor, eps: float) -> Tensor:
    return vector / clamp(norm(vector), min=eps)
