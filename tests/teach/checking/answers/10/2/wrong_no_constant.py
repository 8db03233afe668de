# diagnosis: constant-missing
import numpy as np


def gaussian_kl(mu, logvar):
    variance = np.exp(logvar)
    return 0.5 * (mu**2 + variance - logvar).sum(axis=1), mu, 0.5 * (variance - 1)
