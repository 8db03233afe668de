"""Several modules in one op, where that is quicker and gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from tinygen.backend import kernel, xp_of
from tinygen.nn.activation import ReLU
from tinygen.nn.layers import Conv2d
from tinygen.nn.module import Module
from tinygen.nn.pooling import MaxPool2d
from tinygen.ops.block import conv_relu_pool
from tinygen.tensors import Tensor

__all__ = ["fused"]


def fused(modules: Iterable[Module], input: Any) -> Iterator[Callable[[Any], Any]]:
    """The modules, and one function for each convolution with a ReLU and a pooling after it.

    Parameters
    ----------
    modules : iterable of Module
        Called one after the other.
    input : object
        What the first of them gets.

    Yields
    ------
    callable
        To be called one after the other. A module with hooks is always called itself, and so is
        each one where there is no fast kernel: on a GPU, and within ``tinygen.plain()``.
    """
    waiting = list(modules)
    if not isinstance(input, Tensor) or kernel(xp_of(input.data), "conv_relu_pool") is None:
        yield from waiting
        return
    while waiting:
        block = _block(*waiting[:3]) if type(waiting[0]) is Conv2d and waiting[2:] else None
        yield waiting[0] if block is None else block
        del waiting[: 1 if block is None else 3]


def _block(conv: Module, second: Module, third: Module) -> Callable[[Any], Any] | None:
    """The three in one, if they are a convolution, a ReLU and a pooling that fit."""
    pool, relu = (second, third) if type(second) is MaxPool2d else (third, second)
    if type(relu) is not ReLU or type(pool) is not MaxPool2d or not _is_plain(pool):
        return None
    if (
        not isinstance(conv, Conv2d)
        or conv.groups != 1
        or any(map(_is_watched, (conv, second, third)))
    ):
        return None
    return partial(
        conv_relu_pool, weight=conv.weight, bias=conv.bias, stride=conv.stride,
        padding=conv.padding, dilation=conv.dilation, pool_size=pool.kernel_size,
    )  # fmt: skip


def _is_plain(pool: MaxPool2d) -> bool:
    """Whether windows lie side by side, and nothing but the largest is asked for."""
    same = pool.kernel_size == pool.stride and pool.kernel_size in range(1, 16)
    return (
        same
        and (pool.padding, pool.dilation) == (0, 1)
        and not (pool.return_indices or pool.ceil_mode)
    )


def _is_watched(module: Module) -> bool:
    """Whether hooks want to see what goes in or comes out."""
    return bool(module._pre_hooks or module._hooks or module._backward_hooks)
