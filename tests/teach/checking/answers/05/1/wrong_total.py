# diagnosis: shape
import numpy as np


def penalty_gradient(w, l1, l2):
    return np.sum(l1 * np.abs(w) + l2 * w**2)
