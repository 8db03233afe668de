# diagnosis: sign
import numpy as np


def penalty_gradient(w, l1, l2):
    return -(l1 * np.sign(w) + 2 * l2 * w)
