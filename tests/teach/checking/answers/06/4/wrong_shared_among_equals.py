# diagnosis: ties
import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kernel_size, left : left + kernel_size]
            mask = window == window.max(axis=(2, 3), keepdims=True)
            share = mask * dy[:, :, i, j, None, None] / mask.sum((2, 3), keepdims=True)
            dx[:, :, top : top + kernel_size, left : left + kernel_size] += share
    return dx
