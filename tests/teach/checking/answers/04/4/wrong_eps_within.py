# diagnosis: eps-within
import numpy as np


def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    squares = squares + gradient**2
    return theta - lr * gradient / (np.sqrt(squares + eps)), squares
