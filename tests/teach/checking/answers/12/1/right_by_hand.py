import numpy as np


def softplus(a):
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def gan_losses(real, fake):
    loss_d = np.sum(softplus(-real)) / real.size
    loss_d += np.sum(softplus(fake)) / fake.size
    return loss_d, np.average(softplus(-fake))
