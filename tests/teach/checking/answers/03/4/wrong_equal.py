# diagnosis: exact
import numpy as np


def find_bug(layers, x):
    rng = np.random.default_rng(0)
    for number, (forward, backward) in enumerate(layers):
        y = forward(x)
        v = rng.standard_normal(y.shape)
        measured = numerical_gradient(lambda x, f=forward, v=v: (v * f(x)).sum(), x)
        if (backward(v, x) != measured).any():
            return number
        x = y
    return -1
