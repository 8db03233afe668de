# diagnosis: memory
import numpy as np


def add(a, b):
    return np.ones(10 * 2**30 // 8)
