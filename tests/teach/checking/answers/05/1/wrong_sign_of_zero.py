# diagnosis: ties
import numpy as np


def penalty_gradient(w, l1, l2):
    slope = np.where(w >= 0, 1, -1).astype(w.dtype)
    return l1 * slope + 2 * l2 * w
