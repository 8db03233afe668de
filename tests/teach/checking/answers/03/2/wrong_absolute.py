# diagnosis: absolute
import numpy as np


def relative_error(a, n):
    return np.abs(a - n)
