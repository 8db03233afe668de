import numpy as np


def adam_step(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, theta = m.copy(), v.copy(), theta.copy()
    m *= beta1
    m += gradient * (1 - beta1)
    v *= beta2
    v += np.square(gradient) * (1 - beta2)
    root = np.sqrt(v / (1 - beta2**step))
    root += eps
    theta -= lr * (m / (1 - beta1**step)) / root
    return theta, m, v
