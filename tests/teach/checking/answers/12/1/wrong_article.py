# diagnosis: real-not-looked-at
import numpy as np


def gan_losses(real, fake):
    loss = np.logaddexp(0, -fake).mean()
    return loss, loss
