"""A step of Adam for all parameters of a network in one launch.

A network has dozens of parameters, most of them small. The plain update starts ten kernels for each
of them, some hundred starts for a few microseconds of arithmetic. Here a single kernel moves them
all. It reads from a table where each parameter, its gradient and its moments lie and which numbers
apply to it, so that groups with options of their own and parameters of different ages fit in; the
table, some hundred bytes for each parameter, is all that is sent to the GPU at a step.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.backend import Array, xp_of
from tinygen.fast.choices import CUDA_ELEMENTS_A_THREAD, CUDA_MOST_BLOCKS
from tinygen.fast.cuda.writing import C_TYPES, Raw

if TYPE_CHECKING:
    from tinygen.optim.optimizer import Move, Optimizer

__all__ = ["move_all"]

# One row of the table. In CUDA C++ the struct Row has the same members, of 8 bytes all.
ROW = np.dtype(
    [
        *((name, np.uint64) for name in ("theta", "gradient", "first", "second", "largest")),
        ("size", np.int64),
        *(
            (name, np.float64)
            for name in ("sign", "keep", "decay", "beta1", "beta2", "rate", "floor")
        ),
    ]
)

# The grid has two dimensions: a row of blocks for each parameter, as many as the largest parameter
# needs. Blocks beyond the end of a smaller one find nothing to do, which takes them no time to
# speak of. (Divisions and roots are by IEEE rules, as in CuPy's own kernels.)
ADAM = Raw(
    "tinygen_adam",
    """
struct Row {
    real *theta;
    const real *gradient;
    real *first, *second;  // the moments
    real *largest;         // the largest second moment so far, for AMSGrad; else null
    long long size;
    double sign;           // -1 to ascend
    double keep, decay;    // of the weights: decoupled, and as a part of the gradient
    double beta1, beta2, rate, floor;
};

extern "C" __global__ void tinygen_adam(const unsigned long long *table)
{
    const Row row = ((const Row *)table)[blockIdx.y];
    const real keep = row.keep, decay = row.decay, sign = row.sign;
    const real beta1 = row.beta1, rest1 = 1 - row.beta1, beta2 = row.beta2, rest2 = 1 - row.beta2;
    const real rate = row.rate, floor = row.floor;

    const long long threads = (long long)gridDim.x * blockDim.x;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    for (; i < row.size; i += threads) {
        real theta = row.theta[i] * keep;
        real gradient = row.gradient[i] * sign;
        if (decay != 0) gradient += decay * theta;
        real first = beta1 * row.first[i] + rest1 * gradient;
        real second = beta2 * row.second[i] + rest2 * (gradient * gradient);
        row.first[i] = first;
        row.second[i] = second;
        if (row.largest) {
            real largest = row.largest[i];
            if (largest > second || largest != largest) second = largest;  // nan stays nan
            row.largest[i] = second;
        }
        row.theta[i] = theta - rate * (first / (sqrt(second) + floor));
    }
}
""",
    threads=256,
)


def move_all(optimizer: Optimizer, moves: list[Move]) -> None:
    """Apply an optimizer's update to every parameter; all at once if it is Adam's."""
    together: dict[Any, list[Move]] = {}
    for move in moves:
        if _updates_as_adam(optimizer) and _is_simple(move):
            together.setdefault(move.theta.dtype, []).append(move)
        else:
            optimizer.move(move)
    for same_dtype in together.values():
        _move_together(same_dtype)


def _updates_as_adam(optimizer: Optimizer) -> bool:
    """Whether its formula is Adam's own: a user's class may derive from Adam and have another."""
    update = type(optimizer).update
    return (update.__module__, update.__qualname__) == ("tinygen.optim.adam", "Adam.update")


def _is_simple(move: Move) -> bool:
    """Whether a kernel can go through a parameter, on the GPU, from its first to its last byte."""
    theta, dtype = move.theta, move.theta.dtype
    on_gpu = not isinstance(theta, np.ndarray)
    return on_gpu and dtype in C_TYPES and move.gradient.dtype == dtype and theta.flags.c_contiguous


def _move_together(moves: list[Move]) -> None:
    """Update parameters of one dtype by one launch."""
    theta = moves[0].theta
    xp = xp_of(theta)
    gradients = [xp.ascontiguousarray(move.gradient) for move in moves]
    rows = [_row(move, gradient) for move, gradient in zip(moves, gradients, strict=True)]
    table = xp.asarray(np.array(rows, ROW).view(np.uint64))
    largest = max(move.theta.size for move in moves)
    blocks = min(math.ceil(largest / (ADAM.threads * CUDA_ELEMENTS_A_THREAD)), CUDA_MOST_BLOCKS)
    ADAM.launch(xp, (blocks, len(moves)), theta.dtype, (table,))


def _row(move: Move, gradient: Array) -> tuple[Any, ...]:
    """Where everything lies, and the numbers; the step counts as taken."""
    theta, _, state, group = move
    state["step"] += 1
    lr, (beta1, beta2), weight_decay = group["lr"], group["betas"], group["weight_decay"]
    correction = math.sqrt(1 - beta2 ** state["step"])
    decoupled = group["decoupled_weight_decay"]
    return (
        theta.data.ptr,
        gradient.data.ptr,
        state["exp_avg"].data.ptr,
        state["exp_avg_sq"].data.ptr,
        state["max_exp_avg_sq"].data.ptr if group["amsgrad"] else 0,
        theta.size,
        -1.0 if group["maximize"] else 1.0,
        1 - lr * weight_decay if decoupled else 1.0,
        0.0 if decoupled else weight_decay,
        beta1,
        beta2,
        lr * correction / (1 - beta1 ** state["step"]),
        group["eps"] * correction,
    )
