# diagnosis: real-and-fake-exchanged
import numpy as np


def gan_losses(real, fake):
    loss_d = np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean()
    return loss_d, np.logaddexp(0, fake).mean()
