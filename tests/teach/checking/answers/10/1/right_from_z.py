import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        z = np.zeros_like(mu)
        for n in range(mu.shape[0]):
            for d in range(mu.shape[1]):
                z[n, d] = mu[n, d] + np.exp(0.5 * logvar[n, d]) * eps[n, d]
        self.mu, self.z = mu, z
        self.away = np.exp(0.5 * logvar) * eps
        return z

    def backward(self, dz):
        dlogvar = np.multiply(dz, self.away)
        dlogvar /= 2
        return [dz, dlogvar]
