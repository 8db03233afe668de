# diagnosis: down-first
import numpy as np


def im_grid(images, columns):
    n, h, w = images.shape
    rows = n // columns
    sheet = np.empty((rows * h, columns * w), images.dtype)
    for i in range(n):
        column, row = divmod(i, rows)
        sheet[row * h : (row + 1) * h, column * w : (column + 1) * w] = images[i]
    return sheet
