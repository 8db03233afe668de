import numpy as np


def generator_slopes(fake):
    saturating, other = np.empty_like(fake), np.empty_like(fake)
    for place in np.ndindex(fake.shape):
        verdict = 1 / (1 + np.exp(-fake[place]))
        saturating[place] = -verdict
        other[place] = -(1 - verdict)
    return saturating / fake.size, other / fake.size
