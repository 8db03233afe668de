# diagnosis: structure
import numpy as np


def directional_check(f, x, gradient, direction, h=1e-5):
    v = direction / np.linalg.norm(direction)
    return abs((f(x + h * v) - f(x - h * v)) / (2 * h) - (gradient * v).sum())
