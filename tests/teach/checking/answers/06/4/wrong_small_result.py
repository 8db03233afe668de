# diagnosis: shape
import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    """Spreads dy over blocks, which is as large as x only where all of x is used."""
    rows, cols = dy.shape[2] * stride, dy.shape[3] * stride
    large = dy.repeat(stride, axis=2).repeat(stride, axis=3)
    best = np.zeros_like(large)
    for i in range(0, rows, stride):
        for j in range(0, cols, stride):
            window = x[:, :, i : i + stride, j : j + stride]
            largest = window.max(axis=(2, 3), keepdims=True)
            best[:, :, i : i + stride, j : j + stride] = window == largest
    return large * best
