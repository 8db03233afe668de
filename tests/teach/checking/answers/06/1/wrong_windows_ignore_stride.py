# diagnosis: small-steps
import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    rows = (x.shape[2] - kh) // stride + 1
    cols = (x.shape[3] - kw) // stride + 1
    y = np.zeros((len(x), len(w), rows, cols), x.dtype)
    for i in range(rows):
        for j in range(cols):
            for o in range(len(w)):
                y[:, o, i, j] = (x[:, :, i : i + kh, j : j + kw] * w[o]).sum((1, 2, 3)) + b[o]
    return y
