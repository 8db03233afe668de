# diagnosis: factor
import numpy as np


def gaussian_kl(mu, logvar):
    variance = np.exp(logvar)
    kl = 0.5 * (mu**2 + variance - 1 - logvar).mean(axis=1)
    return kl, mu, 0.5 * (variance - 1)
