# diagnosis: changed-argument
import numpy as np


def penalty_gradient(w, l1, l2):
    slope = np.sign(w)
    w *= 2 * l2
    w += l1 * slope
    return w
