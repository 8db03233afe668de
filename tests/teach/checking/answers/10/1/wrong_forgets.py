# diagnosis: exception
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        return mu + np.exp(logvar / 2) * eps

    def backward(self, dz):
        return dz, dz * np.exp(logvar / 2) * eps / 2
