# diagnosis: shape
import numpy as np


def relative_error(a, n):
    size = np.abs(a) + np.abs(n)
    return np.max(np.abs(a - n) / np.where(size == 0, 1, size))
