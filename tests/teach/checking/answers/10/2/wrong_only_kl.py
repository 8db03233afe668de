# diagnosis: structure
import numpy as np


def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
