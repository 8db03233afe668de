# diagnosis: dtype
import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows = (x.shape[2] - w.shape[2]) // stride + 1
    cols = (x.shape[3] - w.shape[3]) // stride + 1
    y = np.zeros((len(x), len(w), rows, cols))
    for i in range(rows):
        for j in range(cols):
            window = x[:, :, i * stride :, j * stride :][:, :, : w.shape[2], : w.shape[3]]
            y[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return y
