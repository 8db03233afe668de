# diagnosis: to-all
import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            rows = slice(i * stride, i * stride + kernel_size)
            cols = slice(j * stride, j * stride + kernel_size)
            dx[:, :, rows, cols] += dy[:, :, i : i + 1, j : j + 1] / kernel_size**2
    return dx
