# diagnosis: old-velocity
def momentum_step(theta, gradient, velocity, lr, momentum):
    return theta - lr * velocity, momentum * velocity + gradient
