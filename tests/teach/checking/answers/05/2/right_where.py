import numpy as np


class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        self.kept = None
        if not self.training:
            return x.copy()
        self.kept = ~(u < self.p)
        return np.where(self.kept, x / (1 - self.p), 0).astype(x.dtype)

    def backward(self, grad):
        if self.kept is None:
            return grad
        to_x = grad / (1 - self.p)
        to_x[~self.kept] = 0
        return to_x
