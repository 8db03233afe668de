import numpy as np


def numerical_gradient(f, x, h=1e-5):
    slopes = []
    for number in range(x.size):
        right, left = x.ravel().copy(), x.ravel().copy()
        right[number] += h
        left[number] -= h
        slopes.append((f(right.reshape(x.shape)) - f(left.reshape(x.shape))) / (2 * h))
    return np.array(slopes).reshape(x.shape)
