import numpy as np


def blend(a, b):
    mixed = np.empty_like(a)
    for place in np.ndindex(a.shape):
        mixed[place] = a[place] / 2 + b[place] / 2
    return mixed
