# diagnosis: half
import numpy as np


def penalty_gradient(w, l1, l2):
    return l1 * np.sign(w) + l2 * w
