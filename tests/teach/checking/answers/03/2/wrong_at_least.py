# diagnosis: at-least
import numpy as np


def relative_error(a, n):
    return np.abs(a - n) / np.maximum(1e-8, np.abs(a) + np.abs(n))
