# diagnosis: shape
import numpy as np


def backward(result):
    result.grad = np.array(1.0)
    for value in reversed(topological_order(result)):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share
