import numpy as np


def relative_error(a, n):
    error = np.empty(a.shape)
    for place in np.ndindex(a.shape):
        size = abs(a[place]) + abs(n[place])
        error[place] = abs(a[place] - n[place]) / size if size else 0
    return error
