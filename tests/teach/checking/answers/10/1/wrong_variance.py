# diagnosis: variance-for-deviation
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        self.scaled = np.exp(logvar) * eps
        return mu + self.scaled

    def backward(self, dz):
        return dz, dz * self.scaled
