# diagnosis: structure
import numpy as np


def lstm_step_backward(dh, dc, gates, c, c_next):
    i, f, g, o = np.split(gates, 4, axis=1)
    t = np.tanh(c_next)
    dc_all = dc + dh * o * (1 - t * t)
    di, df, dg, do = dc_all * g, dc_all * c, dc_all * i, dh * t
    da = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)]
    return da, dc_all * f
