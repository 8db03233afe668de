# diagnosis: old-squares
import numpy as np


def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    theta = theta - lr * gradient / (np.sqrt(squares) + eps)
    return theta, squares + gradient**2
