"""tinygen: learn how images are generated and edited by neural networks, down to the last line."""

from __future__ import annotations

from tinygen import autograd, nn, optim
from tinygen.autograd import (
    anomaly_mode,
    enable_grad,
    grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from tinygen.backend import plain
from tinygen.backend.random import get_rng_state, manual_seed, set_rng_state
from tinygen.ops.activation import *  # noqa: F403
from tinygen.ops.elementwise import *  # noqa: F403
from tinygen.ops.extremes import *  # noqa: F403
from tinygen.ops.indexing import *  # noqa: F403
from tinygen.ops.linalg import *  # noqa: F403
from tinygen.ops.noise import bernoulli, randn_like
from tinygen.ops.reduction import *  # noqa: F403
from tinygen.ops.scan import *  # noqa: F403
from tinygen.ops.shape import *  # noqa: F403
from tinygen.tensor import *  # noqa: F403

__version__ = "0.1.0"
