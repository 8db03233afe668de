# diagnosis: nothing-returned
def momentum_step(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + gradient
    theta = theta - lr * velocity
