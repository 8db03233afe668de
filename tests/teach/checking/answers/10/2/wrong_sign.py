# diagnosis: sign
import numpy as np


def gaussian_kl(mu, logvar):
    kl = 0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum(axis=1)
    return kl, -mu, 0.5 * (1 - np.exp(logvar))
