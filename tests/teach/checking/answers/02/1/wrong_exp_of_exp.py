# diagnosis: exp-twice
import numpy as np


class Rules:
    @staticmethod
    def mul(grad, y, a, b):
        return grad * b, grad * a

    @staticmethod
    def exp(grad, y, a):
        return (grad * np.exp(y),)
