import numpy as np


def gaussian_kl(mu, logvar):
    kl = np.zeros(len(mu), mu.dtype)
    dmu, dlogvar = np.zeros_like(mu), np.zeros_like(logvar)
    for n in range(len(mu)):
        for d in range(mu.shape[1]):
            variance = np.exp(logvar[n, d])
            kl[n] -= 0.5 * (1 + logvar[n, d] - mu[n, d] ** 2 - variance)
            dmu[n, d] = mu[n, d]
            dlogvar[n, d] = -0.5 * (1 - variance)
    return kl, dmu, dlogvar
