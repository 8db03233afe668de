# diagnosis: not-finite
import numpy as np


def gan_losses(real, fake):
    d_real = 1 / (1 + np.exp(-real))
    d_fake = 1 / (1 + np.exp(-fake))
    loss_d = -np.log(d_real).mean() - np.log(1 - d_fake).mean()
    return loss_d, -np.log(d_fake).mean()
