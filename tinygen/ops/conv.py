"""Convolution, and the two other faces of the same trilinear form.

With images x, kernels w and a map y of the output's shape, everything here comes from the number

    s(x, w, y) = sum over n, o, c, p, k of
                 y[n, o, p] * w[o, c, k] * x[n, c, p * stride + k * dilation]

Its derivative with respect to y is the convolution of x with w; with respect to x, the transposed
convolution of y with w; with respect to w, the kernel's gradient. So three ops suffice, and each
one's derivatives are the other two: gradients of any order need nothing more.
(V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.)
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array, kernel
from tinygen.backend.kernels import choice
from tinygen.ops import reduction

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["conv2d", "conv_transpose2d"]

Ctx = Any
Pair = int | tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    """Where the windows lie: how an image of ``size`` becomes a map of ``out`` positions."""

    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]  # rows and columns of zeros added above and to the left
    after: tuple[int, int]  # and below and to the right
    groups: int

    @functools.cached_property
    def out(self) -> tuple[int, int]:
        """Height and width of the output."""
        height, width = (
            (size + before + after - dilation * (kernel - 1) - 1) // stride + 1
            for size, before, after, dilation, kernel, stride in zip(
                self.size, self.before, self.after, self.dilation, self.kernel, self.stride,
                strict=True,
            )
        )  # fmt: skip
        return height, width


class Conv2d(Function):
    """x, w -> y, and a number added to each channel of y if there is a bias."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        ctx.save_for_backward(x, w)
        fast = fast_kernel(ctx, "conv2d", geometry)
        if fast is not None:
            return fast(x, w, bias, geometry)
        columns = image_to_columns(ctx.xp, x, geometry)
        rows = product(kernel_matrix(w, geometry), columns)
        return with_bias(rows_to_map(rows, len(x), geometry), bias)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, w = ctx.saved_tensors
        needs_x, needs_w, needs_bias = ctx.needs_input_grad[:3]
        to_x = ConvTranspose2d.apply(grad, w, None, ctx.geometry) if needs_x else None
        to_w = ConvWeight2d.apply(x, grad, ctx.geometry) if needs_w else None
        return to_x, to_w, reduction.sum(grad, (0, 2, 3)) if needs_bias else None


