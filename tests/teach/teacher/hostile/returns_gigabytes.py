# diagnosis: too-much-output
import numpy as np


def add(a, b):
    return np.zeros(100 * 2**20, np.uint8)
