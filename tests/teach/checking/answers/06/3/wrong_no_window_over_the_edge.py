# diagnosis: borders
import numpy as np


def conv2d_backward(dy, x, w, stride=1, padding=0):
    (n, o, rows, cols), (_, c, kh, kw) = dy.shape, w.shape
    flat = dy.transpose(1, 0, 2, 3).reshape(o, -1)
    dw = (flat @ im2col(x, (kh, kw), stride, padding).T).reshape(w.shape)
    db = flat.sum(axis=1)
    dx = np.zeros_like(x)
    for i in range(rows):
        for j in range(cols):
            top, left = i * stride - padding, j * stride - padding
            if top < 0 or left < 0 or top + kh > x.shape[2] or left + kw > x.shape[3]:
                continue
            share = np.tensordot(dy[:, :, i, j], w, axes=1)
            dx[:, :, top : top + kh, left : left + kw] += share
    return dx, dw, db
