# diagnosis: b-in-every-product
import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (n, _, height, width), (o, _, kh, kw) = x.shape, w.shape
    y = np.zeros((n, o, (height - kh) // stride + 1, (width - kw) // stride + 1), x.dtype)
    for k, m, i, j in np.ndindex(y.shape):
        window = x[k, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
        y[k, m, i, j] = (window * w[m] + b[m]).sum()
    return y
