# diagnosis: not-moved
import numpy as np


def im2col(x, kernel_size, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (n, c, height, width), (kh, kw) = x.shape, kernel_size
    rows, cols = (height - kh) // stride + 1, (width - kw) // stride + 1
    columns = np.zeros((n, c, kh, kw, rows, cols), x.dtype)
    for u in range(kh):
        for v in range(kw):
            down = slice(u, u + rows * stride, stride)
            columns[:, :, u, v] = x[:, :, down, v : v + cols * stride : stride]
    return columns.reshape(c * kh * kw, n * rows * cols)
