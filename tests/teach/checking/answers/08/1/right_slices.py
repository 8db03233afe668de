import numpy as np


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    size = h.shape[1]
    gates = np.concatenate([x, h], axis=1) @ np.concatenate([weight_ih, weight_hh], axis=1).T
    gates += bias
    candidate = np.tanh(gates[:, 2 * size : 3 * size])
    gates[:] = sigmoid(gates)
    gates[:, 2 * size : 3 * size] = candidate
    c_next = gates[:, size : 2 * size] * c + gates[:, :size] * candidate
    return gates[:, 3 * size :] * np.tanh(c_next), c_next, gates
