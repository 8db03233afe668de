import numpy as np


def adam_step(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (gradient - m)
    v = v + (1 - beta2) * (gradient * gradient - v)
    correction = (1 - beta2**step) ** 0.5
    rate = lr * correction / (1 - beta1**step)
    return theta - rate * m / (np.sqrt(v) + eps * correction), m, v
