# diagnosis: larger-one
import numpy as np


def relative_error(a, n):
    size = np.maximum(np.abs(a), np.abs(n))
    return np.abs(a - n) / np.where(size == 0, 1, size)
