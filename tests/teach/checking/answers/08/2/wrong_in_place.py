# diagnosis: changed-argument
import numpy as np


def lstm_step_backward(dh, dc, gates, c, c_next):
    i, f, g, o = np.split(gates, 4, axis=1)
    t = np.tanh(c_next)
    dc += dh * o * (1 - t * t)
    di, df, dg, do = dc * g, dc * c, dc * i, dh * t
    da = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)], 1)
    return da, dc * f
