# diagnosis: every-element
import numpy as np


def find_bug(layers, x):
    rng = np.random.default_rng(0)
    for number, (forward, backward) in enumerate(layers):
        y = forward(x)
        v = rng.standard_normal(y.shape)
        measured = numerical_gradient(lambda x, f=forward, v=v: (v * f(x)).sum(), x)
        if (relative_error(backward(v, x), measured) > 1e-4).all():
            return number
        x = y
    return -1
