# diagnosis: not-finite
import numpy as np


def relative_error(a, n):
    return np.abs(a - n) / (np.abs(a) + np.abs(n))
