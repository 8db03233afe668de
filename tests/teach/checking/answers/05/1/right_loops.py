import numpy as np


def penalty_gradient(w, l1, l2):
    pull = np.empty_like(w)
    for place in np.ndindex(w.shape):
        value = w[place]
        slope = 1 if value > 0 else -1 if value < 0 else 0
        pull[place] = l1 * slope + 2 * l2 * value
    return pull
