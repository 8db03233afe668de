# diagnosis: exchanged
import numpy as np


def generator_slopes(fake):
    verdict = 1 / (1 + np.exp(-fake))
    return (verdict - 1) / fake.size, -verdict / fake.size
