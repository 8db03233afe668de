# diagnosis: not-finite
import numpy as np


def penalty_gradient(w, l1, l2):
    with np.errstate(all="ignore"):
        return l1 * w / np.abs(w) + 2 * l2 * w
