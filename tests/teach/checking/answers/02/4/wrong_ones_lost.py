# diagnosis: ones-lost
import numpy as np


def unbroadcast(grad, shape):
    new = grad.ndim - len(shape)
    axes = [*range(new)] + [new + i for i, length in enumerate(shape) if length == 1]
    return np.asarray(grad.sum(axis=tuple(axes)))
