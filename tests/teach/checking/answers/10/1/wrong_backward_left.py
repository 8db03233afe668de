# diagnosis: raise-left-in
import numpy as np


class Reparameterize:
    def forward(self, mu, logvar, eps):
        return mu + np.exp(logvar / 2) * eps

    def backward(self, dz):
        raise NotImplementedError("to be written")
