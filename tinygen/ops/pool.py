"""Pooling, padding and resizing of images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tinygen.autograd import Function
from tinygen.backend import Array
from tinygen.ops.conv import Geometry, Pair, as_pair, geometry_of
from tinygen.ops.linalg import matmul
from tinygen.ops.reduction import require_tensors
from tinygen.ops.shape import transpose

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = [
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "global_avg_pool2d", "interpolate",
    "max_pool2d", "pad",
]  # fmt: skip

Ctx = Any


# ---- constant padding ------------------------------------------------------------------------


class Pad(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
        ctx.inside = tuple(
            slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True)
        )
        return ctx.xp.pad(x, widths, mode="constant", constant_values=value)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return grad[ctx.inside]


def pad(input: Tensor, pad: tuple[int, ...], mode: str = "constant", value: float = 0.0) -> Tensor:
    """Add a border; negative widths cut one off.

    Parameters
    ----------
    input : Tensor
    pad : tuple of int
        Widths from the last dimension backwards: (left, right, top, bottom, ...).
    mode : {"constant", "reflect", "replicate"}
    value : float
        What a constant border holds.
    """
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ValueError(
            f"pad: {pad} must hold two widths for each of the last dimensions, of which "
            f"{input.ndim} exist"
        )
    if mode != "constant":
        from tinygen.ops.more import pad_from_inside

        return pad_from_inside(input, pad, mode)
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    widths = [(0, 0)] * (input.ndim - len(pairs)) + pairs[::-1]
    for n, (before, after) in zip(input.shape, widths, strict=True):
        if n + before + after < 0 or min(before, after) < -n:
            raise ValueError(f"pad: {pad} cuts more off {tuple(input.shape)} than is there")
    grown = tuple((max(before, 0), max(after, 0)) for before, after in widths)
    if any(before < 0 or after < 0 for before, after in widths):
        input = input[
            tuple(
                slice(max(-before, 0), n - max(-after, 0))
                for n, (before, after) in zip(input.shape, widths, strict=True)
            )
        ]
    return Pad.apply(input, grown, value)


# ---- the largest of each window --------------------------------------------------------------


class MaxPool2d(Function):
    """Keeps which tap of the window won; the first of equal ones does."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, geometry: Geometry) -> tuple[Array, Array]:
        ctx.geometry = geometry
        fast = ctx.kernel("max_pool2d")
        if fast is not None:
            best, ctx.winner = fast(x, geometry)
            return best, ctx.winner
        taps = _taps(ctx.xp, x, geometry, border=_lowest(x.dtype))
        best = taps[0].copy()
        winner = ctx.xp.zeros(best.shape, "uint8" if len(taps) <= 256 else "int32")
        first_inside = _first_inside(ctx.xp, x, geometry)
        for number, tap in enumerate(taps[1:], start=1):
            better = tap > best
            if first_inside:  # the border never wins, not even over minus infinity
                better |= first_inside[number]
            ctx.xp.maximum(best, tap, out=best)
            ctx.xp.maximum(winner, better.astype(winner.dtype) * number, out=winner)
        ctx.winner = winner
        return best, winner

    @staticmethod
    def backward(ctx: Ctx, grad: Any, _: Any) -> Any:
        return MaxUnpool2d.apply(grad, ctx.winner, ctx.geometry)


class MaxUnpool2d(Function):
    """Send each value to the tap that won its window."""

    @staticmethod
    def forward(ctx: Ctx, values: Array, winner: Array, geometry: Geometry) -> Array:
        ctx.geometry, ctx.winner = geometry, winner
        fast = ctx.kernel("max_unpool2d")
        if fast is not None:
            return fast(values, winner, geometry)
        images = ctx.xp.zeros((*values.shape[:2], *_padded_size(geometry)), values.dtype)
        for number, place in enumerate(_tap_slices(geometry)):
            images[place] += values * (winner == number)
        return images[_inside(geometry)]

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return MaxPick2d.apply(grad, ctx.winner, ctx.geometry)


