"""CUDA C kernels for CuPy, each the double of plain code; :mod:`.writing` explains how they work.

What they save is memory traffic and launches: on a GPU each array operation of a plain op is a
kernel of its own, which takes some microseconds to start and passes over all its operands in
memory. ``KERNELS`` has them by the names under which the ops look them up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygen.fast.cuda import activation, adam, conv, loss, lstm, norm, philox, pool, vae

__all__ = ["KERNELS"]

KERNELS: dict[str, Callable[..., Any]] = {
    "avg_pool2d": pool.avg_pool2d,
    "avg_unpool2d": pool.avg_unpool2d,
    "bce_with_logits": loss.bce_with_logits,
    "bias_relu": activation.bias_relu,
    "columns_to_image": conv.columns_to_image,
    "cross_entropy": loss.cross_entropy,
    "gaussian_kl": vae.gaussian_kl,
    "gaussian_kl_backward": vae.gaussian_kl_backward,
    "image_to_columns": conv.image_to_columns,
    "leaky_relu": activation.leaky_relu,
    "leaky_relu_backward": activation.leaky_relu_backward,
    "lstm": lstm.lstm,
    "lstm_cell": lstm.lstm_cell,
    "lstm_cell_backward": lstm.lstm_cell_backward,
    "max_pool2d": pool.max_pool2d,
    "max_unpool2d": pool.max_unpool2d,
    "move_all": adam.move_all,
    "philox_float32": philox.philox_float32,
    "philox_float64": philox.philox_float64,
    "philox_normal_float32": philox.philox_normal_float32,
    "philox_normal_float64": philox.philox_normal_float64,
    "relu": activation.relu,
    "relu_backward": activation.relu_backward,
    "reparameterize": vae.reparameterize,
    "reparameterize_backward": vae.reparameterize_backward,
    "sigmoid": activation.sigmoid,
    "sigmoid_backward": activation.sigmoid_backward,
    "softplus": activation.softplus,
    "softplus_backward": activation.softplus_backward,
    "standardize": norm.standardize,
    "standardize_backward": norm.standardize_backward,
    "tanh_backward": activation.tanh_backward,
}
