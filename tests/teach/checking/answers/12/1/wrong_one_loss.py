# diagnosis: structure
import numpy as np


def gan_losses(real, fake):
    return np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
