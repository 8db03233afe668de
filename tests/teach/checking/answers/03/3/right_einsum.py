import numpy as np


def directional_check(f, x, gradient, direction, h=1e-5):
    flat = direction.ravel()
    flat = flat / np.einsum("i,i", flat, flat) ** 0.5
    v = flat.reshape(x.shape)
    return 0.5 / h * (f(x + h * v) - f(x - h * v)), np.einsum("i,i", gradient.ravel(), flat)
