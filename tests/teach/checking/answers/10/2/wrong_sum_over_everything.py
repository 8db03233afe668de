# diagnosis: shape
import numpy as np


def gaussian_kl(mu, logvar):
    variance = np.exp(logvar)
    kl = 0.5 * np.sum(mu**2 + variance - 1 - logvar)
    return kl, mu, 0.5 * (variance - 1)
