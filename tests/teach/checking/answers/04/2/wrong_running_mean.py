# diagnosis: running-mean
def momentum_step(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + (1 - momentum) * gradient
    return theta - lr * velocity, velocity
