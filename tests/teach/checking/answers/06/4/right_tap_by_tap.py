import numpy as np


def max_pool2d_backward(dy, x, kernel_size, stride):
    rows, cols = dy.shape[2:]
    places = [
        np.s_[:, :, a : a + rows * stride : stride, b : b + cols * stride : stride]
        for a in range(kernel_size)
        for b in range(kernel_size)
    ]
    best = np.max([x[place] for place in places], axis=0)
    waiting = dy.copy()
    dx = np.zeros(x.shape, x.dtype)
    for place in places:
        wins = x[place] == best
        dx[place] += np.where(wins, waiting, 0)
        waiting[wins] = 0
    return dx
