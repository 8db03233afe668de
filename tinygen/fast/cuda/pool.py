"""Pooling: the largest or the mean of each window, and the way back.

From image to map a thread takes one window, on the way back one pixel: see windows.py for why.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen.backend import Array, xp_of
from tinygen.fast.cuda.windows import PARAMETERS, PLACES, numbers
from tinygen.fast.cuda.writing import Elementwise

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["avg_pool2d", "avg_unpool2d", "max_pool2d", "max_unpool2d"]

# Which element of which window or pixel this thread has, the planes being all channels of all
# images.
WINDOW = """
    int out_x = i % out_width, out_y = i / out_width % out_height;
    ptrdiff_t plane = i / out_width / out_height * height * width;
"""
PIXEL = """
    int x = i % width, y = i / width % height;
    ptrdiff_t plane = i / width / height * out_height * out_width;
"""

# The first of equal taps wins, and the border never does. A comparison with nan is false: nan is
# handed on, as NumPy's maximum does, but does not win.
MAX_POOL = Elementwise(
    "max_pool2d",
    f"raw T image, T lowest, {PARAMETERS}",
    "T best, W winner",
    WINDOW
    + """
    T largest = lowest;
    int number = 0;
    bool found = false;
    for (int a = 0; a < rows; a++) {
        for (int b = 0; b < cols; b++) {
            int y = pixel_of(out_y, a, down, by_row, top);
            int x = pixel_of(out_x, b, right, by_col, left);
            if (!is_inside(y, x, height, width)) continue;
            T value = image[plane + (ptrdiff_t)y * width + x];
            if (!found || value > largest) {
                number = a * cols + b;
                largest = value;
            }
            if (value != value) largest = value;
            found = true;
        }
    }
    best = largest;
    winner = number;
    """,
    PLACES,
)

MAX_UNPOOL = Elementwise(
    "max_unpool2d",
    f"raw T values, raw W winner, {PARAMETERS}",
    "T pixel",
    PIXEL
    + """
    T sum = 0;
    for (int a = 0; a < rows; a++) {
        int out_y = window_of(y, a, down, by_row, top, out_height);
        if (out_y < 0) continue;
        for (int b = 0; b < cols; b++) {
            int out_x = window_of(x, b, right, by_col, left, out_width);
            if (out_x < 0) continue;
            ptrdiff_t window = plane + (ptrdiff_t)out_y * out_width + out_x;
            if (winner[window] == a * cols + b) sum += values[window];
        }
    }
    pixel = sum;
    """,
    PLACES,
)

AVG_POOL = Elementwise(
    "avg_pool2d",
    f"raw T image, T weight, {PARAMETERS}",
    "T mean",
    WINDOW
    + """
    T sum = 0;
    for (int a = 0; a < rows; a++) {
        for (int b = 0; b < cols; b++) {
            int y = pixel_of(out_y, a, down, by_row, top);
            int x = pixel_of(out_x, b, right, by_col, left);
            if (is_inside(y, x, height, width)) sum += image[plane + (ptrdiff_t)y * width + x];
        }
    }
    mean = sum * weight;
    """,
    PLACES,
)

AVG_UNPOOL = Elementwise(
    "avg_unpool2d",
    f"raw T values, raw T weights, {PARAMETERS}",
    "T pixel",
    PIXEL
    + """
    T sum = 0;
    for (int a = 0; a < rows; a++) {
        int out_y = window_of(y, a, down, by_row, top, out_height);
        if (out_y < 0) continue;
        for (int b = 0; b < cols; b++) {
            int out_x = window_of(x, b, right, by_col, left, out_width);
            if (out_x < 0) continue;
            ptrdiff_t window = (ptrdiff_t)out_y * out_width + out_x;
            sum += values[plane + window] * weights[window];
        }
    }
    pixel = sum;
    """,
    PLACES,
)


def max_pool2d(x: Array, geometry: Geometry) -> tuple[Array, Array]:
    """Images -> the largest element of each window, and the number of the tap that it is."""
    xp, shape = xp_of(x), (*x.shape[:2], *geometry.out)
    winner = xp.empty(shape, "uint8" if math.prod(geometry.kernel) <= 256 else "int32")
    best = xp.empty(shape, x.dtype)
    MAX_POOL.on(xp)(x, _lowest(x.dtype), *numbers(geometry), best, winner)
    return best, winner


def max_unpool2d(values: Array, winner: Array, geometry: Geometry) -> Array:
    """Send each value to the tap that won its window; images of zeros elsewhere."""
    xp = xp_of(values)
    image = xp.empty((*values.shape[:2], *geometry.size), values.dtype)
    MAX_UNPOOL.on(xp)(values, winner, *numbers(geometry), image)
    return image


def avg_pool2d(x: Array, weights: Array, geometry: Geometry) -> Array:
    """Images -> the sum of each window times a weight for each position (OH, OW)."""
    xp = xp_of(x)
    mean = xp.empty((*x.shape[:2], *geometry.out), x.dtype)
    AVG_POOL.on(xp)(x, weights, *numbers(geometry), mean)
    return mean


def avg_unpool2d(values: Array, weights: Array, geometry: Geometry) -> Array:
    """Spread each value times its weight over its window: the transpose of :func:`avg_pool2d`."""
    xp = xp_of(values)
    image = xp.empty((*values.shape[:2], *geometry.size), values.dtype)
    AVG_UNPOOL.on(xp)(values, weights, *numbers(geometry), image)
    return image


def _lowest(dtype: Any) -> float | int:
    """No more than any pixel."""
    if dtype.kind == "f":
        return -math.inf
    return 0 if dtype.kind in "ub" else -(2 ** (8 * dtype.itemsize - 1))
