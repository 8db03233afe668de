import numpy as np


def directional_check(f, x, gradient, direction, h=1e-5):
    length = np.sqrt(np.sum(direction**2))
    step = h / length * direction
    measured = (f(x + step) - f(x - step)) / (2 * h)
    return measured, float(np.sum(gradient * direction) / length)
