# diagnosis: exception
import numpy as np


def gan_losses(real, fake):
    loss_d = np.logaddexp(0, -real) + np.logaddexp(0, fake)
    return loss_d, np.logaddexp(0, -fake)
