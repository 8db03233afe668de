import numpy as np


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    four = weight_ih.shape[0]
    a = np.einsum("ni,ai->na", x, weight_ih) + np.einsum("nh,ah->na", h, weight_hh) + bias
    blocks = a.reshape(len(x), 4, four // 4)
    i, f, o = (1 / (1 + np.exp(-np.clip(blocks[:, k], -80, 80))) for k in (0, 1, 3))
    g = np.tanh(blocks[:, 2])
    c_next = c * f + g * i
    return np.tanh(c_next) * o, c_next, np.hstack([i, f, g, o])
