# diagnosis: middle-missing
import numpy as np


def gaussian_kl(mu, logvar):
    variance = np.exp(logvar)
    kl = 0.5 * (variance - 1 - logvar).sum(axis=1)
    return kl, np.zeros_like(mu), 0.5 * (variance - 1)
