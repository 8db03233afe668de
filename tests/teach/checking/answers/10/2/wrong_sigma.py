# diagnosis: sigma-for-variance
import numpy as np


def gaussian_kl(mu, logvar):
    sigma = np.exp(logvar / 2)
    kl = 0.5 * (mu**2 + sigma - 1 - logvar).sum(axis=1)
    return kl, mu, 0.5 * (sigma - 1)
