# diagnosis: small-steps
import numpy as np


def im2col(x, kernel_size, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (n, c, height, width), (kh, kw) = x.shape, kernel_size
    rows, cols = (height - kh) // stride + 1, (width - kw) // stride + 1
    columns = np.zeros((c, kh, kw, n, rows, cols), x.dtype)
    for i in range(rows):
        for j in range(cols):
            columns[..., i, j] = x[:, :, i : i + kh, j : j + kw].transpose(1, 2, 3, 0)
    return columns.reshape(c * kh * kw, n * rows * cols)
