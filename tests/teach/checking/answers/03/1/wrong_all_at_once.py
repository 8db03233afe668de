# diagnosis: all-at-once
import numpy as np


def numerical_gradient(f, x, h=1e-5):
    return np.ones(x.shape) * (f(x + h) - f(x - h)) / (2 * h)
