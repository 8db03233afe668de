import numpy as np


def batch_norm(x, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    y = np.empty_like(x)
    running_mean, running_var = running_mean.copy(), running_var.copy()
    for d in range(x.shape[1]):
        column = x[:, d]
        mean, var = running_mean[d], running_var[d]
        if training:
            mean, var = column.mean(), column.var()
            running_mean[d] += momentum * (mean - running_mean[d])
            running_var[d] += momentum * (column.var(ddof=1) - running_var[d])
        y[:, d] = (column - mean) / np.sqrt(var + eps) * weight[d] + bias[d]
    return y, running_mean, running_var
