# diagnosis: dtype
import numpy as np


def unbroadcast(grad, shape):
    total = np.zeros(shape)
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    new = grad.ndim - len(shape)
    for place in np.ndindex(grad.shape):
        own = tuple(0 if n == 1 else i for i, n in zip(place, padded, strict=True))
        total[own[new:]] += grad[place]
    return total
