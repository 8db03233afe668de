"""Images to columns and back, so that cuBLAS can do the rest of a convolution.

A column holds one window: the matrix has a row for each channel and tap, and a column for each
position of each image. With the kernels as rows of another matrix, the convolution is the product
of the two. The plain code makes the columns by copying views; one kernel saves the padded copy and
lets the order of the indices be computed instead of being stored.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tinygen.backend import Array, xp_of
from tinygen.fast.cuda.windows import PARAMETERS, PLACES, numbers, positions
from tinygen.fast.cuda.writing import Elementwise

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["columns_to_image", "image_to_columns"]

# A thread for each window of each channel. Neighbouring threads have neighbouring windows, so at
# every tap they write neighbouring places of one row of the matrix.
IMAGE_TO_COLUMNS = Elementwise(
    "image_to_columns",
    f"raw T image, int32 batch, int32 channels, {PARAMETERS}",
    "raw T columns",
    """
    int out_x = i % out_width, out_y = i / out_width % out_height;
    int n = i / out_width / out_height % batch, channel = i / out_width / out_height / batch;
    ptrdiff_t length = (ptrdiff_t)batch * out_height * out_width;  // of a row of the matrix
    ptrdiff_t column = i % length;
    ptrdiff_t plane = ((ptrdiff_t)n * channels + channel) * height * width;
    ptrdiff_t row = (ptrdiff_t)channel * rows * cols;
    for (int a = 0; a < rows; a++) {
        for (int b = 0; b < cols; b++, row++) {
            int y = pixel_of(out_y, a, down, by_row, top);
            int x = pixel_of(out_x, b, right, by_col, left);
            columns[row * length + column] =
                is_inside(y, x, height, width) ? image[plane + (ptrdiff_t)y * width + x] : (T)0;
        }
    }
    """,
    PLACES,
)

# A thread for each pixel, which gathers what all windows hold for it (see windows.py).
COLUMNS_TO_IMAGE = Elementwise(
    "columns_to_image",
    f"raw T columns, int32 batch, int32 channels, {PARAMETERS}",
    "T pixel",
    """
    int x = i % width, y = i / width % height;
    int channel = i / width / height % channels, n = i / width / height / channels;
    ptrdiff_t length = (ptrdiff_t)batch * out_height * out_width;
    ptrdiff_t row = (ptrdiff_t)channel * rows * cols;
    T sum = 0;
    for (int a = 0; a < rows; a++) {
        int out_y = window_of(y, a, down, by_row, top, out_height);
        if (out_y < 0) continue;
        for (int b = 0; b < cols; b++) {
            int out_x = window_of(x, b, right, by_col, left, out_width);
            if (out_x < 0) continue;
            ptrdiff_t column = ((ptrdiff_t)n * out_height + out_y) * out_width + out_x;
            sum += columns[(row + a * cols + b) * length + column];
        }
    }
    pixel = sum;
    """,
    PLACES,
)


def image_to_columns(x: Array, geometry: Geometry) -> Array:
    """Every window as a column: (groups, channels * kernel, N * positions)."""
    xp, (batch, channels) = xp_of(x), x.shape[:2]
    length = batch * positions(geometry)
    rows = channels // geometry.groups * math.prod(geometry.kernel)
    columns = xp.empty((geometry.groups, rows, length), x.dtype)
    if columns.size:
        IMAGE_TO_COLUMNS.on(xp)(
            x, batch, channels, *numbers(geometry), columns, size=channels * length
        )
    return columns


def columns_to_image(columns: Array, batch: int, geometry: Geometry) -> Array:
    """Add every column back where its window was: the transpose of :func:`image_to_columns`."""
    xp = xp_of(columns)
    channels = columns.shape[0] * columns.shape[1] // math.prod(geometry.kernel)
    image = xp.empty((batch, channels, *geometry.size), columns.dtype)
    COLUMNS_TO_IMAGE.on(xp)(columns, batch, channels, *numbers(geometry), image)
    return image
