import numpy as np


def batch_norm_backward(grad, x, weight, eps=1e-5):
    n = len(x)
    std = np.sqrt(((x - x.mean(0)) ** 2).mean(0) + eps)
    normal = (x - x.mean(0)) / std
    to_weight, to_bias = (grad * normal).sum(0), grad.sum(0)
    return weight / (n * std) * (n * grad - to_bias - normal * to_weight), to_weight, to_bias
