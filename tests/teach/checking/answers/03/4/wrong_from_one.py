# diagnosis: from-one
import numpy as np


def find_bug(layers, x):
    rng = np.random.default_rng(0)
    for number, (forward, backward) in enumerate(layers, 1):
        y = forward(x)
        v = rng.standard_normal(y.shape)
        measured = numerical_gradient(lambda x, f=forward, v=v: (v * f(x)).sum(), x)
        if relative_error(backward(v, x), measured).max() > 1e-4:
            return number
        x = y
    return -1
