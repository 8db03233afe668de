"""Several modules in one op, where that is quicker and gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from tinygen.backend import kernel, xp_of
from tinygen.nn.activation import ReLU
from tinygen.nn.layers import Conv2d, Dense
from tinygen.nn.module import Module
from tinygen.nn.pooling import MaxPool2d
from tinygen.ops.block import bias_relu, conv_relu_pool
from tinygen.ops.conv import conv2d
from tinygen.ops.linalg import linear
from tinygen.tensors import Tensor

__all__ = ["fused"]

Call = Callable[[Any], Any]
Join = Callable[[Sequence[Module]], "tuple[Call, int] | None"]


def fused(modules: Iterable[Module], input: Any) -> Iterator[Call]:
    """The modules, or one function in the place of several where a fast kernel has them in one.

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
        each one within ``tinygen.plain()``.
    """
    waiting = list(modules)
    join = _join_for(input)
    while waiting:
        call, count = (join and join(waiting)) or (waiting[0], 1)
        yield call
        del waiting[:count]


def _join_for(input: Any) -> Join | None:
    """What joins modules where the input lies, if there is a kernel for it."""
    if isinstance(input, Tensor):
        xp = xp_of(input.data)
        for name, join in JOINS.items():
            if kernel(xp, name) is not None:
                return join
    return None


# ---- each takes the modules to come, and says what to call and how many of them that is --------


def _conv_relu_pool(modules: Sequence[Module]) -> tuple[Call, int] | None:
    """A convolution with a ReLU and a pooling after it, in either order."""
    if len(modules) < 3:
        return None
    conv, second, third = modules[:3]
    pool, relu = (second, third) if type(second) is MaxPool2d else (third, second)
    if type(relu) is not ReLU or type(pool) is not MaxPool2d or not _is_plain(pool):
        return None
    if type(conv) is not Conv2d or conv.groups != 1 or _are_watched(modules[:3]):
        return None
    block = partial(
        conv_relu_pool, weight=conv.weight, bias=conv.bias, stride=conv.stride,
        padding=conv.padding, dilation=conv.dilation, pool_size=pool.kernel_size,
    )  # fmt: skip
    return block, 3


def _is_plain(pool: MaxPool2d) -> bool:
    """Whether windows lie side by side, and nothing but the largest is asked for."""
    same = pool.kernel_size == pool.stride and pool.kernel_size in range(1, 16)
    return (
        same
        and (pool.padding, pool.dilation) == (0, 1)
        and not (pool.return_indices or pool.ceil_mode)
    )


def _layer_and_relu(modules: Sequence[Module]) -> tuple[Call, int] | None:
    """A layer with a ReLU after it: its bias is added when the result is rectified."""
    layer = modules[0]
    if type(layer) not in (Conv2d, Dense) or layer.bias is None:
        return None
    if len(modules) < 2 or type(modules[1]) is not ReLU or _are_watched(modules[:2]):
        return None
    return partial(_rectified, layer), 2


def _rectified(layer: Module, input: Any) -> Tensor:
    if isinstance(layer, Dense):
        return bias_relu(linear(input, layer.weight), layer.bias, -1)
    maps = conv2d(
        input, layer.weight, None, layer.stride, layer.padding, layer.dilation, layer.groups
    )
    return bias_relu(maps, layer.bias)


def _are_watched(modules: Sequence[Module]) -> bool:
    """Whether hooks want to see what goes in or comes out of one of them."""
    return any(m._pre_hooks or m._hooks or m._backward_hooks for m in modules)


JOINS: dict[str, Join] = {"conv_relu_pool": _conv_relu_pool, "bias_relu": _layer_and_relu}
"""What joins modules, by the name of the kernel that makes it worth while."""
