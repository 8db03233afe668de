# diagnosis: changed-argument
import numpy as np


def directional_check(f, x, gradient, direction, h=1e-5):
    direction /= np.linalg.norm(direction)
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h), (gradient * direction).sum()
