import numpy as np


def lstm_step_backward(dh, dc, gates, c, c_next):
    da, dc_prev = np.zeros_like(gates), np.zeros_like(c)
    size = c.shape[1]
    for n in range(len(c)):
        for unit in range(size):
            i, f, g, o = gates[n, unit::size]
            shown = np.tanh(c_next[n, unit])
            through = dc[n, unit] + dh[n, unit] * o * (1 - shown**2)
            da[n, unit] = through * g * i * (1 - i)
            da[n, unit + size] = through * c[n, unit] * f * (1 - f)
            da[n, unit + 2 * size] = through * i * (1 - g**2)
            da[n, unit + 3 * size] = dh[n, unit] * shown * o * (1 - o)
            dc_prev[n, unit] = through * f
    return da, dc_prev
