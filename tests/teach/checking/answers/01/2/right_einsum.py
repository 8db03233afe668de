import numpy as np


def im_grid(images, columns):
    n, h, w = images.shape
    table = images.reshape(-1, columns, h, w)
    return np.einsum("rchw->rhcw", table).reshape(n // columns * h, columns * w)
