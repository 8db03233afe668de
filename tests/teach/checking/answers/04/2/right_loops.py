import numpy as np


def momentum_step(theta, gradient, velocity, lr, momentum):
    new_theta, new_velocity = np.empty_like(theta), np.empty_like(velocity)
    for place in np.ndindex(theta.shape):
        new_velocity[place] = momentum * velocity[place] + gradient[place]
        new_theta[place] = theta[place] - lr * new_velocity[place]
    return new_theta, new_velocity
