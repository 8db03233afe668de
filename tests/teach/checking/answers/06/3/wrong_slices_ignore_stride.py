# diagnosis: small-steps
import numpy as np


def conv2d_backward(dy, x, w, stride=1, padding=0):
    (n, o, rows, cols), (_, c, kh, kw) = dy.shape, w.shape
    height, width = x.shape[2:]
    rows_of_dy = dy.transpose(1, 0, 2, 3).reshape(o, -1)
    dw = (rows_of_dy @ im2col(x, (kh, kw), stride, padding).T).reshape(w.shape)
    back = (w.reshape(o, -1).T @ rows_of_dy).reshape(c, kh, kw, n, rows, cols)
    dx = np.zeros((n, c, height + 2 * padding, width + 2 * padding), x.dtype)
    for u in range(kh):
        for v in range(kw):
            down, right = slice(u, u + rows), slice(v, v + cols)
            dx[:, :, down, right] += back[:, u, v].transpose(1, 0, 2, 3)
    dx = dx[:, :, padding : padding + height, padding : padding + width]
    return dx, dw, rows_of_dy.sum(axis=1)
