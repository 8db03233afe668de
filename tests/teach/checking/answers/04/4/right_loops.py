import numpy as np


def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    new_theta, new_squares = theta.copy(), squares.copy()
    for place in np.ndindex(theta.shape):
        new_squares[place] += gradient[place] ** 2
        new_theta[place] -= lr * gradient[place] / (new_squares[place] ** 0.5 + eps)
    return new_theta, new_squares
