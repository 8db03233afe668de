import numpy as np


def unbroadcast(grad, shape):
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = tuple(np.flatnonzero(np.array(padded) != np.array(grad.shape)))
    return grad.sum(axis=axes).reshape(shape)
