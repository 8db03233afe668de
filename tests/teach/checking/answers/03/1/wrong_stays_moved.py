# diagnosis: not-put-back
import numpy as np


def numerical_gradient(f, x, h=1e-5):
    gradient, moved = np.zeros_like(x), x.copy()
    for place in np.ndindex(x.shape):
        moved[place] += h
        right = f(moved)
        moved[place] -= 2 * h
        left = f(moved)
        gradient[place] = (right - left) / (2 * h)
    return gradient
