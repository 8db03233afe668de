"""Hand-tuned kernels, each the optional double of plain code that can be read instead.

Found by array module and name through :func:`tinygen.backend.kernel`. Delete this folder and
everything still works, from the plain code. What the kernels choose by themselves (sizes of
chunks, when to share work among threads) stands in :mod:`tinygen.fast.choices`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygen.fast import (
    activation,
    allocator,
    blocks,
    conv,
    cuda,
    elementwise,
    norm,
    pool,
    products,
    recurrent,
    updates,
)

KERNELS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "avg_pool2d"): pool.avg_pool2d,
    ("numpy", "avg_unpool2d"): pool.avg_unpool2d,
    ("numpy", "bce_with_logits"): elementwise.bce_with_logits,
    ("numpy", "conv2d"): conv.conv2d,
    ("numpy", "conv_relu_pool"): blocks.conv_relu_pool,
    ("numpy", "conv_relu_pool_backward"): blocks.conv_relu_pool_backward,
    ("numpy", "conv_transpose2d"): conv.conv_transpose2d,
    ("numpy", "conv_weight2d"): conv.conv_weight2d,
    ("numpy", "leaky_relu"): activation.leaky_relu,
    ("numpy", "leaky_relu_backward"): activation.leaky_relu_backward,
    ("numpy", "lstm"): recurrent.lstm,
    ("numpy", "matmul"): products.matmul,
    ("numpy", "max_pool2d"): pool.max_pool2d,
    ("numpy", "max_unpool2d"): pool.max_unpool2d,
    ("numpy", "relu"): activation.relu,
    ("numpy", "relu_backward"): activation.relu_backward,
    ("numpy", "standardize"): norm.standardize,
    ("numpy", "standardize_backward"): norm.standardize_backward,
    ("numpy", "sum_per_channel"): norm.sum_per_channel,
    ("numpy", "move_all"): updates.move_all,
    **{("cupy", name): function for name, function in cuda.KERNELS.items()},
}

allocator.keep_freed_memory()
