# diagnosis: unknown
import numpy as np


def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    squares = squares + np.abs(gradient)
    return theta - lr * gradient / (np.sqrt(squares) + eps), squares
