# diagnosis: changed-argument
import numpy as np


def batch_norm(x, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean += momentum * (mean - running_mean)
        running_var += momentum * (x.var(axis=0, ddof=1) - running_var)
    return weight * (x - mean) / np.sqrt(var + eps) + bias, running_mean, running_var
