import numpy as np


def lstm_step_backward(dh, dc, gates, c, c_next):
    size = c.shape[1]
    slope = gates * (1 - gates)
    candidate = gates[:, 2 * size : 3 * size]
    slope[:, 2 * size : 3 * size] = 1 - candidate * candidate
    dc = dc + dh * gates[:, 3 * size :] * (1 - np.tanh(c_next) ** 2)
    da = np.empty_like(gates)
    da[:, :size] = dc * candidate
    da[:, size : 2 * size] = dc * c
    da[:, 2 * size : 3 * size] = dc * gates[:, :size]
    da[:, 3 * size :] = dh * np.tanh(c_next)
    da *= slope
    return da, dc * gates[:, size : 2 * size]
