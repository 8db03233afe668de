import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    pictures, channels, height, width = x.shape
    kernels, _, kh, kw = w.shape
    rows = (height + 2 * padding - kh) // stride + 1
    cols = (width + 2 * padding - kw) // stride + 1
    y = np.zeros((pictures, kernels, rows, cols), dtype=x.dtype)
    for n in range(pictures):
        for o in range(kernels):
            for i in range(rows):
                for j in range(cols):
                    total = b[o]
                    for c in range(channels):
                        for a in range(kh):
                            for k in range(kw):
                                row, col = i * stride + a - padding, j * stride + k - padding
                                if 0 <= row < height and 0 <= col < width:
                                    total += x[n, c, row, col] * w[o, c, a, k]
                    y[n, o, i, j] = total
    return y
