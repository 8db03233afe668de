import numpy as np


def backward(result):
    order = topological_order(result)
    arrived = {value: [] for value in order}
    arrived[result].append(np.ones(result.data.shape))
    for value in order[::-1]:
        value.grad = np.sum(arrived[value], axis=0)
        for source, share in value.shares(value.grad):
            arrived[source].append(share)
