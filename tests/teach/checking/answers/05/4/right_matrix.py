import numpy as np


def batch_norm_backward(grad, x, weight, eps=1e-5):
    n, d = x.shape
    to_x = np.empty_like(x)
    normal = np.empty_like(x)
    for j in range(d):
        std = np.sqrt(x[:, j].var() + eps)
        normal[:, j] = (x[:, j] - x[:, j].mean()) / std
        slopes = (np.eye(n) - 1 / n - np.outer(normal[:, j], normal[:, j]) / n) / std
        to_x[:, j] = slopes @ grad[:, j] * weight[j]
    return to_x, np.sum(grad * normal, axis=0), np.sum(grad, axis=0)
