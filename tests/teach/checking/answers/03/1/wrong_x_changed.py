# diagnosis: changed-argument
import numpy as np


def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        x[place] += h
        right = f(x)
        x[place] -= 2 * h
        gradient[place] = (right - f(x)) / (2 * h)
        x[place] += h
    return gradient
