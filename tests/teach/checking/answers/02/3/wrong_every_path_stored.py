# diagnosis: every-path
import numpy as np


def backward(result, grad=None):
    result.grad = np.ones_like(result.data) if grad is None else grad
    for source, share in result.shares(result.grad):
        backward(source, share)
