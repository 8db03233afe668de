# diagnosis: of-the-sum
import numpy as np


def generator_slopes(fake):
    verdict = 1 / (1 + np.exp(-fake))
    return -verdict, verdict - 1
