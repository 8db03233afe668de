# diagnosis: uphill
def momentum_step(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + gradient
    return theta + lr * velocity, velocity
