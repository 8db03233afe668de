import numpy as np


class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        self.mask = np.ones_like(x)
        y = x.copy()
        if self.training:
            for place in np.ndindex(x.shape):
                self.mask[place] = 1 / (1 - self.p) if u[place] >= self.p else 0
                y[place] = x[place] * self.mask[place]
        return y

    def backward(self, grad):
        return np.multiply(self.mask, grad)
