# diagnosis: sign
import numpy as np


def generator_slopes(fake):
    verdict = 1 / (1 + np.exp(-fake))
    return verdict / fake.size, (1 - verdict) / fake.size
