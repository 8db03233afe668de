# diagnosis: unknown
import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        a, b = divmod(int(window.argmin()), kernel_size)
        dx[n, c, top + a, left + b] += dy[n, c, i, j]
    return dx
