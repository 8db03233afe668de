# diagnosis: overwritten
import numpy as np


def backward(result):
    result.grad = np.ones_like(result.data)
    for value in reversed(topological_order(result)):
        for source, share in value.shares(value.grad):
            source.grad = share
