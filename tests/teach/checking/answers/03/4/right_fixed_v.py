import numpy as np


def find_bug(layers, x):
    for number, (forward, backward) in enumerate(layers):
        y = forward(x)
        v = np.sin(1 + np.arange(y.size) ** 2).reshape(y.shape)
        measured = numerical_gradient(lambda x, f=forward, v=v: (v * f(x)).sum(), x)
        if relative_error(backward(v, x), measured).max() > 1e-4:
            return number
        x = y
    return -1
