"""Windows over images in CUDA C++: what the kernels of convolution and pooling share.

Images are (N, C, H, W) in C order, so a pixel has the index ``((n C + c) H + y) W + x``; a map of
windows is (N, C, OH, OW) likewise. A *tap* is one place of a window, numbered row by row.

Two ways to share the work out. From image to map, a thread takes one window and reads its taps. On
the way back, a thread takes one *pixel* and looks up which windows have it as which tap. It might
seem simpler to let each window add to its pixels, but windows overlap: two threads would add to one
pixel at the same moment, one of the additions would be lost, and the remedy (atomic additions, one
after the other) is slow and adds in another order, with other roundings, at every run. When pixels
gather, each sum belongs to one thread, which adds in the order of the taps, every time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinygen.ops.conv import Geometry

__all__ = ["PARAMETERS", "PLACES", "numbers", "positions"]

PARAMETERS = (
    "int32 height, int32 width, int32 out_height, int32 out_width, int32 rows, int32 cols, "
    "int32 down, int32 right, int32 by_row, int32 by_col, int32 top, int32 left"
)
"""The geometry as parameters of a kernel: the image, the map, the kernel, the stride, the dilation,
and the zeros above and to the left."""

PLACES = """
// The coordinate of a window's tap in the image; outside of it in the padding.
__device__ int pixel_of(int window, int tap, int stride, int dilation, int before)
{
    return window * stride + tap * dilation - before;
}

__device__ bool is_inside(int y, int x, int height, int width)
{
    return 0 <= y && y < height && 0 <= x && x < width;
}

// The window which has a pixel as its tap; -1 if there is none.
__device__ int window_of(int pixel, int tap, int stride, int dilation, int before, int windows)
{
    int start = pixel + before - tap * dilation;
    if (start < 0 || start % stride != 0) return -1;
    int window = start / stride;
    return window < windows ? window : -1;
}
"""


def numbers(geometry: Geometry) -> tuple[int, ...]:
    """The geometry as arguments, in the order of :data:`PARAMETERS`."""
    return (
        *geometry.size, *geometry.out, *geometry.kernel, *geometry.stride, *geometry.dilation,
        *geometry.before,
    )  # fmt: skip


def positions(geometry: Geometry) -> int:
    """The number of windows in one channel of one image."""
    return math.prod(geometry.out)
