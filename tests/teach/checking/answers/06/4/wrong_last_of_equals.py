# diagnosis: to-last-winner
import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        best = -np.inf
        for row in range(i * stride, i * stride + kernel_size):
            for col in range(j * stride, j * stride + kernel_size):
                if x[n, c, row, col] >= best:
                    best, place = x[n, c, row, col], (n, c, row, col)
        dx[place] += dy[n, c, i, j]
    return dx
