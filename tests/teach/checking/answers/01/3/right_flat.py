import numpy as np


def standardise(images):
    n, c, h, w = images.shape
    rows = np.moveaxis(images, 1, 0).reshape(c, n * h * w)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows = rows / np.sqrt((rows * rows).mean(axis=1, keepdims=True))
    return np.moveaxis(rows.reshape(c, n, h, w), 0, 1)
