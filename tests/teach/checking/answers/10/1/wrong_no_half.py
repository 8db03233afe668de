# diagnosis: factor
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        self.scaled = np.exp(logvar / 2) * eps
        return mu + self.scaled

    def backward(self, dz):
        return dz, dz * self.scaled
