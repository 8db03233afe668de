# diagnosis: unknown
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        eps = np.random.default_rng(0).normal(size=mu.shape).astype(mu.dtype)
        self.scaled = np.exp(logvar / 2) * eps
        return mu + self.scaled

    def backward(self, dz):
        return dz, dz * self.scaled / 2
