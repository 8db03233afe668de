import numpy as np


def conv2d_backward(dy, x, w, stride=1, padding=0):
    kh, kw = w.shape[2:]
    padded = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    dw = np.einsum("noij,ncijab->ocab", dy, windows)
    dx = np.zeros_like(padded)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            top, left = i * stride, j * stride
            share = np.einsum("no,ocab->ncab", dy[:, :, i, j], w)
            dx[:, :, top : top + kh, left : left + kw] += share
    height, width = x.shape[2:]
    return dx[..., padding:, padding:][..., :height, :width], dw, dy.sum((0, 2, 3))
