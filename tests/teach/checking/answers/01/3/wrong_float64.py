# diagnosis: dtype
import numpy as np


def standardise(images):
    mean = images.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
    std = images.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
    return (images - mean) / std
