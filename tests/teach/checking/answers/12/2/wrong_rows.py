# diagnosis: divided-by-rows
import numpy as np


def generator_slopes(fake):
    verdict = 1 / (1 + np.exp(-fake))
    return -verdict / len(fake), (verdict - 1) / len(fake)
