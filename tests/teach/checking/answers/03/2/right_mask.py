import numpy as np


def relative_error(a, n):
    error = np.zeros(a.shape)
    some = (a != 0) | (n != 0)
    error[some] = np.abs(a[some] - n[some]) / (np.abs(a[some]) + np.abs(n[some]))
    return error
