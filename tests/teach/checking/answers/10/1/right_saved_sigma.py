import numpy as np


class Reparameterize:
    def __init__(self):
        self.sigma = None
        self.eps = None

    def forward(self, mu, logvar, eps):
        self.sigma, self.eps = np.sqrt(np.exp(logvar)), eps
        z = mu.copy()
        z += self.sigma * eps
        return z

    def backward(self, dz):
        return dz.copy(), dz * self.sigma * self.eps * 0.5
