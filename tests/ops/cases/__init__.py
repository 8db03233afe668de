"""The cases of each family of ops; importing this enters them all into the registry."""

from tests.ops.cases import (
    activation,
    conv,
    ctc,
    elementwise,
    extremes,
    indexing,
    linalg,
    loss,
    more,
    noise,
    norm,
    pool,
    recurrent,
    reduction,
    scan,
    shape,
)

__all__ = [
    "activation",
    "conv",
    "ctc",
    "elementwise",
    "extremes",
    "indexing",
    "linalg",
    "loss",
    "more",
    "noise",
    "norm",
    "pool",
    "recurrent",
    "reduction",
    "scan",
    "shape",
]
