import numpy as np


def generator_slopes(fake):
    verdict = 0.5 * (1 + np.tanh(fake / 2))
    return verdict / -fake.size, (verdict - 1) / fake.size