class MaxPick2d(Function):
    """Read the tap that won each window: the transpose of :class:`MaxUnpool2d`."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, winner: Array, geometry: Geometry) -> Array:
        ctx.geometry, ctx.winner = geometry, winner
        taps = _taps(ctx.xp, x, geometry, border=0)
        picked = ctx.xp.zeros(winner.shape, x.dtype)
        for number, tap in enumerate(taps):
            picked += tap * (winner == number)
        return picked

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return MaxUnpool2d.apply(grad, ctx.winner, ctx.geometry)


def max_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window; of equal ones the first gets the gradient.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    kernel_size, stride, dilation : int or pair of int
        The stride is the kernel size unless given.
    padding : int, pair of int, "same" or "valid"
        At most half of the kernel; the border never wins.
    ceil_mode : bool
        Also use windows that begin inside and end outside of the image.
    return_indices : bool
        Also return where in the flattened image each largest element was.

    Returns
    -------
    Tensor of shape (N, C, OH, OW), or that and a Tensor of int64
    """
    geometry = _pool_geometry(
        "max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode
    )
    best, winner = MaxPool2d.apply(input, geometry)
    if not return_indices:
        return best
    return best, _FlatPosition.apply(winner, geometry)


class _FlatPosition(Function):
    """The winning taps as places in the flattened images: integers, without a gradient."""

    @staticmethod
    def forward(ctx: Ctx, winner: Array, geometry: Geometry) -> Array:
        arange, number = ctx.xp.arange, winner.astype("int64")
        top = arange(geometry.out[0]).reshape(-1, 1) * geometry.stride[0] - geometry.before[0]
        left = arange(geometry.out[1]) * geometry.stride[1] - geometry.before[1]
        row = top + number // geometry.kernel[1] * geometry.dilation[0]
        col = left + number % geometry.kernel[1] * geometry.dilation[1]
        return row * geometry.size[1] + col


# ---- the mean of each window -----------------------------------------------------------------


