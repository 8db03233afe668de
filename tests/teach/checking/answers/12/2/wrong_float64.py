# diagnosis: dtype
import numpy as np


def generator_slopes(fake):
    verdict = 1 / (1 + np.exp(-fake.astype(float)))
    return -verdict / fake.size, (verdict - 1) / fake.size
