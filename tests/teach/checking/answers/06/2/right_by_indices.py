import numpy as np


def im2col(x, kernel_size, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    n, c, height, width = x.shape
    kh, kw = kernel_size
    i = np.arange(0, height - kh + 1, stride)
    j = np.arange(0, width - kw + 1, stride)
    row = (np.arange(kh)[:, None, None, None] + i[:, None]) + np.zeros((1, kw, 1, len(j)), int)
    col = (np.arange(kw)[:, None, None] + j) + np.zeros((kh, 1, len(i), 1), int)
    picked = x[:, :, row, col]
    return np.moveaxis(picked, 0, 3).reshape(c * kh * kw, n * len(i) * len(j))
