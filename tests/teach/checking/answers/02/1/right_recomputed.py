import numpy as np


class Rules:
    @staticmethod
    def mul(grad, y, a, b):
        return np.multiply(b, grad), np.multiply(a, grad)

    @staticmethod
    def exp(grad, y, a):
        return (np.exp(a) * grad,)
