import numpy as np


def relative_error(a, n):
    size = abs(a) + abs(n)
    return np.divide(abs(a - n), size, out=np.zeros_like(size), where=size > 0)
