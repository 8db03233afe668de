# diagnosis: not-finite
import numpy as np


def bernoulli_loss(logits, x):
    p = 1 / (1 + np.exp(-logits))
    loss = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    return loss, p - x