class AvgPool2d(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, weights: Array, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        ctx.save_for_backward(weights)
        fast = ctx.kernel("avg_pool2d")
        if fast is not None:
            return fast(x, weights, geometry)
        taps = _taps(ctx.xp, x, geometry, border=0)
        total = taps[0].copy()
        for tap in taps[1:]:
            total += tap
        return total * weights

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (weights,) = ctx.saved_tensors
        return AvgUnpool2d.apply(grad, weights, ctx.geometry), None


class AvgUnpool2d(Function):
    """Spread each value over its window: the transpose of :class:`AvgPool2d`."""

    @staticmethod
    def forward(ctx: Ctx, values: Array, weights: Array, geometry: Geometry) -> Array:
        ctx.geometry = geometry
        ctx.save_for_backward(weights)
        fast = ctx.kernel("avg_unpool2d")
        if fast is not None:
            return fast(values, weights, geometry)
        share = values * weights
        images = ctx.xp.zeros((*values.shape[:2], *_padded_size(geometry)), values.dtype)
        for place in _tap_slices(geometry):
            images[place] += share
        return images[_inside(geometry)]

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (weights,) = ctx.saved_tensors
        return AvgPool2d.apply(grad, weights, ctx.geometry), None


def avg_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    kernel_size, stride : int or pair of int
        The stride is the kernel size unless given.
    padding : int, pair of int, "same" or "valid"
    ceil_mode : bool
        Also use windows that begin inside and end outside of the image.
    count_include_pad : bool
        Whether the zeros of the padding count in the divisor. They never do with "same", as in
        TensorFlow.
    divisor_override : int, optional
        Divide each sum by this number.

    Returns
    -------
    Tensor of shape (N, C, OH, OW)
    """
    _check_floating("avg_pool2d", input)
    geometry = _pool_geometry("avg_pool2d", input, kernel_size, stride, padding, 1, ceil_mode)
    count_zeros = count_include_pad and padding != "same"
    padded = as_pair(padding) if count_zeros and not isinstance(padding, str) else (0, 0)
    counts = [
        [_overlap(p * s - before, k, -zeros, n + zeros) for p in range(out)]
        for out, s, before, k, zeros, n in zip(
            geometry.out, geometry.stride, geometry.before, geometry.kernel, padded, geometry.size,
            strict=True,
        )
    ]  # fmt: skip
    divisors = [[divisor_override or rows * cols for cols in counts[1]] for rows in counts[0]]
    weights = input.new_tensor([[1 / divisor for divisor in row] for row in divisors])
    return AvgPool2d.apply(input, weights, geometry)


def _overlap(start: int, length: int, low: int, high: int) -> int:
    """How many of ``length`` positions from ``start`` lie in [low, high)."""
    return min(start + length, high) - max(start, low)


# ---- pooling to a given size, and resizing: one matrix for each axis ---------------------------


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of windows chosen so that the output has a given size.

    Window i of m along n pixels reaches from floor(i n / m) to ceil((i + 1) n / m).

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    output_size : int or pair of (int or None)
        None keeps a size.
    """
    _check_floating("adaptive_avg_pool2d", input)
    height, width = _adaptive_size("adaptive_avg_pool2d", input, output_size)
    rows, cols = (
        [[(lo <= i < hi) / (hi - lo) for i in range(n)] for lo, hi in _adaptive_windows(n, m)]
        for n, m in zip(input.shape[2:], (height, width), strict=True)
    )
    return _resized(input, rows, cols)


def global_avg_pool2d(input: Tensor) -> Tensor:
    """The mean of each channel: (N, C, H, W) to (N, C)."""
    _check_images("global_avg_pool2d", input)
    return input.mean((2, 3))


def adaptive_max_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The largest elements of the windows of :func:`adaptive_avg_pool2d`."""
    from tinygen.ops.extremes import max as largest
    from tinygen.ops.shape import stack

    height, width = _adaptive_size("adaptive_max_pool2d", input, output_size)
    return stack(
        [
            stack(
                [
                    largest(input[:, :, top:bottom, left:right].flatten(2), 2)[0]
                    for left, right in _adaptive_windows(input.shape[3], width)
                ],
                -1,
            )
            for top, bottom in _adaptive_windows(input.shape[2], height)
        ],
        -2,
    )


def _adaptive_size(op: str, input: Any, output_size: Any) -> tuple[int, int]:
    _check_images(op, input)
    pair = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
    height, width = (n if m is None else m for n, m in zip(input.shape[2:], pair, strict=True))
    if min(height, width) < 1 or min(input.shape[2:]) < 1:
        raise ValueError(f"{op}: cannot make {pair} out of images of {tuple(input.shape[2:])}")
    return height, width


def _adaptive_windows(n: int, m: int) -> list[tuple[int, int]]:
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Tensor:
    """Resize images.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
    size : int or pair of int, optional
        The new height and width.
    scale_factor : float or pair of float, optional
        Instead of the size, how many times larger.
    mode : {"nearest", "bilinear", "bicubic"}
        Bicubic pictures can have values outside of the range of the input.
    align_corners : bool
        But for nearest: let the centres of the corner pixels coincide, instead of their edges.

    Returns
    -------
    Tensor of shape (N, C, *size)
    """
    _check_images("interpolate", input)
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: give either size or scale_factor")
    if mode not in ("nearest", "bilinear", "bicubic"):
        raise ValueError(
            f"interpolate: mode must be 'nearest', 'bilinear' or 'bicubic', got {mode!r}"
        )
    if mode != "nearest":
        _check_floating("interpolate", input)
    old = tuple(input.shape[2:])
    if size is None:
        factors = (
            (scale_factor,) * 2 if isinstance(scale_factor, (int, float)) else tuple(scale_factor)
        )
        new = tuple(int(n * factor) for n, factor in zip(old, factors, strict=True))
    else:
        factors = (None, None)
        new = as_pair(size)
    if min(*old, *new) < 1:
        raise ValueError(f"interpolate: cannot make {new} out of images of {old}")
    weights = _nearest if mode == "nearest" else _bilinear
    if mode == "bicubic":
        from tinygen.ops.more import bicubic_weights as weights
    rows, cols = (
        weights(n, m, factor, align_corners) for n, m, factor in zip(old, new, factors, strict=True)
    )
    return _resized(input, rows, cols)


def _nearest(n: int, m: int, factor: float | None, _: bool) -> list[list[float]]:
    """Row i has a 1 at pixel floor(i * n / m)."""
    step = n / m if factor is None else 1 / factor
    chosen = [min(int(i * step), n - 1) for i in range(m)]
    return [[float(pixel == j) for j in range(n)] for pixel in chosen]


def _bilinear(n: int, m: int, factor: float | None, align_corners: bool) -> list[list[float]]:
    """Row i has the weights of the two pixels beside the place that output pixel i falls on."""
    rows = []
    for i in range(m):
        if align_corners:
            place = i * (n - 1) / (m - 1) if m > 1 else 0.0
        else:
            step = n / m if factor is None else 1 / factor
            place = max((i + 0.5) * step - 0.5, 0.0)
        left = min(int(place), n - 1)
        right, share = min(left + 1, n - 1), place - left
        row = [0.0] * n
        row[left] += 1 - share
        row[right] += share
        rows.append(row)
    return rows


def _resized(input: Tensor, rows: list[list[float]], cols: list[list[float]]) -> Tensor:
    """``rows @ image @ cols.T``: any separable linear map of pixels."""
    down, across = input.new_tensor(rows), input.new_tensor(cols)
    return matmul(down, matmul(input, transpose(across, 0, 1)))


# ---- windows ---------------------------------------------------------------------------------


def _pool_geometry(
    op: str,
    input: Any,
    kernel_size: Pair,
    stride: Pair | None,
    padding: Pair | str,
    dilation: Pair,
    ceil_mode: bool,
) -> Geometry:
    _check_images(op, input)
    stride = kernel_size if stride is None else stride
    size, kernel = (input.shape[2], input.shape[3]), as_pair(kernel_size)
    if not isinstance(padding, str) and any(
        2 * p > k for p, k in zip(as_pair(padding), kernel, strict=True)
    ):
        raise ValueError(f"{op}: padding {padding} is more than half of the kernel {kernel}")
    geometry = geometry_of(op, size, kernel, stride, padding, dilation)
    return _with_partial_windows(geometry) if ceil_mode else geometry


def _with_partial_windows(geometry: Geometry) -> Geometry:
    """More room at the end, for one more window where it begins inside the image."""
    after = []
    for n, k, s, d, before, end in zip(
        geometry.size, geometry.kernel, geometry.stride, geometry.dilation, geometry.before,
        geometry.after, strict=True,
    ):  # fmt: skip
        reach = d * (k - 1) + 1
        count = -(-(n + before + end - reach) // s) + 1
        if (count - 1) * s >= n + before:
            count -= 1
        after.append(max(end, (count - 1) * s + reach - n - before))
    return replace(geometry, after=(after[0], after[1]))


def _check_images(op: str, input: Any) -> None:
    require_tensors(op, input=input)
    if input.ndim != 4:
        raise ValueError(
            f"{op}: images have shape (N, C, H, W), got {tuple(input.shape)}. For one image add "
            "a batch: x.unsqueeze(0)"
        )


def _check_floating(op: str, input: Any) -> None:
    if input.dtype.kind != "f":
        raise TypeError(
            f"{op}: the mean of {input.dtype} pixels has fractions: convert the images with "
            ".float()"
        )


def _taps(xp: Any, x: Array, geometry: Geometry, border: float) -> list[Array]:
    """For each place in the window, the pixels there: views of shape (N, C, OH, OW)."""
    edges = list(zip(geometry.before, geometry.after, strict=True))
    if edges != [(0, 0), (0, 0)]:
        x = xp.pad(x, [(0, 0), (0, 0), *edges], mode="constant", constant_values=border)
    return [x[place] for place in _tap_slices(geometry)]


def _first_inside(xp: Any, x: Array, geometry: Geometry) -> list[Array]:
    """For each tap, where it is the first of its window that lies inside the image."""
    if geometry.before == geometry.after == (0, 0):
        return []
    inside = _taps(xp, xp.ones((1, 1, *x.shape[2:]), "bool"), geometry, border=False)
    found = xp.zeros(inside[0].shape, "bool")
    first = []
    for tap in inside:
        first.append(tap & ~found)
        found = found | tap
    return first


def _tap_slices(geometry: Geometry) -> list[Any]:
    (height, width), (down, right) = geometry.out, geometry.stride
    starts = [
        (i * geometry.dilation[0], j * geometry.dilation[1])
        for i in range(geometry.kernel[0])
        for j in range(geometry.kernel[1])
    ]
    return [
        (..., slice(y, y + down * height, down), slice(x, x + right * width, right))
        for y, x in starts
    ]


def _padded_size(geometry: Geometry) -> tuple[int, int]:
    height, width = (
        n + before + after
        for n, before, after in zip(geometry.size, geometry.before, geometry.after, strict=True)
    )
    return height, width


def _inside(geometry: Geometry) -> Any:
    (top, left), (height, width) = geometry.before, geometry.size
    return (..., slice(top, top + height), slice(left, left + width))


def _lowest(dtype: Any) -> float | int:
    """No more than any pixel."""
    if dtype.kind == "f":
        return -float("inf")
    return 0 if dtype.kind in "ub" else -(2 ** (8 * dtype.itemsize - 1))
