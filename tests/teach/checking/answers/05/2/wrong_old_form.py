# diagnosis: scaled-when-predicting
import numpy as np


class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        if self.training:
            self.mask = (u >= self.p).astype(x.dtype)
            return x * self.mask
        self.mask = np.ones_like(x)
        return x * (1 - self.p)

    def backward(self, grad):
        return grad * self.mask
