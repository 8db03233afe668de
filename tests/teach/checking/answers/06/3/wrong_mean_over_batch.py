# diagnosis: factor
import numpy as np


def conv2d_backward(dy, x, w, stride=1, padding=0):
    (n, o, rows, cols), (_, c, kh, kw) = dy.shape, w.shape
    height, width = x.shape[2:]
    flat = dy.transpose(1, 0, 2, 3).reshape(o, -1)
    dw = (flat @ im2col(x, (kh, kw), stride, padding).T).reshape(w.shape)
    db = flat.sum(axis=1)
    back = (w.reshape(o, -1).T @ flat).reshape(c, kh, kw, n, rows, cols)
    dx = np.zeros((n, c, height + 2 * padding, width + 2 * padding), x.dtype)
    for a in range(kh):
        for b in range(kw):
            place = dx[:, :, a : a + rows * stride : stride, b : b + cols * stride : stride]
            place += back[:, a, b].transpose(1, 0, 2, 3)
    return dx[:, :, padding : padding + height, padding : padding + width], dw / n, db / n
