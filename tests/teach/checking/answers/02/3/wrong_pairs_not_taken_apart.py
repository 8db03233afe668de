# diagnosis: exception
import numpy as np


def backward(result):
    result.grad = np.ones_like(result.data)
    for value in reversed(topological_order(result)):
        for source in value.shares(value.grad):
            source.grad = source.grad + value.grad
