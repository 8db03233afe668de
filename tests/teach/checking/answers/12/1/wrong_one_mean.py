# diagnosis: one-mean-for-both
import numpy as np


def gan_losses(real, fake):
    costs = np.concatenate([np.logaddexp(0, -real), np.logaddexp(0, fake)])
    return costs.mean(), np.logaddexp(0, -fake).mean()
