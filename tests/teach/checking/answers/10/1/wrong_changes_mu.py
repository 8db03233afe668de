# diagnosis: changed-argument
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        self.scaled = np.exp(logvar / 2) * eps
        mu += self.scaled
        return mu

    def backward(self, dz):
        return dz, dz * self.scaled / 2
