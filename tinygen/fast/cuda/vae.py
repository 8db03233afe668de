"""The two formulas of a VAE: a sample through which gradients flow, and its divergence.

    z = mu + exp(logvar / 2) * eps        KL = sum of (mu**2 + exp(logvar) - 1 - logvar) / 2

(D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014, section 2.4 and appendix B.)
"""

from __future__ import annotations

from tinygen.backend import Array, xp_of
from tinygen.fast.cuda.writing import Elementwise, Summed

__all__ = [
    "gaussian_kl", "gaussian_kl_backward", "reparameterize", "reparameterize_backward",
]  # fmt: skip

REPARAMETERIZE = Elementwise(
    "reparameterize", "T mu, T logvar, T eps", "T z", "z = mu + exp(logvar * (T)0.5) * eps;"
)

REPARAMETERIZE_BACKWARD = Elementwise(
    "reparameterize_backward",
    "T grad, T logvar, T eps",
    "T to_logvar",
    "to_logvar = grad * eps * exp(logvar * (T)0.5) * (T)0.5;",
)

GAUSSIAN_KL = Summed(
    "gaussian_kl", "T mu, T logvar", "(mu * mu + exp(logvar) - 1 - logvar) * (T)0.5"
)

GAUSSIAN_KL_BACKWARD = Elementwise(
    "gaussian_kl_backward",
    "T grad, T mu, T logvar",
    "T to_mu, T to_logvar",
    """
    to_mu = grad * mu;
    to_logvar = grad * (exp(logvar) - 1) * (T)0.5;
    """,
)


def reparameterize(mu: Array, logvar: Array, eps: Array) -> Array:
    """A sample of N(mu, exp(logvar)), made from standard normal noise."""
    return REPARAMETERIZE.on(xp_of(mu))(mu, logvar, eps)


def reparameterize_backward(grad: Array, logvar: Array, eps: Array) -> Array:
    """The gradient of logvar; that of mu is the gradient itself."""
    return REPARAMETERIZE_BACKWARD.on(xp_of(grad))(grad, logvar, eps)


def gaussian_kl(mu: Array, logvar: Array) -> Array:
    """The divergence of N(mu, exp(logvar)) from N(0, 1), added up over dimension 1."""
    return GAUSSIAN_KL.on(xp_of(mu))(mu, logvar, axis=1)


def gaussian_kl_backward(grad: Array, mu: Array, logvar: Array) -> tuple[Array, Array]:
    """The gradients of mu and of logvar, for that of the divergence with dimension 1 kept."""
    return GAUSSIAN_KL_BACKWARD.on(xp_of(mu))(grad, mu, logvar)
