# diagnosis: shape
import numpy as np


def generator_slopes(fake):
    return -np.logaddexp(0, fake).mean(), np.logaddexp(0, -fake).mean()
