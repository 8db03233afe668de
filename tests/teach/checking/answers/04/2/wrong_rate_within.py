# diagnosis: rate-within
def momentum_step(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + lr * gradient
    return theta - velocity, velocity
