# diagnosis: exception
import numpy as np


def im2col(x, kernel_size, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (n, c, height, width), (kh, kw) = x.shape, kernel_size
    rows, cols = (height - kh) // stride + 1, (width - kw) // stride + 1
    columns = np.zeros((c, kh, kw, n, rows, cols), x.dtype)
    for a in range(kh):
        for b in range(kw):
            pixels = x[:, :, a : a + rows : stride, b : b + cols : stride]
            columns[:, a, b] = pixels.transpose(1, 0, 2, 3)
    return columns.reshape(c * kh * kw, n * rows * cols)
