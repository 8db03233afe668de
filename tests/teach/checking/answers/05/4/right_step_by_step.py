import numpy as np


def batch_norm_backward(grad, x, weight, eps=1e-5):
    n = x.shape[0]
    centred = x - x.mean(axis=0)
    var = (centred**2).mean(axis=0)
    one_over_std = (var + eps) ** -0.5
    to_normal = grad * weight
    to_one_over_std = (to_normal * centred).sum(axis=0)
    to_var = to_one_over_std * -0.5 * (var + eps) ** -1.5
    to_centred = to_normal * one_over_std + to_var * 2 / n * centred
    to_x = to_centred - to_centred.sum(axis=0) / n
    return to_x, np.einsum("nd,nd,d->d", grad, centred, one_over_std), grad.sum(axis=0)
