# diagnosis: zeros
import numpy as np


def blend(a, b):
    mixed = np.zeros_like(a)
    for one, other, pixel in zip(a, b, mixed, strict=True):
        pixel = (one + other) / 2
    return mixed
