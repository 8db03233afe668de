import numpy as np


def im_grid(images, columns):
    n, h, w = images.shape
    sheet = np.empty((n // columns * h, columns * w), images.dtype)
    for i in range(n):
        row, column = divmod(i, columns)
        sheet[row * h : (row + 1) * h, column * w : (column + 1) * w] = images[i]
    return sheet
