# diagnosis: unknown
import numpy as np


def bernoulli_loss(logits, x):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    loss = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    return loss, p - x
