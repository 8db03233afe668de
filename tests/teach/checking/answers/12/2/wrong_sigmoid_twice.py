# diagnosis: through-the-sigmoid-twice
import numpy as np


def generator_slopes(fake):
    verdict = 1 / (1 + np.exp(-fake))
    slope = verdict * (1 - verdict) / fake.size
    return -verdict * slope, (verdict - 1) * slope
