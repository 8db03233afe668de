import math

import numpy as np


def gan_losses(real, fake):
    def cost(logit, label):
        a = -logit if label else logit
        return max(a, 0) + math.log1p(math.exp(-abs(a)))

    to_real = [cost(logit, 1) for logit in np.ravel(real)]
    to_fake = [cost(logit, 0) for logit in np.ravel(fake)]
    fooled = [cost(logit, 1) for logit in np.ravel(fake)]
    return (
        sum(to_real) / len(to_real) + sum(to_fake) / len(to_fake),
        sum(fooled) / len(fooled),
    )