class ConvTranspose2d(Function):
    """y, w -> x, and a number added to each channel of x if there is a bias."""

    @staticmethod
    def forward(ctx: Ctx, y: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        ctx.save_for_backward(y, w)
        fast = fast_kernel(ctx, "conv_transpose2d", geometry)
        if fast is not None:
            return fast(y, w, bias, geometry)
        columns = product(kernel_matrix(w, geometry).swapaxes(1, 2), map_to_rows(y, geometry))
        return with_bias(columns_to_image(ctx.xp, columns, len(y), geometry), bias)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        y, w = ctx.saved_tensors
        needs_y, needs_w, needs_bias = ctx.needs_input_grad[:3]
        to_y = Conv2d.apply(grad, w, None, ctx.geometry) if needs_y else None
        to_w = ConvWeight2d.apply(grad, y, ctx.geometry) if needs_w else None
        return to_y, to_w, reduction.sum(grad, (0, 2, 3)) if needs_bias else None


class ConvWeight2d(Function):
    """x, y -> w."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, y: Array, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        ctx.save_for_backward(x, y)
        fast = fast_kernel(ctx, "conv_weight2d", geometry)
        if fast is not None:
            return fast(x, y, geometry)
        columns = image_to_columns(ctx.xp, x, geometry)
        matrix = product(map_to_rows(y, geometry), columns.swapaxes(1, 2))
        return matrix.reshape(y.shape[1], x.shape[1] // geometry.groups, *geometry.kernel)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, y = ctx.saved_tensors
        needs_x, needs_y = ctx.needs_input_grad[:2]
        to_x = ConvTranspose2d.apply(y, grad, None, ctx.geometry) if needs_x else None
        return to_x, Conv2d.apply(x, grad, None, ctx.geometry) if needs_y else None


def fast_kernel(ctx: Ctx, name: str, geometry: Geometry) -> Any:
    """The fast double of an op's forward, if there is one: they do not know groups."""
    return ctx.kernel(name) if geometry.groups == 1 else None


# ---- as products of matrices, one for each group ---------------------------------------------


def image_to_columns(xp: ModuleType, x: Array, geometry: Geometry) -> Array:
    """Every window as a column: (groups, channels * kernel, N * positions)."""
    fast = None if choice.plain else kernel(xp, "image_to_columns")
    if fast is not None:
        return fast(x, geometry)
    windows = windows_of(xp, pad(xp, x, geometry), geometry)
    columns = windows.transpose(1, 4, 5, 0, 2, 3)
    rows = x.shape[1] // geometry.groups * math.prod(geometry.kernel)
    return columns.reshape(geometry.groups, rows, len(x) * math.prod(geometry.out))


def columns_to_image(xp: ModuleType, columns: Array, batch: int, geometry: Geometry) -> Array:
    """Add every column back where its window was: the transpose of :func:`image_to_columns`."""
    fast = None if choice.plain else kernel(xp, "columns_to_image")
    if fast is not None:
        return fast(columns, batch, geometry)
    rows, cols = geometry.kernel
    (height, width), (down, right) = geometry.out, geometry.stride
    channels = columns.shape[0] * columns.shape[1] // (rows * cols)
    windows = columns.reshape(channels, rows, cols, batch, height, width)
    (top, left), (bottom, end) = geometry.before, geometry.after
    padded = (geometry.size[0] + top + bottom, geometry.size[1] + left + end)
    image = xp.zeros((batch, channels, *padded), columns.dtype)
    by_channel = image.transpose(1, 0, 2, 3)
    for i in range(rows):
        for j in range(cols):
            y, x = i * geometry.dilation[0], j * geometry.dilation[1]
            place = by_channel[:, :, y : y + down * height : down, x : x + right * width : right]
            place += windows[:, i, j]
    return image[:, :, top : top + geometry.size[0], left : left + geometry.size[1]]


def product(a: Array, b: Array) -> Array:
    """A product of matrices for each group. One alone needs no copy of a transposed one in CuPy."""
    return (a[0] @ b[0])[None] if len(a) == 1 else a @ b


def kernel_matrix(w: Array, geometry: Geometry) -> Array:
    """The kernels as rows: (groups, outputs per group, channels * kernel)."""
    groups = geometry.groups
    return w.reshape(groups, w.shape[0] // groups, -1)


def map_to_rows(y: Array, geometry: Geometry) -> Array:
    """A map with a row for each channel: (groups, channels per group, N * positions)."""
    batch, channels, height, width = y.shape
    rows = y.transpose(1, 0, 2, 3)
    return rows.reshape(geometry.groups, channels // geometry.groups, batch * height * width)


def rows_to_map(rows: Array, batch: int, geometry: Geometry) -> Array:
    """The reverse of :func:`map_to_rows`."""
    channels = rows.shape[0] * rows.shape[1]
    channels_first = rows.reshape(channels, batch, *geometry.out)
    return channels_first.transpose(1, 0, 2, 3).copy()


def with_bias(y: Array, bias: Array | None) -> Array:
    """Add one number to each channel, in place."""
    if bias is not None:
        y += bias.reshape(-1, 1, 1)
    return y


def pad(xp: ModuleType, x: Array, geometry: Geometry) -> Array:
    """Zeros around the images."""
    edges = list(zip(geometry.before, geometry.after, strict=True))
    return xp.pad(x, [(0, 0), (0, 0), *edges]) if edges != [(0, 0), (0, 0)] else x


def windows_of(xp: ModuleType, padded: Array, geometry: Geometry) -> Array:
    """A view of all windows: (N, C, height, width, kernel rows, kernel columns)."""
    (down, right), (by_row, by_col) = geometry.stride, geometry.dilation
    reach = tuple(d * (k - 1) + 1 for d, k in zip(geometry.dilation, geometry.kernel, strict=True))
    every = xp.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    return every[:, :, ::down, ::right, ::by_row, ::by_col]


# ---- the functions to call -------------------------------------------------------------------


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Slide kernels over images: at each position, the sum of products with the window below.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    weight : Tensor of shape (O, C / groups, KH, KW)
    bias : Tensor of shape (O,), optional
    stride, dilation : int or pair of int
        The step between windows, and between the rows and columns of one window.
    padding : int, pair of int, "same" or "valid"
        Zeros added on each side. "same" keeps ceil(size / stride) positions, as TensorFlow
        defines it; "valid" adds none.
    groups : int
        Each group of output channels sees its own group of input channels.

    Returns
    -------
    Tensor of shape (N, O, OH, OW)

    Raises
    ------
    ValueError
        If shapes, groups or sizes do not fit.
    """
    geometry = checked_geometry(input, weight, bias, stride, padding, dilation, groups)
    return Conv2d.apply(input, weight, bias, geometry)


def checked_geometry(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Pair,
    padding: Pair | str,
    dilation: Pair,
    groups: int = 1,
) -> Geometry:
    """The windows of a convolution, whose arguments must fit each other."""
    _check_images("conv2d", input, weight)
    channels, *size = input.shape[1:]
    if groups < 1 or channels % groups or weight.shape[0] % groups:
        raise ValueError(
            f"conv2d: {channels} input and {weight.shape[0]} output channels cannot be divided "
            f"into groups={groups}"
        )
    if weight.shape[1] * groups != channels:
        raise ValueError(
            f"conv2d: input {tuple(input.shape)} has {channels} channels, but weight "
            f"{tuple(weight.shape)} with groups={groups} wants {weight.shape[1] * groups}. "
            "Images are (N, C, H, W), kernels (O, C / groups, KH, KW)"
        )
    _check_bias("conv2d", bias, weight.shape[0])
    return geometry_of(
        "conv2d", (size[0], size[1]), tuple(weight.shape[2:]), stride, padding, dilation, groups
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Tensor:
    """The transpose of :func:`conv2d` as a linear map: it enlarges where that one shrinks.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    weight : Tensor of shape (C, O / groups, KH, KW)
    bias : Tensor of shape (O,), optional
    stride, padding, dilation : int or pair of int
        Those of the convolution that this undoes the shape of.
    output_padding : int or pair of int
        Rows and columns added at one side, where a strided convolution gives several input
        sizes the same output size. Less than the stride.
    groups : int

    Returns
    -------
    Tensor of shape (N, O, OH, OW)
        ``OH = (H - 1) * stride - 2 * padding + dilation * (KH - 1) + output_padding + 1``

    Raises
    ------
    ValueError
        If shapes, groups or sizes do not fit.
    """
    _check_images("conv_transpose2d", input, weight)
    channels = input.shape[1]
    if groups < 1 or channels % groups:
        raise ValueError(f"conv_transpose2d: {channels} channels do not divide by groups={groups}")
    if weight.shape[0] != channels:
        raise ValueError(
            f"conv_transpose2d: input {tuple(input.shape)} has {channels} channels, but weight "
            f"{tuple(weight.shape)} wants {weight.shape[0]}. Its layout is (C, O / groups, KH, KW)"
        )
    stride, dilation, padding = as_pair(stride), as_pair(dilation), as_pair(padding)
    extra, kernel = as_pair(output_padding), tuple(weight.shape[2:])
    if any(e >= s for e, s in zip(extra, stride, strict=True)):
        raise ValueError(
            f"conv_transpose2d: output_padding {extra} must be less than the stride {stride}: only "
            "so many sizes have an output of one size"
        )
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            input.shape[2:], stride, padding, dilation, kernel, extra, strict=True
        )
    )
    if min(size) < 1:
        raise ValueError(
            f"conv_transpose2d: input {tuple(input.shape)} with kernel {kernel}, stride {stride} "
            f"and padding {padding} leaves an output of size {size}"
        )
    geometry = Geometry(size, kernel, stride, dilation, padding, padding, groups)  # type: ignore[arg-type]
    _check_bias("conv_transpose2d", bias, weight.shape[1] * groups)
    return ConvTranspose2d.apply(input, weight, bias, geometry)


def geometry_of(
    op: str,
    size: tuple[int, int],
    kernel: Any,
    stride: Pair,
    padding: Pair | str,
    dilation: Pair = 1,
    groups: int = 1,
) -> Geometry:
    """The windows over an image, checked."""
    listed = size, kernel, stride, padding, dilation
    return _geometry_of(op, *[tuple(v) if isinstance(v, list) else v for v in listed], groups)


@functools.lru_cache(1024, typed=True)  # a network asks for the same ones at every step
def _geometry_of(
    op: str,
    size: tuple[int, int],
    kernel: Any,
    stride: Pair,
    padding: Pair | str,
    dilation: Pair,
    groups: int,
) -> Geometry:
    kernel, stride, dilation = as_pair(kernel), as_pair(stride), as_pair(dilation)
    if min(*kernel, *stride, *dilation) < 1:
        raise ValueError(
            f"{op}: kernel {kernel}, stride {stride} and dilation {dilation} must be positive"
        )
    before, after = _padding(op, padding, size, kernel, stride, dilation)
    geometry = Geometry(size, kernel, stride, dilation, before, after, groups)
    if min(geometry.out) < 1:
        raise ValueError(
            f"{op}: a kernel of {kernel} with dilation {dilation} does not fit into images of "
            f"{size} with padding {padding}: the network may shrink its images too far"
        )
    return geometry


def _padding(
    op: str,
    padding: Pair | str,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Zeros before and after. "same" as TensorFlow: the odd one goes to the end."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        total = [
            max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
            for n, s, d, k in zip(size, stride, dilation, kernel, strict=True)
        ]
        before = (total[0] // 2, total[1] // 2)
        return before, (total[0] - before[0], total[1] - before[1])
    if isinstance(padding, str):
        raise ValueError(f"{op}: padding must be numbers, 'same' or 'valid', got {padding!r}")
    both = as_pair(padding)
    if min(both) < 0:
        raise ValueError(f"{op}: padding must not be negative, got {padding}")
    return both, both


def as_pair(value: Any) -> tuple[int, int]:
    """A number for both dimensions, or one for each."""
    pair = tuple(value) if hasattr(value, "__iter__") else (value, value)
    if len(pair) != 2 or not all(hasattr(n, "__index__") for n in pair):
        raise TypeError(f"expected an integer, or a pair (rows, columns) of them, got {value!r}")
    return int(pair[0]), int(pair[1])


def _check_images(op: str, input: Any, weight: Any) -> None:
    reduction.require_tensors(op, input=input, weight=weight)
    if input.ndim != 4 or weight.ndim != 4:
        raise ValueError(
            f"{op}: images and kernels have 4 dimensions, got input {tuple(input.shape)} and "
            f"weight {tuple(weight.shape)}. For one image add a batch: x.unsqueeze(0)"
        )
    if input.dtype != weight.dtype:
        raise TypeError(
            f"{op}: input is {input.dtype} but the weight is {weight.dtype}: convert one with "
            ".to(dtype); images of bytes become float32 by x.float() / 255"
        )


def _check_bias(op: str, bias: Any, channels: int) -> None:
    if bias is not None and tuple(bias.shape) != (channels,):
        raise ValueError(f"{op}: bias of shape {tuple(bias.shape)}, wanted ({channels},)")
