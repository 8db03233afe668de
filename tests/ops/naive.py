"""Convolution, pooling and resizing once more, one output element at a time.

Written from the definitions; the oracles of the fast and the plain ops alike.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def pair(value: Any) -> tuple[Any, Any]:
    """A number for both axes, or one for each."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def borders(padding: Any, size: Any, kernel: Any, stride: Any, dilation: Any) -> list[Any]:
    """Zeros before and after each axis; "same" gives ceil(size / stride) positions."""
    if padding == "valid":
        return [(0, 0), (0, 0)]
    if padding != "same":
        return [(p, p) for p in pair(padding)]
    both = []
    for n, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        missing = max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
        both.append((missing // 2, missing - missing // 2))
    return both


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> np.ndarray:
    """Six loops and a sum."""
    (sy, sx), (dy, dx), (kh, kw) = pair(stride), pair(dilation), w.shape[2:]
    edges = borders(padding, x.shape[2:], (kh, kw), (sy, sx), (dy, dx))
    x = np.pad(x, [(0, 0), (0, 0), *edges])
    height = (x.shape[2] - dy * (kh - 1) - 1) // sy + 1
    width = (x.shape[3] - dx * (kw - 1) - 1) // sx + 1
    outputs, per_group = w.shape[0] // groups, w.shape[1]
    y = np.zeros((len(x), w.shape[0], height, width))
    for n, o, i, j in np.ndindex(*y.shape):
        first = o // outputs * per_group
        for c, a, b in np.ndindex(*w.shape[1:]):
            y[n, o, i, j] += w[o, c, a, b] * x[n, first + c, i * sy + a * dy, j * sx + b * dx]
        if bias is not None:
            y[n, o, i, j] += bias[o]
    return y


def conv_transpose2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> np.ndarray:
    """Each input element stamps a scaled kernel onto the output."""
    (sy, sx), (dy, dx), (kh, kw) = pair(stride), pair(dilation), w.shape[2:]
    (py, px), (ey, ex) = pair(padding), pair(output_padding)
    per_group = x.shape[1] // groups
    height = (x.shape[2] - 1) * sy + dy * (kh - 1) + 1 + ey
    width = (x.shape[3] - 1) * sx + dx * (kw - 1) + 1 + ex
    y = np.zeros((len(x), w.shape[1] * groups, height, width))
    for n, c, i, j in np.ndindex(*x.shape):
        first = c // per_group * w.shape[1]
        for o, a, b in np.ndindex(*w.shape[1:]):
            y[n, first + o, i * sy + a * dy, j * sx + b * dx] += x[n, c, i, j] * w[c, o, a, b]
    y = y[:, :, py : height - py, px : width - px]
    return y if bias is None else y + bias[:, None, None]


def windows(n: int, k: int, s: int, d: int, edges: tuple[int, int], ceil_mode: bool) -> list[Any]:
    """For each position along an axis, the places of its window; they may lie outside."""
    before, after = edges
    steps = (n + before + after - d * (k - 1) - 1) / s
    count = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
    if ceil_mode and (count - 1) * s >= n + before:
        count -= 1  # the last window would begin in the border
    return [[p * s - before + i * d for i in range(k)] for p in range(count)]


def pool_windows(
    x: np.ndarray, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> list[Any]:
    """The windows along both axes."""
    kernel, dilation = pair(kernel), pair(dilation)
    stride = kernel if stride is None else pair(stride)
    edges = borders(padding, x.shape[2:], kernel, stride, dilation)
    return [
        windows(*numbers, ceil_mode)
        for numbers in zip(x.shape[2:], kernel, stride, dilation, edges, strict=True)
    ]


def max_pool2d(
    x: np.ndarray,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of what of each window lies inside, and where it is."""
    rows, cols = pool_windows(x, kernel_size, stride, padding, dilation, ceil_mode)
    y = np.zeros((*x.shape[:2], len(rows), len(cols)))
    where = np.zeros(y.shape, np.int64)
    height, width = x.shape[2:]
    for n, c, i, j in np.ndindex(*y.shape):
        inside = [
            (x[n, c, a, b], a * width + b)
            for a in rows[i] for b in cols[j]
            if 0 <= a < height and 0 <= b < width
        ]  # fmt: skip
        y[n, c, i, j], where[n, c, i, j] = max(inside)
    return [y, where] if return_indices else y


def avg_pool2d(
    x: np.ndarray,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> np.ndarray:
    """The mean of what of each window lies inside, or inside and in the padding."""
    rows, cols = pool_windows(x, kernel_size, stride, padding, 1, ceil_mode)
    y = np.zeros((*x.shape[:2], len(rows), len(cols)))
    height, width = x.shape[2:]
    counts_zeros = count_include_pad and padding != "same"
    up, left = pair(padding) if counts_zeros and not isinstance(padding, str) else (0, 0)
    for n, c, i, j in np.ndindex(*y.shape):
        total, count = 0.0, 0
        for a in rows[i]:
            for b in cols[j]:
                if 0 <= a < height and 0 <= b < width:
                    total += x[n, c, a, b]
                count += -up <= a < height + up and -left <= b < width + left
        y[n, c, i, j] = total / (divisor_override or count)
    return y


def adaptive_pool2d(x: np.ndarray, output_size: Any, mode: Any) -> np.ndarray:
    """Windows from floor(i n / m) to ceil((i + 1) n / m)."""
    sizes = [n if m is None else m for n, m in zip(x.shape[2:], pair(output_size), strict=True)]
    rows, cols = (
        [slice(math.floor(i * n / m), math.ceil((i + 1) * n / m)) for i in range(m)]
        for n, m in zip(x.shape[2:], sizes, strict=True)
    )
    y = np.zeros((*x.shape[:2], *sizes))
    for n, c, i, j in np.ndindex(*y.shape):
        y[n, c, i, j] = mode(x[n, c, rows[i], cols[j]])
    return y


def interpolate(
    x: np.ndarray,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> np.ndarray:
    """Each output pixel from the place in the input that its centre falls on."""
    old = x.shape[2:]
    factors = pair(scale_factor)
    scaled = [n if f is None else math.floor(n * f) for n, f in zip(old, factors, strict=True)]
    new = scaled if size is None else pair(size)
    y = np.zeros((*x.shape[:2], *new))
    for n, c, *place in np.ndindex(*y.shape):
        total = 0.0
        weights = [
            pixel_weights(i, old[axis], new[axis], factors[axis], mode, align_corners)
            for axis, i in enumerate(place)
        ]
        for a, wa in weights[0]:
            for b, wb in weights[1]:
                total += wa * wb * x[n, c, a, b]
        y[(n, c, *place)] = total
    return y


def pixel_weights(
    i: int, n: int, m: int, factor: float | None, mode: str, align_corners: bool
) -> list[tuple[int, float]]:
    """Which input pixels along an axis make output pixel i, and how much of each."""
    step = 1 / factor if factor else n / m
    if mode == "nearest":
        return [(min(math.floor(i * step), n - 1), 1.0)]
    centre = i * (n - 1) / max(m - 1, 1) if align_corners else (i + 0.5) * step - 0.5
    if mode == "bicubic":
        repeated = [min(max(pixel, 0), n - 1) for pixel in range(-4, n + 4)]
        return [(pixel, keys(centre - place)) for place, pixel in enumerate(repeated, start=-4)]
    place = min(max(centre, 0.0), n - 1)
    left = math.floor(place)
    return [(left, 1 - (place - left)), (min(left + 1, n - 1), place - left)]


def keys(x: float, a: float = -0.75) -> float:
    """The kernel of cubic convolution: R. Keys (1981), the system before its equation 4."""
    pieces = np.array([[a + 2, -(a + 3), 0, 1], [a, -5 * a, 8 * a, -4 * a], [0, 0, 0, 0]])
    return float(np.polyval(pieces[min(int(abs(x)), 2)], abs(x)))


def pad(
    x: np.ndarray, widths: tuple[int, ...], mode: str = "constant", value: float = 0.0
) -> np.ndarray:
    """Grow or cut each axis, the last first."""
    for k in range(0, len(widths), 2):
        axis = x.ndim - 1 - k // 2
        before, after = widths[k], widths[k + 1]
        rows = list(np.moveaxis(x, axis, 0))
        filler = np.full(np.delete(x.shape, axis), value)
        rows = [filler] * before + rows[max(-before, 0) :]
        rows = rows[: len(rows) + after] if after < 0 else rows + [filler] * after
        x = np.moveaxis(np.array(rows).reshape(len(rows), *filler.shape), 0, axis)
    return x
