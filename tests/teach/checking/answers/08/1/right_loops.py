import numpy as np


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    count, size = h.shape
    h_next, c_next = np.empty_like(h), np.empty_like(c)
    gates = np.empty((count, 4 * size), x.dtype)
    for n in range(count):
        for unit in range(size):
            numbers = []
            for block in range(4):
                row = block * size + unit
                a = bias[row] + (weight_ih[row] * x[n]).sum() + (weight_hh[row] * h[n]).sum()
                numbers.append(np.tanh(a) if block == 2 else sigmoid(a))
                gates[n, row] = numbers[-1]
            i, f, g, o = numbers
            c_next[n, unit] = f * c[n, unit] + i * g
            h_next[n, unit] = o * np.tanh(c_next[n, unit])
    return h_next, c_next, gates
