# diagnosis: row-and-column-swapped
import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        u, v = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + v, left + u] += dy[n, c, i, j]
    return dx
