# diagnosis: no-dice-on-the-way-back
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        self.sigma = np.exp(logvar / 2)
        return mu + self.sigma * eps

    def backward(self, dz):
        return dz, dz * self.sigma / 2
