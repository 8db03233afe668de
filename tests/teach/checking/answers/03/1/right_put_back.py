import numpy as np


def numerical_gradient(f, x, h=1e-5):
    moved, gradient = x.copy(), np.zeros(x.shape)
    walk = np.nditer(x, flags=["multi_index"])
    for value in walk:
        place = walk.multi_index
        moved[place] = value + h
        right = f(moved)
        moved[place] = value - h
        gradient[place] = (right - f(moved)) / h / 2
        moved[place] = value
    return gradient
