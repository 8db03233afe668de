import numpy as np


def batch_norm(x, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    if not training:
        scale = weight / np.sqrt(running_var + eps)
        return x * scale + (bias - running_mean * scale), running_mean, running_var
    centred = x - x.mean(axis=0)
    var = np.mean(centred**2, axis=0)
    y = centred / np.sqrt(var + eps) * weight + bias
    new_mean = running_mean + momentum * (x.mean(axis=0) - running_mean)
    new_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)
    return y, new_mean, new_var
