# diagnosis: shape
import numpy as np


def blend(a, b):
    return np.mean([a, b])
