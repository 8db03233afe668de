# diagnosis: sums-for-means
import numpy as np


def batch_norm_backward(grad, x, weight, eps=1e-5):
    std = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / std
    g = grad * weight
    to_x = (g - g.sum(axis=0) - normal * (g * normal).sum(axis=0)) / std
    return to_x, (grad * normal).sum(axis=0), grad.sum(axis=0)
