import numpy as np


def momentum_step(theta, gradient, velocity, lr, momentum):
    decayed = velocity * momentum
    new_velocity = np.add(decayed, gradient)
    moved = theta.copy()
    moved -= lr * new_velocity
    return moved, new_velocity
