# diagnosis: one-channel
import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    rows = (x.shape[2] - kh) // stride + 1
    cols = (x.shape[3] - kw) // stride + 1
    y = np.zeros((len(x), len(w), rows, cols), x.dtype)
    for n in range(len(x)):
        for o in range(len(w)):
            for i in range(rows):
                for j in range(cols):
                    top, left = i * stride, j * stride
                    window = x[n, 0, top : top + kh, left : left + kw]
                    y[n, o, i, j] = (window * w[o, 0]).sum() + b[o]
    return y
